"""Patient images on disk, read in a child process with limits on memory and time."""
