"""One file per verb; main.py only picks the verb."""
