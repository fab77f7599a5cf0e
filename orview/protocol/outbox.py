"""What waits to be sent to one client: control messages in order, and of poses and pictures only the newest.

A client that does not read costs the host this much memory and no more (hazard H27); when control messages no
longer fit, the client is too slow and the edge closes it with `CloseCode.TOO_SLOW`.
"""

from collections import OrderedDict

MAX_WAITING = 256
"""Control messages that may wait."""
MAX_WAITING_BYTES = 1024 * 1024
"""Characters of control messages that may wait: two of the longest."""


class Outbox:
    """One client's outbox. The order out is control, then poses, then the picture."""

    def __init__(self) -> None:
        self._control: OrderedDict[int | str, str] = OrderedDict()
        self._control_size = 0
        self._count = 0
        self._poses: dict[int, bytes] = {}
        self._picture: bytes | None = None

    def put_control(self, text: str, *, replaces: str = "") -> bool:
        """Queue a control message; with `replaces`, it takes the place of a waiting one of the same name.

        Returns False when it does not fit: the client is too slow to be kept.
        """
        self._count += 1
        key: int | str = replaces or self._count
        before = self._control.pop(key, "")
        size = self._control_size - len(before) + len(text)
        if len(self._control) >= MAX_WAITING or size > MAX_WAITING_BYTES:
            self._control_size -= len(before)
            return False
        self._control[key] = text
        self._control_size = size
        return True

    def put_pose(self, data: bytes, *, thing_id: int = 0) -> bool:
        """Queue a pose in place of the older one of the same thing. Returns whether an unsent one was dropped."""
        dropped = thing_id in self._poses
        self._poses[thing_id] = data
        return dropped

    def put_picture(self, data: bytes) -> bool:
        """Queue a picture in place of the older one. Returns whether an unsent one was dropped."""
        dropped = self._picture is not None
        self._picture = data
        return dropped

    def take(self) -> str | bytes | None:
        """Return what goes out next, None when nothing waits."""
        if self._control:
            _, text = self._control.popitem(last=False)
            self._control_size -= len(text)
            return text
        if self._poses:
            return self._poses.pop(next(iter(self._poses)))
        picture, self._picture = self._picture, None
        return picture

    def __bool__(self) -> bool:
        return bool(self._control or self._poses or self._picture is not None)
