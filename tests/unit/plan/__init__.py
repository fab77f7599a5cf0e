"""Tests of `orview.plan`."""
