"""One call of a backend: the prompt is made to fit, the reply is read; record and breaker are told how it ended."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Literal, TypeVar

from llama_index.core.llms import ChatMessage

from ..backends.base import Delta
from ..chats.live_turn import Exchange
from ..chats.secrets import blanked
from ..errors import Code, DocmindError
from ..memory import choose
from ..protocol import Message, Meter, Prompted, State
from ..records import Call, Usage
from ..tokens import estimate
from .candidate import Candidate
from .fit import answer_reserve, fit, room, size
from .metering import Metering

DENSEST = 4.0
"""Tokens for one that is estimated, at most: of random letters and digits every one is a token."""
LEAST_LEARNT_FROM = 500
"""Tokens of a prompt, estimated: in a short one the chat template is too large a part."""
OVERFLOW_MARGIN = 1.1
"""A prompt that was too long is taken to have so many times the window."""

T = TypeVar("T")
Item = Delta | State | Meter | Prompted
Record = Callable[[Call], None]
"""Takes every call as it ends; must return at once."""


def unrecorded(call: Call) -> None:
    """A Record that keeps nothing."""


class Calling:
    """Make one for each call, and `stream` it once. `until`: the loop's time at which a model has to be done.

    `phase` of the record: a `step` of the agent, or the `continuation` of one that another backend began. `past`: what
    was said before, oldest first; what there is room for stands behind the first message.
    """

    def __init__(
        self,
        run: str,
        candidate: Candidate,
        record: Record,
        until: float,
        phase: str = "step",
        past: Sequence[Exchange] = (),
    ) -> None:
        self._run, self._record, self._until, self._phase, self._past = run, record, until, phase, past
        self._backend, self._breaker = candidate
        self._at, self._began = time.time(), time.perf_counter()
        self._first: float | None = None
        self._last = 0.0
        self._model = self._backend.profile.model
        self._usage: Usage | None = None
        self._prompt = self._estimate = 0
        self.window = 0
        """Of the backend, in tokens; 0 until it is known."""
        self.shrinks = False
        """Whether the next prompt will be shorter, as this one showed that the model makes more tokens of it."""
        self._whole = self._ended = self.cut = False
        self._loaded = self._backend.cold
        self._text: list[str] = []
        self._thinking: list[str] = []

    @property
    def text(self) -> str:
        """What it has said so far."""
        return "".join(self._text)

    @property
    def begun(self) -> bool:
        """Whether anything has come, be it thinking only."""
        return self._first is not None

    @property
    def streamed_s(self) -> float:
        """From the first piece to the last one, in seconds: a server that fell silent does not make the model slow."""
        return 0.0 if self._first is None else self._last - self._first

    @property
    def usage(self) -> Usage:
        """What the server counted, else an estimate of what has come so far."""
        said = self.text + "".join(self._thinking)
        tokens = estimate(said) if said else 0
        return self._usage or Usage(prompt_tokens=self._prompt, completion_tokens=tokens, estimated=True)

    async def stream(self, messages: Sequence[ChatMessage], stop: Sequence[str]) -> AsyncGenerator[Item, None]:
        """The reply, up to a stop sequence also where a server ignores it. Raises DocmindError."""
        try:
            async with aclosing(self._read(messages, stop)) as items:
                while item := await self._in_time(anext(items, None)):
                    yield item
        except DocmindError as error:
            if error.code == Code.CONTEXT_OVERFLOW:
                self._is_denser(OVERFLOW_MARGIN * self.window)
            self._breaker.failed(error)
            self._end("failed", error.code)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            self._breaker.given_up()
            self._end("cancelled")
            raise
        self._breaker.succeeded()
        self._end("ok")

    async def can_continue(self) -> bool:
        """Whether it takes the beginning of an answer. Raises DocmindError: the call has failed before it began."""
        try:
            return (await self._in_time(self._backend.abilities())).continues
        except DocmindError as error:
            self._breaker.failed(error)
            self._end("failed", error.code)
            raise

    def over(self) -> None:
        """Nothing comes of it any more: where it was left before it began, the breaker hears of it here."""
        if not self._ended:
            self._breaker.given_up()

    async def _in_time(self, awaited: Awaitable[T]) -> T:
        """What it gives. Raises DocmindError (DEADLINE), but never for `quotes`, which is quick."""
        try:
            async with asyncio.timeout_at(None if self._backend.local else self._until):
                return await awaited
        except TimeoutError:
            hint = "Raise agent.deadline in the settings, or use a faster profile."
            raise DocmindError(Code.DEADLINE, f"{self._backend.name} was not done in time.", hint) from None

    async def _read(self, messages: Sequence[ChatMessage], stop: Sequence[str]) -> AsyncGenerator[Item, None]:
        self.window = window = await self._backend.context()
        self._model = await self._backend.model()
        usable = await self._backend.usable_context()
        reserve = answer_reserve(self._backend.profile.max_tokens, usable)
        chosen = choose(self._past, room(messages, usable, reserve))
        fitted = fit([*messages[:1], *chosen.messages, *messages[1:]], usable - reserve)
        self._estimate = size(fitted)
        self._prompt = round(self._estimate * self._backend.density)
        metering = Metering(self._run, self._backend.name, self._prompt, window, chosen.summarised, chosen.left_out)
        stops = _Stops(stop)
        yield metering.begin()
        yield self._prompted(fitted, stop)
        async with aclosing(self._backend.stream(fitted, stop)) as deltas:
            async for delta in deltas:
                if delta.loading:
                    self._loaded = True
                    yield State(run=self._run, state="loading", detail=self._backend.name)
                    continue
                self._take(delta)
                yield delta
                if meter := metering.take(delta):
                    yield meter
                if stops.reached(delta.text):
                    break
        if self._usage and self._estimate >= LEAST_LEARNT_FROM:
            self._is_denser(self._usage.prompt_tokens)
        yield metering.end(self.usage)

    def _prompted(self, messages: Sequence[ChatMessage], stop: Sequence[str]) -> Prompted:
        profile = self._backend.profile
        return Prompted(
            run=self._run,
            profile=self._backend.name,
            model=self._model,
            phase=self._phase,
            window=self.window,
            max_tokens=profile.max_tokens,
            options=blanked(profile.options),
            stop=list(stop),
            messages=[Message(role=str(each.role.value), content=each.content or "") for each in messages],
        )

    def _is_denser(self, tokens: float) -> None:
        """Learns from a prompt that has so many tokens for the model; what no tokenizer makes is no lesson."""
        density = tokens / self._estimate if self._estimate else 0.0
        if self._backend.density < density <= DENSEST:
            self._backend.density, self.shrinks = density, True

    def _take(self, delta: Delta) -> None:
        self._last = time.perf_counter()
        if self._first is None and (delta.text or delta.thinking):
            self._first = self._last
        self._usage = delta.usage or self._usage
        self._whole, self.cut = self._whole or delta.whole, delta.cut
        self._text.append(delta.text)
        self._thinking.append(delta.thinking)

    def _end(self, outcome: Literal["ok", "failed", "cancelled"], code: str = "") -> None:
        self._ended = True
        call = Call(
            run=self._run,
            phase=self._phase,
            profile=self._backend.name,
            at=self._at,
            total_ms=_ms(time.perf_counter() - self._began),
            outcome=outcome,
            code=code,
            model=self._model,
            first_token_ms=None if self._first is None else _ms(self._first - self._began),
            prompt_tokens=self.usage.prompt_tokens,
            completion_tokens=self.usage.completion_tokens,
            estimated=self.usage.estimated,
            whole=self._whole,
            loaded=self._loaded,
        )
        self._record(call)


class _Stops:
    """Whether one of the sequences has occurred in a stream, also across pieces."""

    def __init__(self, sequences: Sequence[str]) -> None:
        self._sequences, self._longest = sequences, max(map(len, sequences), default=0)
        self._tail = ""

    def reached(self, text: str) -> bool:
        self._tail = (self._tail + text)[-self._longest - len(text) :]
        return any(sequence in self._tail for sequence in self._sequences)


def _ms(seconds: float) -> float:
    return round(1e3 * seconds, 1)
