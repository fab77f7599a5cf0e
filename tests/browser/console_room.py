"""A whole room for the nurse's page to show: everything a host tells in the middle of a session."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from orview.protocol import messages
from orview.protocol.binary import PictureMessage
from orview.protocol.identity import Identity
from orview.protocol.messages import ConditionEntry, OverlayState
from orview.protocol.time_out import TimeOutItem, TimeOutList
from orview.protocol.viewing import FIRST_VIEW
from orview.segment.anatomy import STANDARD
from tests.browser import fixtures
from tests.browser.room_server import ROOM_FRAME_ID, RoomServer, off_session
from tests.wire.messages import HOST_MESSAGES

KEYS = ("tumour", "sacrum", "nerve_s1_left", "nerve_s1_right", "iliac_artery_left", "skin")
TOLD = (
    "wheel",
    "clients",
    "inbox",
    "camera",
    "procedure",
    "registration",
    "check_points",
    "no_pointer",
    "nearby_nobody",
    "log_head",
    "events",
)
TIME_OUT = TimeOutList(
    items=tuple(
        TimeOutItem(key=key, words=words, fact="0123456789abcdef", ready=True, ticked=True)
        for key, words in (
            ("patient", "Right patient: Phantom 1, identified by name and patient ID."),
            ("side", "Right side and procedure: left, Resection."),
            ("images", "Right images: CT of 2026-10-01, 60 days old, 512 slices. Are there newer images?"),
            ("board", "Board fixed and clean."),
        )
    )
)
WORDS = {
    "case": ("Case Phantom 1.", "Choose a case."),
    "identity": ("The patient is identified by name and date of birth.", "Ask for two identifiers."),
    "calibration": ("The profile belongs to cam at 1280x720.", "The camera gives no pictures."),
    "registration": (
        "Registered by the board in the CT; expected error at Tumour: 1.2 mm.",
        "The case is not registered with the board yet.",
    ),
    "accepted": ("The registration was accepted.", "Look at the registration, then accept it."),
    "track": ("The board is in sight.", "The camera does not see the board."),
    "check_point": ("Sacral tip: 0.8 mm off, up to 2.4 mm were expected: agrees.", "Touch a check point."),
    "time_out": ("The time-out is done.", "Do the time-out: tick each item."),
    "confirmed": ("Confirmed.", "Check that this is the patient, then confirm."),
}
"""Of each condition, when it holds and when it does not."""


def session(state: OverlayState, why: str, *, missing: tuple[str, ...] = (), **changes: Any) -> messages.Session:
    """A session with everything but what is missing; LIVE and LOST are confirmed."""
    armed = state in (OverlayState.LIVE, OverlayState.LOST)
    left_out = missing if armed else (*missing, "confirmed")
    told = off_session(
        state=state,
        why=why,
        case_id="case-1",
        case_name="Phantom 1",
        structures=tuple(fixtures.entry(STANDARD[key]) for key in KEYS),
        target_key="tumour",
        expected_error_mm=1.2,
        conditions=tuple(
            ConditionEntry(key=key, ok=key not in left_out, words=words[key in left_out])
            for key, words in WORDS.items()
        ),
    )
    return replace(told, **changes)


HELD = session(OverlayState.HOLD, "The session is on: check the patient and confirm.")
LIVE = session(OverlayState.LIVE, "A person confirmed the case.")


def picture() -> PictureMessage:
    """What the camera sees: grey, with a darker board."""
    seen = np.full((270, 480, 3), 150, dtype=np.uint8)
    cv2.rectangle(seen, (180, 90), (300, 190), (70, 70, 70), -1)
    _, jpeg = cv2.imencode(".jpg", seen)
    return PictureMessage(
        width_px=480,
        height_px=270,
        sequence=1,
        room_frame_id=ROOM_FRAME_ID,
        taken_ns=1,
        send_ns=2,
        position_m=(0.0, 0.0, 0.0),
        quat_xyzw=(0.0, 0.0, 0.0, 1.0),
        fx_px=450.0,
        fy_px=450.0,
        cx_px=239.5,
        cy_px=134.5,
        corners_px=(),
        jpeg=jpeg.tobytes(),
    )


def furnish(host: RoomServer, state: messages.Session) -> None:
    """Have the host tell all there is, with the session in this state."""
    cases = HOST_MESSAGES["cases"]
    assert isinstance(cases, messages.Cases)
    # No picture: the store of the test has none.
    host.tell(replace(cases, cases=tuple(replace(entry, picture=None) for entry in cases.cases)))
    for name in TOLD:
        host.tell(HOST_MESSAGES[name])
    identity = HOST_MESSAGES["identity"]
    assert isinstance(identity, Identity)
    host.tell(replace(identity, case_id="case-1"))
    host.tell(TIME_OUT)
    host.tell(FIRST_VIEW)
    host.tell(state)
