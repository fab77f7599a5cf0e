"""Observations of a board in, camera profile with its uncertainty out."""
