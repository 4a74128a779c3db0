"""Which backend answers, and what happens when it fails."""
