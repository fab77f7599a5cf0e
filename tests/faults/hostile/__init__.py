"""Files that were damaged, or made to do damage: what they are made of, and a fast way to have many read."""
