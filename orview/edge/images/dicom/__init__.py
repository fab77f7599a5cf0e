"""DICOM: files, frames, series, grids and pixels; in the confined child only."""
