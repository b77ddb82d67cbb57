"""A store whose system calls fail on purpose, under a short life of a log."""
