"""`docmind chats`, `export` and `replay`: what was asked and answered, listed, found, taken out and in."""
