"""Palettes of the screen, one TOML file each."""
