"""From the beads found in a CT to where the board stands in it, how sure that is, and whether to build on it."""
