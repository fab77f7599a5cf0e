"""What a host is told at its start, and the folder its processes meet in. Plain values: they cross process borders."""

from dataclasses import dataclass
from pathlib import Path

from orview.edge.host.logbook import LogLevel
from orview.edge.slots.look_records import ANSWER_CAPACITY, LOOK_CAPACITY
from orview.edge.slots.records import PICTURE_CAPACITY, TRACK_CAPACITY
from orview.edge.slots.statuses import CALIBRATION_CAPACITY
from orview.edge.slots.tip_record import TIP_CAPACITY
from orview.edge.slots.worn_records import WORN_ANSWER_CAPACITY, WORN_ASK_CAPACITY, WORN_CAPACITY
from orview.protocol.limits import MAX_CLIENT_TEXT_BYTES, MAX_HOST_TEXT_BYTES

SLOT_BYTES = 8192
"""Room for one JSON document of a process's status."""


@dataclass(frozen=True, kw_only=True)
class HostConfig:
    """Everything a host needs to start.

    Attributes:
        store: folder of the case store.
        camera: source of pictures (`edge.camera.open_camera`); empty for the camera a nurse chose last, or the first.
        profile: TOML file of the camera's profile, or a folder of profiles: the newest that is the camera's own.
        board: name or TOML file of the patient's board.
        second_board: of another board on the patient, which watches the first for bumps; empty for none.
        room_name: what people call the room; announced on the network, so nothing about a patient.
        address: interface to listen on; "0.0.0.0" for the whole network, "127.0.0.1" for this machine alone.
        wait_for_network: start also on a machine that is on no network, and serve it once it is.
        port: TLS port for headsets; 0 takes a free one.
        loopback_port: plain port for this machine's own console; 0 takes a free one.
        simulated: the patient and the camera are made by a program, and every client says so.
        announce: announce the host by mDNS.
        announce_interfaces: addresses of the interfaces to announce on; None for all.
        world_from_room: position (m) and quaternion x, y, z, w for clients without tracking of their own, or None.
        names: further names this machine is reached by.
        certificate, key: PEM files somebody gave, both or none; None for the host's own.
        pointer: of the board on a pointer that touches the patient; empty for none.
        tip: file of that pointer's tip, as `orview calibrate pivot --json` prints it; None without a pointer.
        headset_boards: of boards worn on headsets, one a headset; empty for none.
        calibration_boards: names or TOML files of the boards the camera may be calibrated with.
        calibration_views: views of them taken at most.
        log_file: where the host's log goes; None keeps none.
        log_level: from what weight on.
        record: keep a recording of each session in the store, as `orview recording list` names them.
    """

    store: Path
    camera: str
    profile: Path
    board: str
    room_name: str
    address: str = "127.0.0.1"
    wait_for_network: bool = False
    port: int = 8443
    loopback_port: int = 8080
    simulated: bool = False
    announce: bool = True
    announce_interfaces: tuple[str, ...] | None = None
    world_from_room: tuple[float, ...] | None = None
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    second_board: str = ""
    pointer: str = ""
    tip: Path | None = None
    headset_boards: tuple[str, ...] = ()
    calibration_boards: tuple[str, ...] = ("calibration_a4", "calibration_letter")
    calibration_views: int = 25
    record: bool = True
    log_file: Path | None = None
    log_level: LogLevel = LogLevel.INFO


@dataclass(frozen=True)
class RunFolder:
    """The files in which a running host's processes meet; gone when it stops."""

    path: Path

    @property
    def track_slot(self) -> Path:
        """Newest `TrackRecord`."""
        return self.path / "track.slot"

    @property
    def picture_slot(self) -> Path:
        """Newest `PictureRecord`."""
        return self.path / "picture.slot"

    @property
    def track_status(self) -> Path:
        """Newest `TrackStatus`."""
        return self.path / "track_status.slot"

    @property
    def track_orders(self) -> Path:
        """Newest `TrackOrders`."""
        return self.path / "track_orders.slot"

    @property
    def tip_slot(self) -> Path:
        """Newest `TipRecord`."""
        return self.path / "tip.slot"

    @property
    def pointer_orders(self) -> Path:
        """Newest `PointerOrders`."""
        return self.path / "pointer_orders.slot"

    @property
    def calibration(self) -> Path:
        """Newest `CalibrationStatus`."""
        return self.path / "calibration.slot"

    @property
    def look_slot(self) -> Path:
        """Newest `LookRecord`."""
        return self.path / "look.slot"

    @property
    def answer_slot(self) -> Path:
        """Newest `LookAnswer`."""
        return self.path / "answer.slot"

    @property
    def worn_slot(self) -> Path:
        """Newest `WornRecord`."""
        return self.path / "worn.slot"

    @property
    def worn_ask_slot(self) -> Path:
        """Newest `WornAsk`."""
        return self.path / "worn_ask.slot"

    @property
    def worn_answer_slot(self) -> Path:
        """Newest `WornAnswer`."""
        return self.path / "worn_answer.slot"

    @property
    def profile(self) -> Path:
        """Text file with the path of the profile that was made last in this run, where there is one."""
        return self.path / "profile.txt"

    @property
    def stream_status(self) -> Path:
        """Newest status of the stream process."""
        return self.path / "stream_status.slot"

    @property
    def process_status(self) -> Path:
        """Newest `ProcessStatus`."""
        return self.path / "process_status.slot"

    @property
    def jobs(self) -> Path:
        """Folder of jobs for the work process and of their outcomes."""
        return self.path / "jobs"

    @property
    def drawing(self) -> Path:
        """Folder of what consoles ask of the plan's draft, as jobs for the plan process."""
        return self.path / "drawing"

    @property
    def drafts(self) -> Path:
        """Folder of the drafts of plans that are drawn and not stored yet, one a case (`plan.draft`)."""
        return self.path / "drafts"

    @property
    def draft_slot(self) -> Path:
        """Newest `PlanDraft`, as it goes to consoles."""
        return self.path / "plan_draft.slot"

    @property
    def try_slot(self) -> Path:
        """Newest `TryPlane`, as it came from a console."""
        return self.path / "try_plane.slot"

    @property
    def tried_slot(self) -> Path:
        """Newest `PlaneTried`, as it goes to consoles."""
        return self.path / "plane_tried.slot"

    def slots(self) -> dict[Path, int]:
        """Return every slot with the bytes it needs."""
        return {
            self.track_slot: TRACK_CAPACITY,
            self.picture_slot: PICTURE_CAPACITY,
            self.track_status: SLOT_BYTES,
            self.stream_status: SLOT_BYTES,
            self.process_status: SLOT_BYTES,
            self.track_orders: SLOT_BYTES,
            self.calibration: CALIBRATION_CAPACITY,
            self.tip_slot: TIP_CAPACITY,
            self.pointer_orders: SLOT_BYTES,
            self.look_slot: LOOK_CAPACITY,
            self.answer_slot: ANSWER_CAPACITY,
            self.worn_slot: WORN_CAPACITY,
            self.worn_ask_slot: WORN_ASK_CAPACITY,
            self.worn_answer_slot: WORN_ANSWER_CAPACITY,
            self.draft_slot: MAX_HOST_TEXT_BYTES,
            self.try_slot: MAX_CLIENT_TEXT_BYTES,
            self.tried_slot: MAX_HOST_TEXT_BYTES,
        }
