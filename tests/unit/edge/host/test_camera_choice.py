"""Which camera a host begins with, and what the nurse may choose from."""

import pytest

from orview.edge.cameras.listing import ListedCamera
from orview.edge.host.camera_choice import FIRST, GIVEN, choices_of, first_source

LAPTOP = ListedCamera(number=0, name="Laptop camera")
ROOM = ListedCamera(number=2, name="Room camera", serial="A17")
TWIN = ListedCamera(number=4, name="Room camera", serial="B18")


def test_every_camera_is_a_choice_and_the_given_one_keeps_its_size() -> None:
    laptop, room = choices_of((LAPTOP, ROOM), given="2@1280x720", simulated=False)
    assert (laptop.key, laptop.source) == ("video0", "0")
    assert (room.key, room.name, room.source) == ("video2", "Room camera", "2@1280x720")


@pytest.mark.parametrize(("simulated", "name"), [(True, "Simulated camera"), (False, "Recorded pictures")])
def test_what_is_no_camera_of_this_machine_is_a_choice_too(simulated: bool, name: str) -> None:
    given, laptop = choices_of((LAPTOP,), given="slot:/dev/shm/camera.slot", simulated=simulated)
    assert (given.key, given.name, given.source) == (GIVEN, name, "slot:/dev/shm/camera.slot")
    assert laptop.key == "video0"


def test_the_camera_chosen_last_is_found_on_another_plug() -> None:
    record = choices_of((LAPTOP, ROOM), given="0", simulated=False)[1].record()
    assert first_source(record, (LAPTOP, ROOM)) == "2"
    moved = ListedCamera(number=1, name=ROOM.name, serial=ROOM.serial)
    assert first_source(record, (LAPTOP, moved)) == "1"


def test_no_other_camera_takes_the_place_of_one_that_is_not_plugged_in() -> None:
    record = choices_of((ROOM,), given="2@1280x720", simulated=False)[0].record()
    assert first_source(record, (LAPTOP, TWIN)) == "2@1280x720"


@pytest.mark.parametrize("record", [None, "", "{", "[]", "{}", '{"name": 1}'])
def test_without_a_choice_it_is_the_first(record: str | None) -> None:
    assert first_source(record, (ROOM, TWIN)) == "2"
    assert first_source(record, ()) == FIRST
