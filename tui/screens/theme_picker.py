"""The themes, each shown while the cursor is on it."""

from collections.abc import Iterable, Mapping

from textual.content import Content

from docmind.agents.text import one_line
from docmind.themes.loader import Palette

from .picker import Picker, Row


class ThemePicker(Picker):
    """Esc brings the theme back that was there before."""

    def __init__(self, palettes: Mapping[str, Palette], current: str) -> None:
        super().__init__("Themes", current)
        self._palettes = palettes

    def rows(self) -> Iterable[Row]:
        for name, palette in self._palettes.items():
            title = one_line(palette.title)
            mark = "▸" if name == self._current else " "
            yield Row(name, f"{name} {title}", Content.assemble(f"{mark} ", (f"{one_line(name):<24}", "bold"), title))

    def on_option_list_option_highlighted(self) -> None:
        """Textual calls that of the base, too."""
        if self.chosen:
            self.app.theme = self.chosen

    def action_leave(self) -> None:
        self.app.theme = self._current
        super().action_leave()
