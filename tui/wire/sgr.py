"""Text styles as a terminal takes them (SGR), and the shortest way from one to another."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "7": "27", "8": "28", "9": "29", "53": "55"}
"""Attribute -> the code that ends it; bold and dim share one."""

_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})


class Style(NamedTuple):
    """Colours as the codes that set them; empty: the terminal's own."""

    foreground: str = ""
    background: str = ""
    attributes: frozenset[str] = frozenset()


PLAIN = Style()


@lru_cache(4096)
def applied(style: Style, codes: str) -> Style:
    """`style` after the sequence ESC [ codes m. What is no known code changes nothing."""
    foreground, background, attributes = style
    rest = iter(codes.split(";"))
    for code in rest:
        if code in ("", "0"):
            foreground, background, attributes = PLAIN
        elif code in ("38", "48"):
            colour = _long_colour(code, rest)
            foreground, background = (colour, background) if code == "38" else (foreground, colour)
        elif code.isdecimal():
            number = int(code)
            if 30 <= number <= 39 or 90 <= number <= 97:
                foreground = "" if number == 39 else code
            elif 40 <= number <= 49 or 100 <= number <= 107:
                background = "" if number == 49 else code
            elif code in _OFF:
                attributes |= {code}
            else:
                attributes = frozenset(one for one in attributes if _OFF[one] != code)
    return Style(foreground, background, attributes)


def _long_colour(code: str, rest: Iterator[str]) -> str:
    """38;5;N or 38;2;R;G;B."""
    mode = next(rest, "5")
    return ";".join([code, mode, *(next(rest, "0") for _ in range(1 if mode == "5" else 3))])


@lru_cache(4096)
def on_blank(style: Style) -> Style:
    """What of `style` is seen on a space."""
    return style if style.attributes & _SEEN_ON_BLANKS else Style(background=style.background)


@lru_cache(16384)
def change(old: Style | None, new: Style) -> str:
    """The shortest sequence from `old`, None meaning unknown, to `new`; empty where they are the same."""
    if old == new:
        return ""
    whole = _sequence(["0", *sorted(new.attributes), *filter(None, (new.foreground, new.background))])
    if old is None:
        return whole
    ended = {_OFF[one] for one in old.attributes - new.attributes}
    kept = {one for one in old.attributes & new.attributes if _OFF[one] not in ended}
    codes = [*sorted(ended), *sorted(new.attributes - kept)]
    if old.foreground != new.foreground:
        codes.append(new.foreground or "39")
    if old.background != new.background:
        codes.append(new.background or "49")
    steps = _sequence(codes)
    return steps if len(steps) <= len(whole) else whole


def _sequence(codes: list[str]) -> str:
    return "\x1b[m" if codes == ["0"] else f"\x1b[{';'.join(codes)}m"
