"""The process that opens what others wrote, and what confines it."""
