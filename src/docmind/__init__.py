"""docmind: chat with your own documents through a local model, in a terminal."""

__version__ = "0.1.0"
