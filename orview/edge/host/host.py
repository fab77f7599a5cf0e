"""A whole host: checks what it was given, opens its ports, and runs its processes until it is stopped."""

import contextlib
import errno
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from orview.edge.boards import load_board, load_boards
from orview.edge.cameras.listing import listed_cameras
from orview.edge.case_store import CaseStore
from orview.edge.host.camera_choice import first_source
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.doors import EVERYWHERE, LOOPBACK, certificate_of, doors_of, served_addresses
from orview.edge.host.store import HostStore
from orview.edge.host.stream_start import CONSOLE_NAME, VIEWER_NAME, StreamStart
from orview.edge.host.supervisor import Part, Supervisor
from orview.edge.network.certificates import ServerCertificate
from orview.edge.profiles import read_profile
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import ProcessStatus, StreamStatus, parse_status, publish_status
from orview.edge.tip_files import read_tip
from orview.errors import InputError, NetworkError
from orview.protocol import messages
from orview.protocol.pairing import ADMISSION_BYTES, Doorkeeper

READY_TIMEOUT_S = 30.0
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108


@dataclass(frozen=True, kw_only=True)
class HostAddresses:
    """How a running host is reached.

    Attributes:
        headset_url: the headset page as other machines reach it, with the joining code.
        local_headset_url: the same page in this machine's own browser, without TLS, good as long as the host runs.
        console_url: the nurse's console, on this machine only, with its token.
        code: the joining code; good for two minutes and for one device.
        console_token: lets this machine's console in.
        fingerprint: SHA-256 of the certificate, hex.
        port, loopback_port: as opened.
        addresses: of this machine, as announced.
    """

    headset_url: str
    local_headset_url: str
    console_url: str
    code: str
    console_token: str
    fingerprint: str
    port: int
    loopback_port: int
    addresses: tuple[str, ...]


class Host:
    """Runs a host; a context manager that starts and stops it."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._closing = contextlib.ExitStack()
        self._supervisor: Supervisor | None = None
        self._status: LatestSlot | None = None
        self._start: StreamStart | None = None

    def start(self) -> None:
        """Start every process; nothing is started where something is wrong.

        Raises:
            NetworkError: a port is taken, or there is no network.
            StoreError: the store cannot be used.
            InputError: the profile, a board or the pointer's tip cannot be used.
        """
        try:
            self._open()
        except BaseException:
            self._closing.close()
            raise

    def wait_ready(self, *, timeout_s: float = READY_TIMEOUT_S) -> HostAddresses:
        """Wait until clients can come in, and return how.

        Raises:
            NetworkError: the host was not ready in time.
        """
        assert self._start is not None
        until_s = time.monotonic() + timeout_s
        while (status := self.status()) is None or status.code is None:
            if time.monotonic() > until_s:
                raise NetworkError("The host did not get ready.", mend="Look at the messages above and start again.")
            time.sleep(0.02)
        start = self._start
        local = f"http://{LOOPBACK}:{start.plain.getsockname()[1]}"
        door = Doorkeeper(room_name=self._config.room_name)
        console = door.enrol(name=CONSOLE_NAME, role=messages.Role.NURSE, randomness=start.console_secret)
        viewer = door.enrol(name=VIEWER_NAME, role=messages.Role.OBSERVER, randomness=start.viewer_secret)
        return HostAddresses(
            headset_url=f"{start.join_url}#k={status.code}",
            local_headset_url=f"{local}/#t={viewer.token}",
            console_url=f"{local}/console#t={console.token}",
            code=status.code,
            console_token=console.token,
            fingerprint=start.certificate.fingerprint,
            port=start.secure.getsockname()[1],
            loopback_port=start.plain.getsockname()[1],
            addresses=start.addresses,
        )

    def status(self) -> StreamStatus | None:
        """Return how the host is doing, None before it is ready."""
        newest = None if self._status is None else self._status.latest()
        return None if newest is None else parse_status(newest[1], StreamStatus)

    def pid(self, process: str) -> int | None:
        """Return the id of the `stream`, `track`, `look`, `work` or `plan` process, None while it is not running."""
        return None if self._supervisor is None else self._supervisor.pid(process)

    def restarts(self) -> dict[str, int]:
        """Return how often each process was started again."""
        return {} if self._supervisor is None else self._supervisor.restarts()

    def stop(self) -> None:
        """Say goodbye to clients and end every process."""
        self._closing.close()
        self._supervisor = self._status = self._start = None

    def __enter__(self) -> "Host":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _open(self) -> None:
        config = self._config
        store = CaseStore.open(config.store)
        store.file.require_whole()
        host_store = HostStore(store)
        host_id = host_store.host_id()
        if not config.camera:
            config = replace(config, camera=first_source(host_store.camera(), listed_cameras()))
        (config.store / "calibrations").mkdir(exist_ok=True)
        _check_boards(config)
        if not config.profile.is_dir():
            read_profile(config.profile)
        secure, plain = open_ports(config.address, port=config.port, loopback_port=config.loopback_port)
        self._closing.callback(secure.close)
        self._closing.callback(plain.close)
        addresses = _addresses_of(config)
        certificate = certificate_of(config, host_id, addresses)
        run = self._run_folder()
        waker, wakeups = socket.socketpair()
        self._closing.callback(waker.close)
        self._closing.callback(wakeups.close)
        plan_waker, plan_wakeups = socket.socketpair()
        self._closing.callback(plan_waker.close)
        self._closing.callback(plan_wakeups.close)
        self._start = _stream_start(config, run, plain, secure, wakeups, plan_waker, certificate, addresses)
        self._supervisor = Supervisor(
            {
                "stream": Part(function="orview.edge.host.stream:run_stream", arguments=(self._start,), spares=2),
                "track": Part(
                    function="orview.edge.host.track_process:run_track",
                    arguments=(config, run, waker),
                    spares=2,
                    warm="orview.track.warm:warm",
                ),
                "look": Part(function="orview.edge.host.look_process:run_look", arguments=(config, run, waker)),
                "work": Part(function="orview.edge.host.work_process:run_work", arguments=(config, run, waker)),
                "plan": Part(
                    function="orview.edge.host.plan_process:run_plan", arguments=(config, run, waker, plan_wakeups)
                ),
            },
            restarted=self._tell_restarts(run),
        )
        self._closing.callback(self._supervisor.stop)
        self._supervisor.start()

    def _tell_restarts(self, run: RunFolder) -> Callable[[dict[str, int]], None]:
        """Return how the stream process hears of restarts."""
        slot = LatestSlot.attach(run.process_status)
        self._closing.callback(slot.close)
        return lambda restarts: publish_status(slot, ProcessStatus(restarts=restarts))

    def _run_folder(self) -> RunFolder:
        """Make the folder the processes meet in, in memory where the system has such a place."""
        inside = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
        path = Path(tempfile.mkdtemp(prefix="orview-", dir=inside))
        self._closing.callback(shutil.rmtree, path, ignore_errors=True)
        run = RunFolder(path)
        for slot_path, capacity in run.slots().items():
            LatestSlot.create(slot_path, capacity).close()
        self._status = LatestSlot.attach(run.stream_status)
        self._closing.callback(self._status.close)
        return run


def _check_boards(config: HostConfig) -> None:
    """Refuse boards that cannot be used, or not together, and a pointer without its own tip.

    Raises:
        InputError: with what is wrong.
    """
    load_boards(*filter(None, (config.board, config.second_board, config.pointer, *config.headset_boards)))
    for board in config.calibration_boards:
        load_board(board)
    if not config.pointer and config.tip is not None:
        raise InputError("A tip was given without its pointer.", mend="Name the board on the pointer with --pointer.")
    if config.pointer:
        if config.tip is None:
            raise InputError("Nobody knows where the pointer's tip is.", mend="Give its file with --tip.")
        read_tip(config.tip, load_board(config.pointer))


def _addresses_of(config: HostConfig) -> tuple[str, ...]:
    """Return where the host is reached; nowhere yet, where it may wait for a network.

    Raises:
        NetworkError: it may not, and there is none.
    """
    try:
        return served_addresses(config.address)
    except NetworkError:
        if not config.wait_for_network:
            raise
        return ()


def check_can_serve(address: str, *, port: int, loopback_port: int) -> None:
    """Find out before long work whether a host could start here now.

    Raises:
        NetworkError: a port is taken, or there is no network.
    """
    for listening in open_ports(address, port=port, loopback_port=loopback_port):
        listening.close()
    served_addresses(address)


def open_ports(address: str, *, port: int, loopback_port: int) -> tuple[socket.socket, socket.socket]:
    """Open the TLS port on an interface and the plain one of this machine, both or none.

    Raises:
        NetworkError: a port is taken or not for this user, or there is no such interface.
    """
    secure = _listen(address, port, option="--port")
    try:
        return secure, _listen(LOOPBACK, loopback_port, option="--loopback-port")
    except NetworkError:
        secure.close()
        raise


def _listen(address: str, port: int, *, option: str) -> socket.socket:
    try:
        if address == EVERYWHERE and socket.has_dualstack_ipv6():
            # One socket for both; where IPv6 is switched off it is IPv4 alone.
            with contextlib.suppress(OSError):
                return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
        return socket.create_server((address, port), backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise NetworkError(
                f"Port {port} is taken by another program.", mend=f"Choose another with {option}."
            ) from error
        if error.errno == errno.EACCES:
            raise NetworkError(
                f"Port {port} is not for ordinary users.", mend=f"Choose one above 1023 with {option}."
            ) from error
        raise NetworkError(
            f"This machine has no address {address}.", mend="Connect it to the room's network, or use --local."
        ) from error


def _stream_start(
    config: HostConfig,
    run: RunFolder,
    plain: socket.socket,
    secure: socket.socket,
    wakeups: socket.socket,
    plan_waker: socket.socket,
    certificate: ServerCertificate,
    addresses: tuple[str, ...],
) -> StreamStart:
    doors = doors_of(certificate, addresses, port=secure.getsockname()[1], loopback_port=plain.getsockname()[1])
    return StreamStart(
        config=config,
        run=run,
        plain=plain,
        secure=secure,
        certificate=certificate,
        addresses=addresses,
        hosts=doors.hosts,
        origins=doors.origins,
        join_url=doors.join_url,
        host_name=doors.host_name,
        console_secret=secrets.token_bytes(ADMISSION_BYTES),
        viewer_secret=secrets.token_bytes(ADMISSION_BYTES),
        room_frame_id=secrets.randbits(31),
        wakeups=wakeups,
        plan_waker=plan_waker,
    )
