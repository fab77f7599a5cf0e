"""The report of a session: gathered from what is on record, and written as a page and on paper."""
