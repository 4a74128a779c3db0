"""Reads palettes: the built-in ones beside this file, and the user's own. One broken file never hides the others."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

BUILT_IN = Path(__file__).parent
MOST_BYTES = 64 * 1024
"""Larger files are no palettes."""

_ANSI = "black|red|green|yellow|blue|magenta|cyan|white"
Colour = Annotated[str, msgspec.Meta(pattern=rf"^(#[0-9a-fA-F]{{6}}|ansi_(default|(bright_)?({_ANSI})))$")]
"""`#rrggbb`, or one of the terminal's own: `ansi_default`, `ansi_red`, `ansi_bright_red`, ..."""


class Colours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each colour is for."""

    foreground: Colour
    """Text."""
    background: Colour
    """Behind everything."""
    surface: Colour
    """Behind the prompt and code."""
    panel: Colour
    """Behind what lies on top: pickers, the source panel."""
    primary: Colour
    """Headings, and what has the focus."""
    secondary: Colour
    """Links and names."""
    accent: Colour
    """Citations, and the line that is chosen."""
    success: Colour
    """All is well."""
    warning: Colour
    """Look at this."""
    error: Colour
    """It failed."""
    muted: Colour
    """Text that may be overlooked: states, tool calls, units."""


class Palette(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A palette, as its file has it."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    """As the theme picker shows it."""
    dark: bool
    """Whether its background is dark."""
    colours: Colours


class Problem(NamedTuple):
    """A file that is no palette. Both parts may hold foreign text."""

    file: Path
    what: str


def load_palettes(folder: Path | None) -> tuple[dict[str, Palette], list[Problem]]:
    """Palettes by name, which is the file's without `.toml`, and what could not be read; never raises.

    `folder` holds the user's own, which win over built-in ones of the same name; it may be missing.
    """
    palettes, problems = dict[str, Palette](), list[Problem]()
    for file in (*_files(BUILT_IN, problems), *(_files(folder, problems) if folder else ())):
        try:
            palettes[file.stem] = _read(file)
        except (OSError, ValueError, RecursionError) as error:  # ValueError: TOML, UTF-8 and msgspec's own
            problems.append(Problem(file, _why(error)))
    return palettes, problems


def _files(folder: Path, problems: list[Problem]) -> Iterable[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except FileNotFoundError:
        return []
    except OSError as error:
        problems.append(Problem(folder, _why(error)))
        return []


def _read(file: Path) -> Palette:
    """Raises OSError, ValueError, RecursionError."""
    if not file.is_file():  # to open a pipe would wait for ever
        raise ValueError("not a regular file" if file.exists() else "there is no such file")
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES // 1024} KB")
    return msgspec.convert(tomllib.loads(content.decode()), Palette)


def _why(error: Exception) -> str:
    match error:
        case OSError(strerror=str(reason)):
            return reason
        case UnicodeDecodeError():
            return "not in UTF-8"
        case RecursionError():
            return "nested too deeply"
        case msgspec.ValidationError() if "matching regex" in str(error):
            place = str(error).rpartition("`")[0].rpartition("`")[2].removeprefix("$.")
            return f'{place}: expected a colour, such as "#7aa8e6" or "ansi_blue"'
        case _:
            return str(error)
