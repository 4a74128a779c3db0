"""Turns palettes into Textual's themes."""

from collections.abc import Mapping

from textual.app import App
from textual.theme import Theme

from docmind.themes.loader import Palette

DEFAULT = "docmind-dark"


def as_theme(name: str, palette: Palette) -> Theme:
    """Every colour on the screen comes from the palette; one of `ansi_*` colours alone leaves them to the terminal."""
    colours = palette.colours
    return Theme(
        name=name,
        dark=palette.dark,
        ansi=_is_ansi(palette),
        primary=colours.primary,
        secondary=colours.secondary,
        accent=colours.accent,
        foreground=colours.foreground,
        background=colours.background,
        surface=colours.surface,
        panel=colours.panel,
        success=colours.success,
        warning=colours.warning,
        error=colours.error,
        boost=colours.panel,
        luminosity_spread=0.0,
        variables=_variables(palette),
    )


def register(app: App[int], palettes: Mapping[str, Palette]) -> None:
    """Makes them known to the app, which then takes them by name."""
    for name, palette in palettes.items():
        app.register_theme(as_theme(name, palette))


def _is_ansi(palette: Palette) -> bool:
    """Mixed ones are shown as RGB, in which the terminal's own colours are only guessed."""
    colours = palette.colours
    return all(getattr(colours, field).startswith("ansi_") for field in colours.__struct_fields__)


def _variables(palette: Palette) -> dict[str, str]:
    """Where Textual would mix a colour of its own."""
    colours = palette.colours
    plain = "ansi_black" if palette.dark else "ansi_white"
    background = plain if colours.background == "ansi_default" else colours.background
    return {
        "ansi-background": background,  # for Textual's own widgets; it is missing where all colours are the terminal's
        "ansi-foreground": colours.foreground,
        "text": colours.foreground,
        "text-muted": colours.muted,
        "text-disabled": colours.muted,
        "foreground-muted": colours.muted,
        "surface": colours.surface,
        "panel": colours.panel,
        "border": colours.accent,
        "border-blurred": colours.panel,
        "block-cursor-foreground": background,
        "block-cursor-background": colours.accent,
        "block-cursor-blurred-foreground": colours.foreground,
        "block-cursor-blurred-background": colours.panel,
        "block-hover-background": colours.surface,
        "input-selection-foreground": background,
        "input-selection-background": colours.secondary,
        "screen-selection-foreground": background,
        "screen-selection-background": colours.secondary,
        "scrollbar": colours.muted,
        "scrollbar-hover": colours.foreground,
        "scrollbar-active": colours.accent,
        "scrollbar-background": colours.background,
        "scrollbar-background-hover": colours.background,
        "scrollbar-background-active": colours.background,
        "scrollbar-corner-color": colours.background,
    }
