"""The room camera's small pictures on their way to who watches: numbered, and told in the room's frame."""

from orview.edge.host.clock import now_ns
from orview.edge.slots.records import PictureRecord
from orview.protocol.binary import PictureMessage
from orview.protocol.codec import encode_binary
from orview.protocol.limits import MAX_CORNERS
from orview.protocol.poses import wire_from_rigid


class PictureFeed:
    """Makes wire messages of pictures."""

    def __init__(self) -> None:
        self._count = 0

    def payload(self, picture: PictureRecord, *, room_frame_id: int) -> bytes:
        """Return the bytes of the next picture."""
        self._count += 1
        position_m, quat_xyzw = wire_from_rigid(picture.room_from_camera)
        message = PictureMessage(
            width_px=picture.width,
            height_px=picture.height,
            sequence=self._count,
            room_frame_id=room_frame_id,
            taken_ns=picture.taken_ns,
            send_ns=max(now_ns(), picture.taken_ns),
            position_m=position_m,
            quat_xyzw=quat_xyzw,
            fx_px=picture.fx,
            fy_px=picture.fy,
            cx_px=picture.cx,
            cy_px=picture.cy,
            corners_px=tuple(picture.corners_px[:MAX_CORNERS].ravel().tolist()),
            jpeg=picture.jpeg,
        )
        return encode_binary(message)
