"""A host's surroundings without heavy parts: a stored case, a camera that films a flat board, a bare client."""

import asyncio
import hashlib
import ssl
import time
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import cv2
import numpy as np
from websockets.asyncio.client import connect

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.demo.nurse_acts import NurseActs, waits_for_touch
from orview.edge.host.config import HostConfig
from orview.edge.host.host import Host
from orview.edge.slots.records import CameraPicture
from orview.frames import Frame
from orview.geometry.chain import Link, LinkKey
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.markers.camera import CameraProfile
from orview.model.case import Case, CaseSource, CaseStructure, Level, ModelLevel
from orview.protocol.binary import PoseMessage
from orview.protocol.checking import CheckPoint
from orview.protocol.codec import PROTOCOL_VERSION, decode_binary, decode_from_host, encode
from orview.protocol.messages import Confirm, Hello, Refused, Role, SelectCase, Session, Start
from orview.protocol.viewing import SetView
from orview.register.check_points import CheckPlan, round_covariance
from orview.register.landmarks import Landmark
from orview.register.verdict import Method, Verdict
from orview.segment.anatomy import Kind, Side
from tests.integration.filming import Filming

BOARD = "patient_flat"
WIDTH, HEIGHT = 640, 480
LENS = PinholeLens(width_px=WIDTH, height_px=HEIGHT, fx_px=560.0, fy_px=560.0, cx_px=319.5, cy_px=239.5)
MODEL = b"glTF" + bytes(range(256)) * 4000
MODEL_NAME = hashlib.sha256(MODEL).hexdigest()
CENTROID_MM = (10.0, -20.0, 30.0)
CHECK_POINT, CHECK_POINT_MM = "Sacral tip", (25.0, 10.0, -40.0)
UNCHANGED = SetView(preset=None, styles=(), cleared=None, window=None, clip=None, clip_off=False, twin=None)
"""A change of the view that changes nothing."""
PLAN = CheckPlan(
    landmarks=(
        Landmark(name=CHECK_POINT, position_patient_mm=np.array(CHECK_POINT_MM), covariance_mm2=round_covariance(0.5)),
    )
)

ROOM_FROM_CAMERA = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, [0.2, 0.1, -0.3], [100.0, 50.0, -20.0])
CAMERA_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, [0.35, -0.3, 0.1], [-60, -40, 420.0])
BOARD_FROM_PATIENT = RigidTransform.from_rotation_vector(
    Frame.BOARD, Frame.PATIENT, [0.1, 3.0, 0.2], [70.0, 50.0, 60.0]
)
ROOM_FROM_PATIENT = ROOM_FROM_CAMERA @ CAMERA_FROM_BOARD @ BOARD_FROM_PATIENT


def add_case(store: CaseStore, *, name: str = "Phantom 1", registered: bool = True) -> Case:
    """Store a case of one structure, registered to the board unless told otherwise."""
    case = Case(
        id=hashlib.sha256(name.encode()).hexdigest()[:16],
        name=name,
        created_utc="2026-01-01T00:00:00+00:00",
        source=CaseSource(
            kind="nifti",
            modality="CT",
            series_text="",
            acquired=None,
            slices=10,
            spacing_mm=(1.0, 1.0, 1.0),
            digest="0" * 64,
            labels_digest="",
            patient_key="",
            synthetic=True,
        ),
        findings=(),
        structures=(
            CaseStructure(
                key="tumour",
                name="Tumour",
                color_srgb=(1.0, 0.5, 0.0),
                side=Side.NONE,
                rigid=True,
                kind=next(iter(Kind)),
                volume_ml=20.0,
                centroid_patient_mm=CENTROID_MM,
                parts=1,
            ),
        ),
        levels=(
            ModelLevel(
                level=Level.PREVIEW,
                sha256=MODEL_NAME,
                bytes=len(MODEL),
                plain_sha256=MODEL_NAME,
                plain_bytes=len(MODEL),
                triangles=12,
                structure_triangles={"tumour": 12},
                errors={},
            ),
        ),
        fiducials=(),
    )
    store.add(case, {MODEL_NAME: MODEL})
    store.put_check_plan(case.id, PLAN)
    if registered:
        digest = load_board(BOARD).digest
        store.put_registration(case.id, digest, verdict(digest).to_json(), "2026-01-01T00:00:01+00:00")
    return case


def verdict(board_digest: str, *, accepted: bool = True) -> Verdict:
    """A registration that is certain to half a millimetre, or refused."""
    covariance = np.diag([1e-8, 1e-8, 1e-8, 0.04, 0.04, 0.04])
    board_from_patient = UncertainPose(BOARD_FROM_PATIENT, covariance)
    return Verdict(
        method=Method.BOARD,
        accepted=accepted,
        board_from_patient=board_from_patient,
        chain=(Link.of(LinkKey.CT_FIDUCIALS, board_from_patient),),
        expected_error_mm={"tumour": 0.6},
        links={"tumour": {"ct_fiducials": 1.0}},
        target_key="tumour",
        limit_mm=2.0,
        fre_mm=0.2,
        scale=1.0,
        matched=8,
        known=8,
        found=8,
        board_digest=board_digest,
        reasons=("Eight beads match.",) if accepted else ("The beads do not match.",),
        advice=() if accepted else ("Look at the board.",),
    )


def sure_profile(lens: PinholeLens, *, camera: str) -> CameraProfile:
    """The profile of a camera whose lens is known to 0.1 px."""
    return CameraProfile(
        lens=lens,
        camera=camera,
        mode=f"{lens.width_px}x{lens.height_px}",
        serial="",
        calibrated_on=date(2026, 1, 1),
        board_digest="",
        views=20,
        rms_px=0.1,
        covariance=np.diag([0.01, 0.01, 0.01, 0.01, 1e-8, 1e-8, 1e-10, 1e-10, 1e-8]),
    )


def write_profile(folder: Path, *, camera: str = "virtual camera") -> Path:
    """Write the profile of the flat room's camera."""
    path = folder / "profile.toml"
    path.write_text(sure_profile(LENS, camera=camera).to_toml())
    return path


def board_picture() -> np.ndarray:
    """What the camera sees of the board at `CAMERA_FROM_BOARD`, grey, (H, W)."""
    board = load_board(BOARD)
    chessboard = board.charuco
    assert chessboard is not None
    px_per_mm = 8
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    size = (chessboard.squares_x, chessboard.squares_y)
    drawn = cv2.aruco.CharucoBoard(size, chessboard.square_mm, chessboard.marker_mm, dictionary)
    pattern_px = (int(size[0] * chessboard.square_mm * px_per_mm), int(size[1] * chessboard.square_mm * px_per_mm))
    pattern = drawn.generateImage(pattern_px, marginSize=0)
    left_mm, top_mm = board.chessboard_corners_mm[:, :2].min(axis=0) - chessboard.square_mm
    margin_px = round(chessboard.square_mm / 2 * px_per_mm)
    pattern = cv2.copyMakeBorder(pattern, *[margin_px] * 4, cv2.BORDER_CONSTANT, value=255)
    # Pixel (0, 0) of the pattern is the centre of a pixel: half a pixel inside its corner.
    mm_from_px = np.array(
        [
            [1 / px_per_mm, 0, left_mm + (0.5 - margin_px) / px_per_mm],
            [0, 1 / px_per_mm, top_mm + (0.5 - margin_px) / px_per_mm],
            [0, 0, 1],
        ]
    )
    lens = np.array([[LENS.fx_px, 0, LENS.cx_px], [0, LENS.fy_px, LENS.cy_px], [0, 0, 1]])
    matrix = CAMERA_FROM_BOARD.matrix
    plane = np.column_stack([matrix[:3, 0], matrix[:3, 1], matrix[:3, 3]])
    fine = 4
    enlarge = np.array([[fine, 0, (fine - 1) / 2], [0, fine, (fine - 1) / 2], [0, 0, 1.0]])
    warped = cv2.warpPerspective(
        pattern,
        enlarge @ lens @ plane @ mm_from_px,
        (WIDTH * fine, HEIGHT * fine),
        flags=cv2.INTER_LINEAR,
        borderValue=120,
    )
    return cv2.resize(warped, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


class FilmedBoard(Filming):
    """A virtual camera that films the board at 30 Hz until told otherwise."""

    def __init__(self, path: Path) -> None:
        self.covered = False
        self.filming = True
        self._seen = board_picture()
        super().__init__(path, width=WIDTH, height=HEIGHT)

    def _film(self) -> None:
        blank = np.full_like(self._seen, 120)
        while not self._stop.wait(1 / 30):
            if self.filming:
                picture = CameraPicture(
                    image=blank if self.covered else self._seen,
                    taken_ns=time.monotonic_ns(),
                    room_from_camera=ROOM_FROM_CAMERA,
                )
                self._publish(picture)


def host_config(tmp_path: Path, camera: str, **changes: object) -> HostConfig:
    """The configuration of a host on free loopback ports, announced nowhere."""
    fields: dict[str, object] = {
        "store": tmp_path / "store",
        "camera": camera,
        "profile": write_profile(tmp_path),
        "board": BOARD,
        "room_name": "Test room",
        "port": 0,
        "loopback_port": 0,
        "simulated": True,
        "announce": False,
    }
    return HostConfig(**(fields | changes))  # type: ignore[arg-type]


class RawClient:
    """A client on a bare websocket that keeps everything it is told."""

    def __init__(self, link) -> None:
        self.link = link
        self.told: dict[str, object] = {}
        self.history: list[object] = []
        self.arrived_ns: list[tuple[int, object]] = []
        self._acts: dict[str, NurseActs] = {}

    async def say(self, message) -> None:
        await self.link.send(encode(message))

    async def hear(self) -> object:
        data = await self.link.recv()
        message = decode_binary(data) if isinstance(data, bytes) else decode_from_host(data)
        self.arrived_ns.append((time.monotonic_ns(), message))
        self.told[type(message).__name__] = message
        self.history.append(message)
        return message

    async def until(self, condition, *, timeout_s: float = 15.0):
        """Listen until `condition(message)` holds for a message; returns it."""
        async with asyncio.timeout(timeout_s):
            while True:
                message = await self.hear()
                if condition(message):
                    return message

    async def until_state(self, state: str, *, timeout_s: float = 15.0) -> Session:
        return await self.until(lambda m: isinstance(m, Session) and m.state == state, timeout_s=timeout_s)

    async def vouch(self) -> None:
        """Say what a nurse has to say now of the chosen case: identify, accept, tick."""
        session = self.told.get("Session")
        if isinstance(session, Session) and session.case_id is not None:
            acts = self._acts.setdefault(session.case_id, NurseActs(session.case_id))
            for message in self.told.values():
                acts.hear(message)
            for act in acts.due(now_s=time.monotonic()):
                await self.say(act)

    async def hear_for(self, seconds: float) -> list[object]:
        before = len(self.history)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.hear()
        except TimeoutError:
            return self.history[before:]


def unpinned_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def joined(
    addresses,
    *,
    role: Role,
    token: str | None = None,
    code: str | None = None,
    name: str = "Device",
    by_loopback: bool = False,
):
    """Open a socket, on the network's port or the loopback's, say hello, and yield the client."""
    if by_loopback:
        url, tls = f"ws://127.0.0.1:{addresses.loopback_port}/ws", None
    else:
        url, tls = f"wss://127.0.0.1:{addresses.port}/ws", unpinned_tls()
    async with connect(url, ssl=tls, compression=None, ping_interval=None, max_queue=None) as link:
        client = RawClient(link)
        await client.say(
            Hello(protocol=PROTOCOL_VERSION, role_wanted=role, device_name=name, token=token, code=code, page=None)
        )
        yield client


@asynccontextmanager
async def console(addresses):
    """Join as the nurse's console of the host's own machine."""
    token = addresses.console_token
    async with joined(addresses, role=Role.NURSE, token=token, name="Console", by_loopback=True) as nurse:
        yield nurse


async def go_live(nurse: RawClient, case: Case) -> None:
    """Do what a nurse does until the overlay is live."""
    await nurse.say(SelectCase(case_id=case.id))
    await nurse.say(Start())
    await confirm(nurse)


async def confirm(nurse: RawClient) -> None:
    """Vouch, touch the check point and confirm whenever only that is missing, until the overlay is live."""
    async with asyncio.timeout(20):
        while (session := nurse.told.get("Session")) is None or session.state != "LIVE":
            await nurse.vouch()
            room = nurse.told.get("Room")
            if room is not None and _untouched(session):
                await nurse.say(touch(room.room_frame_id))
                # Sessions are told once they are on disk: until then the old one still asks for the touch.
                await nurse.until(lambda m: isinstance(m, Refused) or (isinstance(m, Session) and not _untouched(m)))
                continue
            if only_missing(session, "confirmed"):
                await nurse.say(Confirm())
                await nurse.until(lambda m: isinstance(m, Refused) or (isinstance(m, Session) and m.state == "LIVE"))
            await nurse.hear()


def _untouched(session: Session | None) -> bool:
    return session is not None and waits_for_touch(session)


def touch(room_frame_id: int, *, off_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> CheckPoint:
    """The check point touched where it truly is, or so far off it."""
    place_mm = ROOM_FROM_PATIENT.apply(CHECK_POINT_MM) + np.array(off_mm)
    return CheckPoint(
        landmark=CHECK_POINT,
        room_frame_id=room_frame_id,
        touched_room_m=tuple(float(value) / 1000.0 for value in place_mm),
        sigma_mm=0.5,
    )


def only_missing(session: Session | None, *keys: str) -> bool:
    """Whether a session is held and exactly these conditions do not hold."""
    if session is None or session.state != "HOLD":
        return False
    return {condition.key for condition in session.conditions if not condition.ok} == set(keys)


def is_live_pose(message: object) -> bool:
    return isinstance(message, PoseMessage) and message.state == "LIVE"


def run_live(tmp_path, scene, **changes: object) -> None:
    """Run `scene(host, addresses, surgeon, nurse)` from the moment poses are live."""
    case = add_case(CaseStore.open(tmp_path / "store"))

    async def live(host, addresses):
        async with (
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
            console(addresses) as nurse,
        ):
            await go_live(nurse, case)
            await surgeon.until(is_live_pose)
            await scene(host, addresses, surgeon, nurse)

    config = host_config(tmp_path, f"slot:{tmp_path / 'camera.slot'}", **changes)
    with FilmedBoard(tmp_path / "camera.slot"), Host(config) as host:
        asyncio.run(live(host, host.wait_ready()))
