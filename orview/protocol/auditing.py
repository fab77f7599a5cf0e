"""The message about the host's log: clients keep its newest entry, so that nobody cuts or rewrites it unseen."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from orview.protocol.fields import Count
from orview.protocol.schema import Text


@dataclass(frozen=True, kw_only=True)
class LogHead:
    """The newest entry of the host's log of what was done: its number and how its link begins. Keep the last one."""

    TYPE: ClassVar[str] = "log_head"
    sequence: Count
    link: Annotated[str, Text(12, 12, "[0-9a-f]+")]
