"""The message about the machine the host runs on: whether it stays awake, where it is reached, what it lacks."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import Sentence
from orview.protocol.schema import Items


class Awake(StrEnum):
    """Whether the machine is kept from sleeping: nobody asked, it is, or it cannot be."""

    FREE = "free"
    KEPT = "kept"
    UNABLE = "unable"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How the host's machine stands: one sentence each on sleep and network, and one for each thing it lacks."""

    TYPE: ClassVar[str] = "machine"
    awake: Awake
    awake_words: Sentence
    network_words: Sentence
    missing: Annotated[tuple[Sentence, ...], Items(8)]
