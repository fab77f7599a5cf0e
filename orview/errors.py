"""Every exception orview raises on purpose.

    OrviewError                 says what is wrong and what to do; the command line prints exactly that
    ├── InputError              a file, folder or value somebody gave cannot be used
    ├── ContractError           a caller broke the contract of a function (a bug, not an input)
    │   ├── FrameMismatchError  two transforms or points whose frames do not meet
    │   └── NotRigidError       numbers that are no rotation, or are not finite
    ├── RefusedError            the data were read but orview will not build on them
    ├── StoreError              the case store cannot be opened, read or written
    ├── CameraError             a camera or video source is missing, gone or of the wrong mode
    ├── NetworkError            a port, certificate or host is not to be had
    └── ProtocolError           the other end of a connection said something it must not

Broken contracts and unusable inputs are exceptions; doubtful data are findings (`orview.findings`).
This module imports nothing.
"""


class OrviewError(Exception):
    """Base of all: `message` says what is wrong, `mend` what to do about it.

    Identifiers of patients and paths never stand in `message`'s first words and, where a
    sentence works without them, not at all: messages reach logs and screens.
    """

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments are lost by the default pickling, and errors cross process borders.
        return (_rebuild, (type(self), self.message, self.mend))


def _rebuild(kind: "type[OrviewError]", message: str, mend: str) -> "OrviewError":
    return kind(message, mend=mend)


class InputError(OrviewError):
    """A file, folder or value somebody gave cannot be used."""


class ContractError(OrviewError):
    """A caller broke the contract of a function."""


class FrameMismatchError(ContractError):
    """Two transforms, or a transform and points, whose frames do not meet."""


class NotRigidError(ContractError):
    """Numbers that are no proper rotation (orthonormal, determinant +1), or are not finite."""


class RefusedError(OrviewError):
    """The data were read but orview will not build on them."""


class StoreError(OrviewError):
    """The case store cannot be opened, read or written."""


class CameraError(OrviewError):
    """A camera or video source is missing, gone, or of another mode than its profile."""


class NetworkError(OrviewError):
    """A port, certificate or host is not to be had."""


class ProtocolError(OrviewError):
    """The other end of a connection said something it must not say."""
