"""Where reports lie, for processes that draw none."""

FOLDER = "reports"
"""In the store's folder; its files are named after their sessions, `.html` and `.pdf`."""
