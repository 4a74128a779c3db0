"""What the machine does: GPUs, processor, memory."""
