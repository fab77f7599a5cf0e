"""The reference headset: a client without a display, written against docs/protocol.md alone."""
