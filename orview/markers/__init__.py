"""Marker boards: their shape, their lens profile, how they are printed, found in a picture and turned into a pose."""
