"""The newest value between processes: memory-mapped slots and what lies in them."""
