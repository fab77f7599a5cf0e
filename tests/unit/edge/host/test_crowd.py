"""What headsets look at is told to nurses: the newest of each, only while an overlay is shown, never of one gone."""

from dataclasses import dataclass, field

from orview.edge.host.crowd import Crowd
from orview.protocol.messages import HostMessage, Role
from orview.protocol.pairing import Device
from orview.protocol.slices import Gaze, Gazes, LookingAt

POINT = (0.01, -0.17, 0.85)


@dataclass(eq=False)
class Link:
    """As much of a client's link as is asked."""

    name: str
    device: Device | None = None
    looking_at: LookingAt | None = None
    silent: bool = False
    direct: int | None = None
    poses_skipped: int = 0
    poses_before: int = 0
    told: list[HostMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.device = Device(
            device_id=self.name, name=self.name, role=Role.SURGEON, room_name="r", token_digest=self.name
        )

    def is_silent(self, *, now_ns: int) -> bool:
        return self.silent

    def tell(self, message: HostMessage, text: str = "") -> None:
        self.told.append(message)


def test_what_headsets_look_at_is_told_once_and_only_while_it_is_shown() -> None:
    crowd, one, two = Crowd(), Link("a1"), Link("b2")
    for link in (one, two):
        crowd.add(link)  # type: ignore[arg-type]

    def told(*, live: bool = True) -> list[tuple[Gaze, ...]]:
        one.told.clear()
        crowd.tell_gazes(live=live, now_ns=0)
        return [message.gazes for message in one.told if isinstance(message, Gazes)]

    assert told() == [()]
    one.looking_at = LookingAt(structure="tumour", point_patient_m=POINT)
    two.looking_at = LookingAt(structure=None, point_patient_m=None)
    gaze = Gaze(device_id="a1", structure="tumour", point_patient_m=POINT)
    assert told() == [(gaze,)]
    assert told() == []
    assert told(live=False) == [()]
    assert told() == [(gaze,)]
    one.silent = True
    assert told() == [()]
    one.silent = False
    two.looking_at = LookingAt(structure=None, point_patient_m=POINT)
    assert told() == [(gaze, Gaze(device_id="b2", structure=None, point_patient_m=POINT))]
    crowd.remove(two)  # type: ignore[arg-type]
    assert told() == [(gaze,)]
