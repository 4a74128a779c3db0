"""What is well and what is wrong on this machine, and what to do about it."""
