"""Outlines of every kind: label maps, DICOM SEG, RTSTRUCT, names."""
