"""Mesh files of others; parsed in the confined child only."""
