"""Surfaces of voxels: extraction, smoothing, simplification, measures. Open3D lives here."""
