"""While the model changes all the time and messages are lost and late, no frame mixes pose and model."""

import random
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page

from orview.protocol.binary import PoseMessage
from orview.protocol.limits import LINK_LIMIT_MS, SIGHT_LIMIT_MS
from orview.protocol.messages import HideReason, Session
from tests.browser import fixtures
from tests.browser.conftest import Open
from tests.browser.room_server import PATIENT_IN_VIEW, RoomServer
from tests.browser.test_headset_ar import enter_ar, live_session

SWAPS = 1000
CALM_EVERY = 40
"""So often a model stays until a frame showed it: the rest come faster than a model loads."""
DIGESTS = ("11aa" * 16, "22bb" * 16, "33cc" * 16)


def sessions_of(host: RoomServer) -> list[Session]:
    """One session for each model, each a ball of another size."""
    radii_mm = {digest: 10.0 + number for number, digest in enumerate(DIGESTS)}
    return [
        replace(
            live_session(host, digest=digest),
            case_id=f"case-{number}",
            model=host.add_model(fixtures.ball_model(radii_mm[digest]), digest=digest),
        )
        for number, digest in enumerate(DIGESTS)
    ]


def mixed_up(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The frames in which the model of one digest stood at the pose of another, or at a pose that was too old."""
    return [
        row
        for row in rows
        if row["visible"]
        and not (
            row["posePrefix"] is not None
            and row["posePrefix"] == row["drawnPrefix"]
            and row["linkAgeMs"] <= LINK_LIMIT_MS
            and row["sightAgeMs"] <= SIGHT_LIMIT_MS
        )
    ]


def show(page: Page, digest: str) -> None:
    """Wait until a frame showed this model, though not for ever: a machine may be slow."""
    page.evaluate(
        """async ([prefix, from]) => {
            const { frames } = window.orview;
            const until = performance.now() + 800;
            const shows = (row) => row.visible && row.drawnPrefix === prefix;
            while (performance.now() < until && !frames.rows(from).some(shows))
              await new Promise((resolve) => setTimeout(resolve, 20));
        }""",
        [digest[:16], page.evaluate("window.orview.frames.count")],
    )


@pytest.mark.hazard("H17")
@pytest.mark.hazard("H03")
@pytest.mark.timeout(120)
def test_a_thousand_swaps_with_lost_and_late_messages_never_mix_pose_and_model(host: RoomServer, open_page: Open):
    rng = random.Random(17)
    sessions = sessions_of(host)
    host.tell(sessions[0])
    host.stand_patient(PATIENT_IN_VIEW, digest=DIGESTS[0])
    page = enter_ar(host, open_page)
    show(page, DIGESTS[0])
    late: list[PoseMessage] = []
    for number in range(SWAPS):
        chosen = rng.randrange(len(DIGESTS))
        calm = number % CALM_EVERY == 0
        for step in rng.sample(("session", "pose", "other pose", "late pose"), 4):
            # A fifth of all is lost on its way; the rest comes in any order.
            if not calm and rng.random() < 0.2:
                continue
            if step == "session":
                host.tell(sessions[chosen])
            elif step == "pose" or calm:
                host.stand_patient(PATIENT_IN_VIEW, digest=DIGESTS[chosen])
            elif step == "other pose":
                host.stand_patient(PATIENT_IN_VIEW, digest=rng.choice(DIGESTS))
            elif late:
                host.send_again(late.pop(rng.randrange(len(late))))
        late = [*late, host.newest_pose][-20:]
        if calm:
            show(page, DIGESTS[chosen])
            # The pose of another model comes long before that model.
            host.stand_patient(PATIENT_IN_VIEW, digest=DIGESTS[chosen - 1])
            page.wait_for_timeout(60)
    rows: list[dict[str, Any]] = page.evaluate("window.orview.frames.rows()")
    assert mixed_up(rows) == []
    shown = [row for row in rows if row["visible"]]
    assert {row["drawnPrefix"] for row in shown} == {digest[:16] for digest in DIGESTS}
    assert len(shown) >= SWAPS / CALM_EVERY
    # The danger was there: poses of a model that was not the one in the scene.
    assert sum(row["hiddenWhy"] == HideReason.OTHER_MODEL for row in rows) >= 10
    # And it would have been seen.
    assert len(mixed_up([{**shown[0], "drawnPrefix": DIGESTS[1][:16], "posePrefix": DIGESTS[2][:16]}])) == 1
