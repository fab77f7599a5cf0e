"""What happened in the room, second by second, in a file that survives whatever ends it."""
