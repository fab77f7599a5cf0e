"""The kinds of fields that messages share: names, numbers and texts with their limits."""

from enum import StrEnum
from typing import Annotated, TypeAlias

from orview.protocol.limits import MAX_NS
from orview.protocol.schema import Items, Number, PoseNumbers, Text, Whole

Name: TypeAlias = Annotated[str, Text(80, 1)]
Sentence: TypeAlias = Annotated[str, Text(400)]
Key: TypeAlias = Annotated[str, Text(64, 1, "[a-z0-9_]+")]
CaseId: TypeAlias = Annotated[str, Text(64, 1, "[A-Za-z0-9_-]+")]
DeviceId: TypeAlias = Annotated[str, Text(32, 1, "[a-z0-9-]+")]
Sha256: TypeAlias = Annotated[str, Text(64, 64, "[0-9a-f]+")]
Salt: TypeAlias = Annotated[str, Text(64, 32, "[0-9a-f]+")]
Token: TypeAlias = Annotated[str, Text(43, 43, "[A-Za-z0-9_-]+")]
JoinCode: TypeAlias = Annotated[str, Text(6, 6, "[0-9]+")]
ProtocolVersion: TypeAlias = Annotated[str, Text(32, 1, "[0-9a-z]+")]
RefusalCode: TypeAlias = Annotated[str, Text(40, 1, "[A-Z_]+")]
MessageType: TypeAlias = Annotated[str, Text(20, 0, "[a-z_]*")]
ModelUrl: TypeAlias = Annotated[str, Text(67, 67, "/m/[0-9a-f]+")]
JoinUrl: TypeAlias = Annotated[str, Text(300, 1)]
UtcTime: TypeAlias = Annotated[str, Text(40, 1)]
Nanoseconds: TypeAlias = Annotated[int, Whole(0, MAX_NS)]
Count: TypeAlias = Annotated[int, Whole(0, 2**32 - 1)]
Millimetres: TypeAlias = Annotated[float, Number(0.0, 1000.0)]
Milliseconds: TypeAlias = Annotated[float, Number(0.0, 1e9)]
Radians: TypeAlias = Annotated[float, Number(0.0, 3.2)]
Rate: TypeAlias = Annotated[float, Number(0.0, 1000.0)]
Point: TypeAlias = Annotated[tuple[Annotated[float, Number(-1000.0, 1000.0)], ...], Items(3, 3)]
Pose: TypeAlias = Annotated[tuple[float, ...], PoseNumbers()]
EntryId: TypeAlias = Annotated[str, Text(16, 16, "[0-9a-f]+")]
ShortText: TypeAlias = Annotated[str, Text(64)]
Day: TypeAlias = Annotated[str, Text(10, 10, "[0-9-]+")]
Fraction: TypeAlias = Annotated[float, Number(0.0, 1.0)]
Megabytes: TypeAlias = Annotated[float, Number(0.0, 1e9)]
PictureSize: TypeAlias = Annotated[int, Whole(1, 65535)]
FocalLength: TypeAlias = Annotated[float, Number(1.0, 100_000.0)]
Pixel: TypeAlias = Annotated[float, Number(-100_000.0, 100_000.0)]
Distortion: TypeAlias = Annotated[tuple[Annotated[float, Number(-100.0, 100.0)], ...], Items(5, 5)]


class BodySide(StrEnum):
    """The side of the patient on which something lies; `none`: on both, or not known."""

    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


class NoticeWeight(StrEnum):
    """How much a notice or a finding weighs."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
