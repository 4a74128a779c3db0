"""The screen and the command line. Never imports llama_index."""
