"""The only rooms with disks, sockets, cameras and wall clocks."""
