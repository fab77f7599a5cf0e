"""What becomes of a camera that is doubted: a person looks after it, then its lens is measured, then it counts again.

Times are those of the pictures; no clock is read here.
"""

from orview.units import NS_PER_S

LIMIT_NS = 120 * NS_PER_S
"""Where it was not measured in so long that the lens fits, it counts as one that does not."""

MEASURING = "The lens is being measured: hold the calibration board before the camera and tilt it to all sides."
UNDECIDED = "It could not be measured that the lens still fits: calibrate the camera again."


class CameraCheck:
    """Whether a camera is trusted.

    Args:
        doubt: why it is not, one short sentence; empty where it is.

    Attributes:
        doubt: likewise, now; stays while it is measured.
        checking: whether it is being measured.
    """

    def __init__(self, doubt: str = "") -> None:
        self.doubt = doubt
        self.checking = False
        self._began_ns: int | None = None

    @property
    def words(self) -> str:
        """Why nothing is followed, empty where something is."""
        return MEASURING if self.checking else self.doubt

    def begin(self) -> None:
        """A person looked after the camera: measure it."""
        if self.doubt:
            self.checking = True
            self._began_ns = None

    def trust(self) -> None:
        """The camera was calibrated anew."""
        self.doubt, self.checking = "", False

    def take(self, *, refusal: str, fits: bool, taken_ns: int) -> None:
        """Take what one picture says.

        Args:
            refusal: why the tracker doubts the camera, empty where it does not.
            fits: whether the lens was measured to fit.
            taken_ns: when the picture was taken.
        """
        if refusal:
            self.doubt, self.checking = refusal, False
        if not self.checking:
            return
        if fits:
            self.trust()
            return
        if self._began_ns is None:
            self._began_ns = taken_ns
        if taken_ns - self._began_ns > LIMIT_NS:
            self.doubt, self.checking = UNDECIDED, False
