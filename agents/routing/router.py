"""One question's way through its chain of backends: which one is asked, and what happens when it fails.

As long as the user has seen nothing of the answer, the next backend takes over and does the step again. A call that
breaks in the answer itself fails the question for now: `Route.stream` is the place for a takeover in mid-answer.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

import msgspec
from llama_index.core.llms import ChatMessage

from ..backends.base import Backend, Delta
from ..errors import Code, DocmindError
from ..protocol import Meter, State, Switched
from ..records import Attempt, Usage
from ..settings import AgentSettings
from .calling import Calling, Record, unrecorded
from .candidate import Candidate
from .retry import wait_s

Notice = State | Switched | Meter
Messages = Sequence[ChatMessage]
ENDS_WITH_QUOTES = {Code.NO_ANSWER, Code.DEADLINE}
"""After these another model would begin anew, with no time or no steps left: the last resort finishes at once."""


class Route:
    """The backends of one question, in the order in which they are tried.

    `run` marks the notices, `attempts` is filled, `record` gets every call. After `max_steps` calls of models, or at
    the deadline, only `quotes` is asked: a model that never comes to an end does not take the answer with it.
    """

    def __init__(
        self,
        run: str,
        chain: Sequence[Candidate],
        settings: AgentSettings,
        attempts: list[Attempt],
        record: Record = unrecorded,
    ) -> None:
        self._run, self._chain, self._max_steps, self._record = run, list(chain), settings.max_steps, record
        self._until = asyncio.get_running_loop().time() + settings.deadline
        self._steps = 0
        self.attempts = attempts
        self.usage = Usage()
        self.answer_is_shown = False
        """Set by whoever shows it: a step of which the user has seen no answer is simply done again."""
        self.streamed_s = 0.0
        """Seconds between the first and the last token of each call, added up."""

    @property
    def backend(self) -> Backend:
        """The one in use: a backend that failed is not asked again for this question."""
        return self._chain[0].backend

    async def stream(self, messages: Messages, stop: Sequence[str]) -> AsyncGenerator[Delta | Notice, None]:
        """One reply. Raises DocmindError when no backend is left, or when one breaks off in the shown answer."""
        for notice in self._count_step():
            yield notice
        tries = 0
        while True:
            for notice in self._pass_over():
                yield notice
            if self.backend.cold:
                yield State(run=self._run, state="loading", detail=self.backend.name)
            calling = Calling(self._run, self._chain[0], self._record, self._until)
            try:
                async with aclosing(calling.stream(messages, stop)) as items:
                    async for item in items:
                        yield item
                self._finished(calling)
                return
            except DocmindError as error:
                tries += 1
                if await self._is_worth_another_try(calling, error, tries):
                    continue
                self._failed(error, calling.usage.completion_tokens, tries)
                if self.answer_is_shown:
                    raise
                yield self._next(error)
                tries = 0

    def _pass_over(self) -> Iterator[Switched]:
        """Leaves out the backends whose breaker is open; the last one of the chain is asked in any case."""
        while not self._chain[0].breaker.admit() and len(self._chain) > 1:
            breaker = self._chain[0].breaker
            assert breaker.last  # why it opened
            left = f"It is left alone for {breaker.left_s:.0f} s more." if breaker.left_s else "It is being tried."
            error = DocmindError(breaker.last.code, f"{breaker.last.message} {left}", breaker.last.hint)
            self._failed(error)
            yield self._next(error)

    async def _is_worth_another_try(self, calling: Calling, error: DocmindError, tries: int) -> bool:
        """Waits, where the same backend shall be asked again."""
        wait = wait_s(error, tries, random.random())
        if wait is None or calling.begun or self._chain[0].breaker.state == "open":
            return False
        if asyncio.get_running_loop().time() + wait >= self._until:
            return False
        await asyncio.sleep(wait)
        return True

    def _finished(self, calling: Calling) -> None:
        self.streamed_s += calling.streamed_s
        usage = calling.usage
        self.usage = Usage(
            prompt_tokens=self.usage.prompt_tokens + usage.prompt_tokens,
            completion_tokens=self.usage.completion_tokens + usage.completion_tokens,
            estimated=self.usage.estimated or usage.estimated,
        )
        self._note(Attempt(profile=self.backend.name, ok=True, tokens=usage.completion_tokens))

    def _failed(self, error: DocmindError, tokens: int = 0, tries: int = 1) -> None:
        reason = f"{error.message} ({tries} tries)" if tries > 1 else error.message
        self._note(Attempt(profile=self.backend.name, ok=False, code=error.code, reason=reason, tokens=tokens))

    def _note(self, attempt: Attempt) -> None:
        """Successful calls of the same backend in a row are one attempt."""
        last = self.attempts[-1] if self.attempts else None
        if last and attempt.ok and last.ok and last.profile == attempt.profile:
            self.attempts[-1] = msgspec.structs.replace(last, tokens=last.tokens + attempt.tokens)
        else:
            self.attempts.append(attempt)

    def _count_step(self) -> Iterator[Switched]:
        self._steps += 1
        if self._steps > self._max_steps and self._chain[0].is_model:
            message = f"{self.backend.name} came to no answer in {self._max_steps} steps."
            error = DocmindError(Code.NO_ANSWER, message, "Ask in other words, or raise agent.max_steps.")
            self._failed(error)
            yield self._next(error)

    def _next(self, error: DocmindError) -> Switched:
        """Moves on to the next backend. Raises DocmindError when there is none."""
        if len(self._chain) == 1:
            if error.code in ENDS_WITH_QUOTES:
                raise error
            reasons = " ".join(attempt.reason for attempt in self.attempts if not attempt.ok)
            raise DocmindError(Code.ALL_FAILED, f"Every backend failed. {reasons}", error.hint)
        if error.code in ENDS_WITH_QUOTES:
            self._chain[1:-1] = []
        failed, new = self._chain.pop(0).name, self.backend.name
        return Switched(run=self._run, old=failed, new=new, code=error.code, reason=error.message, hint=error.hint)
