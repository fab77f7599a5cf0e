"""The state of a session: events in, decisions out; knows no socket and reads no clock."""
