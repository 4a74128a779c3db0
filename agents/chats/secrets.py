"""What must not be written into a chat: API keys, and what the environment holds under a secret-looking name."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec

from ..protocol.kept import TimedEvent
from ..protocol.run_events import Thought, Token
from ..text import SHORTEST_SECRET

HIDDEN = "[hidden]"
_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|ACCESS_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)(?:_|$)", re.IGNORECASE
)
_SHORTEST_VALUE = 8
"""Shorter values of variables are words such as `none` or `secret`, which may stand in any text."""
_OWN_NAMES = frozenset({"id", "run", "parent", "head", "file_hash"})
T = TypeVar("T")
_encoder = msgspec.json.Encoder()


def of_environment(environ: Mapping[str, str]) -> set[str]:
    """The values of variables that are named like a secret; a path is where one lies, not what it is."""
    values = {value.strip() for name, value in environ.items() if _NAME.search(name)}
    return {value for value in values if len(value) >= _SHORTEST_VALUE and not value.startswith(("/", "~"))}


def blanked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, at any depth, with HIDDEN in the place of those that are named like a secret."""
    return {name: HIDDEN if _is_secret(name) else _blanked(value) for name, value in options.items()}


def _blanked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return blanked(value)
    return [_blanked(each) for each in value] if isinstance(value, list) else value


def _is_secret(name: str) -> bool:
    return bool(_NAME.search(name.replace("-", "_"))) or name.casefold() == "authorization"


class Secrets:
    """Some secrets, and how they are blanked."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: set[str] = set()
        self.add(values)

    def add(self, values: Iterable[str]) -> None:
        """Those shorter than `redact` of text.py takes for one are left out."""
        self._values |= {value for value in values if len(value) >= SHORTEST_SECRET}
        longest_first = sorted(self._values, key=len, reverse=True)
        self._text = re.compile("|".join(map(re.escape, longest_first)))
        # As they stand within a JSON string: to see quickly that there are none.
        self._json = re.compile(b"|".join(re.escape(_encoder.encode(value)[1:-1]) for value in longest_first))
        self._beginnings = {value[:size] for value in self._values for size in range(1, len(value))}
        self._longest = max(map(len, self._values), default=0)

    def __bool__(self) -> bool:
        return bool(self._values)

    def hide(self, text: str) -> str:
        """`text` with the secrets blanked."""
        return self._text.sub(HIDDEN, text) if self._values else text

    def hide_in(self, value: T) -> T:
        """An event, a turn or a chat with the secrets blanked in every text of it.

        A secret may look like anything, such as `token` or `12345`: no number, no name of docmind's own and none of the
        words that a field is limited to is taken for one.
        """
        return self._hidden(value) if self._values and self._json.search(_encoder.encode(value)) else value

    def _hidden(self, value: Any) -> Any:
        match value:
            case str():
                return self.hide(value)
            case list() | tuple():
                return type(value)(map(self._hidden, value))
            case dict():
                return {self._hidden(name): self._hidden(each) for name, each in value.items()}
            case msgspec.Struct():
                fields = {name: getattr(value, name) for name in _free_fields(type(value))}
                return msgspec.structs.replace(value, **{name: self._hidden(each) for name, each in fields.items()})
        return value

    def begun(self, text: str) -> int:
        """How many characters at the end of `text` may be the beginning of a secret."""
        sizes = range(min(self._longest - 1, len(text)), 0, -1)
        return next((size for size in sizes if text[-size:] in self._beginnings), 0)


class Veil:
    """Blanks secrets in the events of one turn, also those that are spread over several pieces of its text.

    What may be the beginning of a secret is held back until the next piece comes.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._held: TimedEvent | None = None

    def take(self, timed: TimedEvent) -> list[TimedEvent]:
        """What can be written by now, in its order."""
        if not self._secrets:
            return [timed]
        if not isinstance(timed.event, Token | Thought):
            return [*self.close(), TimedEvent(timed.at, self._secrets.hide_in(timed.event))]
        before = [] if self._held and type(self._held.event) is type(timed.event) else self.close()
        return before + self._text(timed.at, timed.event)

    def close(self) -> list[TimedEvent]:
        """What was held back."""
        held, self._held = self._held, None
        return [held] if held else []

    def _text(self, at: float, event: Token | Thought) -> list[TimedEvent]:
        text = event.text
        for held in self.close():
            assert isinstance(held.event, Token | Thought)
            text = held.event.text + text
        text = self._secrets.hide(text)
        certain = len(text) - self._secrets.begun(text)
        self._held = _timed(at, event, text[certain:]) if text[certain:] else None
        return [_timed(at, event, text[:certain])] if text[:certain] else []


def _timed(at: float, event: Token | Thought, text: str) -> TimedEvent:
    return TimedEvent(at, msgspec.structs.replace(event, text=text))


@cache
def _free_fields(kind: type[msgspec.Struct]) -> list[str]:
    """The fields that may hold any text."""
    types = {field.name: (field.type, *get_args(field.type)) for field in msgspec.structs.fields(kind)}
    limited = {name for name, kinds in types.items() if any(get_origin(each) is Literal for each in kinds)}
    return [name for name in types if name not in limited | _OWN_NAMES]
