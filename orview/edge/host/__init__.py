"""The host in the room: its processes, its server, its session and its clients."""
