"""The limits both ends keep. They are part of the protocol's version: change one, and old clients are told so."""

MAX_CLIENT_TEXT_BYTES = 4096
"""No message of a client is longer."""
MAX_HOST_TEXT_BYTES = 512 * 1024
"""No text message of a host is longer: 500 cases take about 200 kB."""
MAX_PICTURE_BYTES = 512 * 1024
"""No picture message is longer: a 1280x720 JPEG takes 100 to 250 kB."""
MAX_CORNERS = 1024
"""No picture tells more corners: the largest calibration board has some 300."""
MAX_LOOK_BYTES = 512 * 1024
"""No look of a client is longer: a 1280x960 JPEG of an operating room takes 100 to 250 kB."""
MAX_LOOK_PIXELS = 4_000_000
"""No picture of a look has more: a board is found in so many within a quarter of a second."""
LOOKS_HZ = 10
"""Looks a second that are looked at; of more the host takes the newest."""
GAZES_HZ = 5
"""A client says so often at most what its wearer looks at; the host tells on the newest."""
MAX_HEADS = 64
"""Most heads in a look: half a second of a fast headset."""
MAX_WORN_HEADS = 20
"""Most heads in a `heads` message, which stays within `MAX_CLIENT_TEXT_BYTES`: a fifth of a second of a headset."""
MAX_DEPTH = 8
"""No message nests deeper; the deepest there is nests 5."""
MAX_NS = 10**18
"""31 years; up to there a double, all that JavaScript has, keeps a time to better than a microsecond."""

HELLO_LIMIT_MS = 5000
"""A client says hello within this time of connecting, or the host closes."""
LINK_LIMIT_MS = 150
"""A client that got no newer pose for this long, by its own monotonic clock, hides (hazard H01)."""
SIGHT_LIMIT_MS = 150
"""A client hides when a camera last saw the board this long ago."""
FADE_LIMIT_MS = 100
"""From this age of the last sight on a client draws outlines only: what it shows is about to be hidden."""
FADE_HOLD_MS = 300
"""and as long as this after the last frame that was so old: a picture that flickers is worse than a faded one."""
RACE_AFTER_MS = 250
"""A client that got no newer pose for this long opens another socket beside the first."""

CLOCK_WINDOW = 128
"""Pings of the first burst."""
CLOCK_BURST_HZ = 40
"""Rate of the first `CLOCK_WINDOW` pings."""
CLOCK_STEADY_HZ = 2
"""Rate of the pings after them."""
CLOCK_DRIFT_PPM = 100
"""How fast two clocks drift apart at most: two quartzes of 50 ppm. Bounds grow by this with their age."""
MAX_CLOCK_UNCERTAINTY_MS = 75
"""A client whose clock is less certain than half the link's limit cannot tell old from new, and hides."""

CODE_LIFE_MS = 120_000
"""A joining code is good for two minutes,"""
CODE_TRIES = 5
"""and for this many wrong guesses (hazard H19)."""
