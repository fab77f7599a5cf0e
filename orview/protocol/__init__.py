"""The wire without sockets: bytes and a time go in, messages and decisions come out; told in `docs/protocol.md`."""
