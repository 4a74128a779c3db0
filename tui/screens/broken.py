"""What to do with an answer that broke off, asked when its chat is opened again."""

from collections.abc import Iterable
from typing import NamedTuple

from textual.content import Content

from .picker import Picker, Row

LEAVE = "leave"
"""Nothing is done."""


class Way(NamedTuple):
    """One of them; its name is the command that does it, or LEAVE."""

    name: str
    title: str
    about: str


WAYS = (
    Way("continue", "Continue", "Goes on after the last whole word; steps that were done are not done again"),
    Way("again", "Ask again", "Asks the same question once more, beside this answer, which is kept"),
    Way(LEAVE, "Leave it", "Keeps the answer as far as it goes"),
)


class BrokenPicker(Picker):
    """Gives the name of the way."""

    def __init__(self) -> None:
        super().__init__("The last answer broke off", "")

    def rows(self) -> Iterable[Row]:
        for way in WAYS:
            shown = Content.assemble((f"{way.title:<14}", "bold"), way.about)
            yield Row(way.name, f"{way.title} {way.about}", shown)
