"""The transcript: everything that was asked and answered, as one line-based view."""
