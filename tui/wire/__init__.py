"""The last step before the terminal: sends only the cells that changed, and nothing that the app did not ask for."""
