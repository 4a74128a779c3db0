"""One answer as a file: all that went to the models and all that happened, so that it can be shown again anywhere."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from docmind import __version__

from ..protocol.kept import KeptTurn, TimedEvent, TurnState
from ..protocol.run_events import Message, Prompted, ToolReturned
from ..records import Passage
from . import foreign
from .secrets import Secrets

KIND, VERSION = "run", 1


class PromptedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a backend, as it was sent."""

    at: float
    """Seconds since the question."""
    profile: str
    model: str
    phase: str
    window: int
    max_tokens: int
    options: dict[str, Any]
    stop: list[str]
    messages: list[Message]


class PassageHash(msgspec.Struct, frozen=True, kw_only=True):
    """A passage that a model was shown; its text is in the event `toolreturned`."""

    n: int
    path: str
    page: int | None
    lines: tuple[int, int] | None
    sha256: str
    """Of its text in UTF-8, in hexadecimal digits."""


class RunFile(foreign.Header, frozen=True, kw_only=True):
    """The file."""

    written_by: str
    """The version of docmind."""
    run: str
    question: str
    asked_at: float
    """Unix time, in seconds."""
    state: TurnState
    answer: str
    profile: str
    model: str
    calls: list[PromptedCall]
    """Empty for an answer that was kept without its prompts."""
    passages: list[PassageHash]
    events: list[TimedEvent]
    """What a screen was told, each with its time."""


def encode(turn: KeptTurn, secrets: Secrets) -> bytes:
    """The file of one answer; secrets are blanked in it."""
    turn = secrets.hide_in(turn)
    file = RunFile(
        docmind=KIND,
        version=VERSION,
        written_by=__version__,
        run=turn.run,
        question=turn.question,
        asked_at=turn.asked_at,
        state=turn.state,
        answer=turn.answer,
        profile=turn.profile,
        model=turn.model,
        calls=list(_calls(turn.events)),
        passages=_hashes(turn.events),
        events=[timed for timed in turn.events if not isinstance(timed.event, Prompted)],
    )
    return msgspec.json.encode(file) + b"\n"


def decode(data: bytes) -> RunFile:
    """Raises DocmindError: FILE_REFUSED, also where a passage is not the one that was shown; FILE_NEWER."""
    file = foreign.decode(data, KIND, VERSION, RunFile)
    foreign.check_text(file)
    foreign.check_turn(as_turn(file))
    if file.passages != _hashes(file.events):
        raise foreign.refused("Its passages are not those that were shown: a hash differs.")
    return file


def as_turn(file: RunFile) -> KeptTurn:
    """The turn, as a screen gets it."""
    return KeptTurn(
        run=file.run,
        parent=None,
        question=file.question,
        asked_at=file.asked_at,
        state=file.state,
        answer=file.answer,
        profile=file.profile,
        model=file.model,
        events=file.events,
    )


def _calls(events: Iterable[TimedEvent]) -> Iterator[PromptedCall]:
    """With their whole prompts, which are kept as what differs from the one before."""
    messages: Sequence[Message] = []
    for timed in events:
        if isinstance(timed.event, Prompted):
            given = msgspec.structs.asdict(timed.event)
            messages = given["messages"] = [*messages[: given.pop("same")], *given["messages"]]
            del given["run"]
            yield PromptedCall(at=timed.at, **given)


def _hashes(events: Iterable[TimedEvent]) -> list[PassageHash]:
    returned = (timed.event for timed in events if isinstance(timed.event, ToolReturned))
    return [_hash(passage) for event in returned for passage in event.passages]


def _hash(passage: Passage) -> PassageHash:
    digest = hashlib.sha256(passage.text.encode()).hexdigest()
    return PassageHash(n=passage.n, path=passage.path, page=passage.page, lines=passage.lines, sha256=digest)
