"""One file for each step of the road; each runs the rival beside ours and prints ratios."""
