"""What the surgeon sees and looks at, told to the nurse: on the camera picture, and as a point in the patient."""

import numpy as np
import pytest
from playwright.sync_api import expect

from orview.protocol.slices import LookingAt
from orview.protocol.viewing import FIRST_VIEW
from tests.browser import fixtures
from tests.browser.conftest import VIEWPORT, Open
from tests.browser.fixtures import DIGEST
from tests.browser.room_server import RoomServer, off_session
from tests.browser.test_console_live import open_live
from tests.browser.test_headset_ar import enter_ar, live_session, wait_until_shown
from tests.browser.test_headset_picture import CAMERA_AT, PATIENT_AT, Camera, predicted_px


def test_what_the_surgeon_sees_stands_on_the_camera_s_picture(host: RoomServer, open_page: Open):
    host.tell(live_session(host))
    host.tell(FIRST_VIEW)
    with Camera(host, (CAMERA_AT, PATIENT_AT)):
        page = open_live(host, open_page)
        canvas = page.get_by_role("img", name="Picture of the room's camera")
        expect(canvas).to_be_visible()
        for _ in range(30):
            picture = canvas.screenshot()
            if len(pixels := fixtures.magenta_pixels(picture)) > 30:
                break
        else:
            raise AssertionError("the ball is not shown")
        box = canvas.bounding_box()
        assert box is not None
        # Where it is in a window as wide as the page's, and then in this one.
        expected = (predicted_px(CAMERA_AT, PATIENT_AT) + 0.5) * box["width"] / VIEWPORT["width"] - 0.5
        assert np.linalg.norm(pixels.mean(axis=0)[::-1] - expected) < 1.5
        page.get_by_role("button", name="Hide it here").click()
        expect(canvas).to_have_count(0)
        page.get_by_role("button", name="Show it").click()
        expect(canvas).to_be_visible()
        host.tell(off_session())
        expect(canvas).to_have_count(0)


def test_a_headset_tells_what_its_wearer_looks_at(host: RoomServer, open_page: Open):
    """The magenta ball straight ahead: the point told is on it, in the patient's own axes."""
    host.tell(live_session(host))
    host.stand_patient(((-0.012, 0.02, -0.635), (0.0, 0.0, 0.0, 1.0)), digest=DIGEST)
    page = enter_ar(host, open_page)
    wait_until_shown(host)
    told = host.wait_for(LookingAt)
    assert isinstance(told, LookingAt)
    assert told.structure == "tumour"
    assert told.point_patient_m is not None
    off_mm = np.array(told.point_patient_m) * 1000.0 - fixtures.BALL_CENTRE_MM
    assert np.linalg.norm(off_mm) == pytest.approx(12.0, abs=0.7)
    page.evaluate("() => window.__xr.position.set(0, 0, -3)")
    host.wait_for_last(LookingAt(structure=None, point_patient_m=None))
