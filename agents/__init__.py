"""The engine: documents, agent, backends and the line to the screen. Knows no screen."""
