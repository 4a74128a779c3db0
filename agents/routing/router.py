"""One question's way through its chain of backends: which one is asked, and what happens when it fails.

As long as the user has seen nothing of the answer, the next backend takes over and does the step again. A call that
breaks in the answer itself fails the question for now: `Route.stream` is the place for a takeover in mid-answer.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec
from llama_index.core.llms import ChatMessage

from ..backends.base import Backend, Delta
from ..errors import Code, DocmindError
from ..protocol import Meter, State, Switched
from ..records import Attempt, Usage
from .calling import Calling, Record, unrecorded
from .chain import QUOTES

Notice = State | Switched | Meter
Messages = Sequence[ChatMessage]


class Route:
    """The backends of one question, in the order in which they are tried.

    `run` marks the notices, `attempts` is filled, `record` gets every call. After `max_calls` calls of models only
    `quotes` is asked: a model that never comes to an end does not take the answer with it.
    """

    def __init__(
        self,
        run: str,
        chain: Sequence[Backend],
        max_calls: int,
        attempts: list[Attempt],
        record: Record = unrecorded,
    ) -> None:
        self._run, self._chain, self._max_calls, self._record = run, list(chain), max_calls, record
        self._calls = 0
        self.attempts = attempts
        self.usage = Usage()
        self.answer_is_shown = False
        """Set by whoever shows it: a step of which the user has seen no answer is simply done again."""
        self.streamed_s = 0.0
        """Seconds between the first and the last token of each call, added up."""

    @property
    def backend(self) -> Backend:
        """The one in use: a backend that failed is not asked again for this question."""
        return self._chain[0]

    async def stream(self, messages: Messages, stop: Sequence[str]) -> AsyncGenerator[Delta | Notice, None]:
        """One reply. Raises DocmindError when no backend is left, or when one breaks off in the shown answer."""
        if notice := self._count_call():
            yield notice
        while True:
            calling = Calling(self._run, self.backend, self._record)
            if self.backend.cold:
                yield State(run=self._run, state="loading", detail=self.backend.name)
            try:
                async with aclosing(calling.stream(messages, stop)) as items:
                    async for item in items:
                        yield item
                self._finished(calling)
                return
            except DocmindError as error:
                self._failed(error, calling.usage.completion_tokens)
                if self.answer_is_shown:
                    raise
                yield self._next(error)

    def _finished(self, calling: Calling) -> None:
        self.streamed_s += calling.streamed_s
        usage = calling.usage
        self.usage = Usage(
            prompt_tokens=self.usage.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.usage.completion_tokens + usage.completion_tokens,
            estimated=self.usage.estimated or usage.estimated,
        )
        self._note(Attempt(profile=self.backend.name, ok=True, tokens=usage.completion_tokens))

    def _failed(self, error: DocmindError, tokens: int = 0) -> None:
        name = self.backend.name
        self._note(Attempt(profile=name, ok=False, code=error.code, reason=error.message, tokens=tokens))

    def _note(self, attempt: Attempt) -> None:
        """Successful calls of the same backend in a row are one attempt."""
        last = self.attempts[-1] if self.attempts else None
        if last and attempt.ok and last.ok and last.profile == attempt.profile:
            self.attempts[-1] = msgspec.structs.replace(last, tokens=last.tokens + attempt.tokens)
        else:
            self.attempts.append(attempt)

    def _count_call(self) -> Switched | None:
        self._calls += 1
        if self._calls <= self._max_calls or self.backend.kind == QUOTES:
            return None
        message = f"{self.backend.name} came to no answer in {self._max_calls} steps."
        error = DocmindError(Code.NO_ANSWER, message, "Ask in other words, or raise agent.max_steps.")
        self._failed(error)
        self._chain[1:-1] = []  # another model would start over; the last resort finishes at once
        return self._next(error)

    def _next(self, error: DocmindError) -> Switched:
        """Moves on to the next backend. Raises DocmindError when there is none."""
        if len(self._chain) == 1:
            if error.code == Code.NO_ANSWER:
                raise error
            reasons = " ".join(attempt.reason for attempt in self.attempts if not attempt.ok)
            raise DocmindError(Code.ALL_FAILED, f"Every backend failed. {reasons}", error.hint)
        failed, new = self._chain.pop(0).name, self.backend.name
        return Switched(run=self._run, old=failed, new=new, code=error.code, reason=error.message, hint=error.hint)
