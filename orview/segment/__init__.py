"""Which voxel belongs to what: named anatomy, label maps, thresholds, beads."""
