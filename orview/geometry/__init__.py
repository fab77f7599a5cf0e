"""Rigid and affine transforms, lenses, fits and how errors travel. Knows numpy and nothing else."""
