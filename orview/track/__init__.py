"""Following the board from frame to frame, and the rules of how old a pose may be."""
