"""One question's way through its chain of backends: which one is asked, and what happens when it fails.

A step that breaks off is done again by the next backend, unless it has come to the final answer: that goes on where it
broke off. Nothing that was said is lost, and no tool is called twice, for the agent acts on whole steps only.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import aclosing

import msgspec

from ..backends.base import Backend, Delta
from ..chats.live_turn import Exchange
from ..errors import Code, DocmindError
from ..protocol import State, Switched
from ..records import Attempt, Usage
from ..reduced import difference, told
from ..settings import AgentSettings
from .calling import Calling, Record, unrecorded
from .candidate import Candidate, largest_first
from .fit import least_window
from .reply import Messages, Notice, Reply
from .retry import wait_s
from .takeover import Continuation, TakenOver, left

Reduce = Callable[[Candidate, int, DocmindError], Awaitable[Candidate | None]]
"""The same backend with less memory and a window of so many tokens at least, after this error; None: it cannot be."""
MakeRoom = Callable[[Backend], Awaitable[None]]
"""Lets go of other models before this one is loaded; never raises."""
ENDS_WITH_QUOTES = {Code.NO_ANSWER, Code.DEADLINE}
"""After these another model would begin anew, with no time or no steps left: the last resort finishes at once."""


async def unreduced(candidate: Candidate, least: int, error: DocmindError) -> Candidate | None:
    """A Reduce that has nothing to offer."""
    return None


class Route:
    """The backends of one question, in the order in which they are tried.

    `run` marks the notices, `attempts` is filled, `record` gets every call, `reduce` is asked where memory runs out.
    After `max_steps` calls of models, or at the deadline, only `quotes` is asked: a model that never comes to an end
    does not take the answer with it.
    """

    def __init__(
        self,
        run: str,
        chain: Sequence[Candidate],
        settings: AgentSettings,
        attempts: list[Attempt],
        record: Record = unrecorded,
        reduce: Reduce = unreduced,
        make_room: MakeRoom | None = None,
    ) -> None:
        self._run, self._chain, self._max_steps, self._record = run, list(chain), settings.max_steps, record
        self._reduce, self._make_room = reduce, make_room
        self._until = asyncio.get_running_loop().time() + settings.deadline
        self._steps = 0
        self._past: Sequence[Exchange] = ()
        self._left: str | None = None
        self._in_words, self._had_another_go = set[str](), set[str]()
        self.attempts = attempts
        self.usage = Usage()
        """Tokens of all calls, those that broke off included."""
        self.streamed_s = 0.0
        """Seconds between the first and the last piece of each call, added up."""
        self.cut = False
        """Whether the last reply ended only because max_tokens, or the window, was used up."""

    @property
    def backend(self) -> Backend:
        """The one in use: a backend that failed is not asked again for this question."""
        return self._chain[0].backend

    def remember(self, past: Sequence[Exchange]) -> None:
        """What was said before, oldest first; each call gets of it what its window has room for."""
        self._past = past

    def take_up(self, said: str) -> None:
        """The first reply goes on after what a former attempt has shown, where that is an answer; else it is redone."""
        self._left = said

    async def stream(
        self, messages: Messages, stop: Sequence[str], tools: Collection[str] = ()
    ) -> AsyncGenerator[Delta | Notice, None]:
        """One reply of the agent's LLM; `tools` are the names that mark a call. Raises DocmindError when none is left.

        After a TakenOver the reply begins anew, with what it keeps.
        """
        for switched in self._count_step():
            yield TakenOver(switched, "")
        reply, tries = Reply(messages, tools), 0
        if self._left is not None:
            reply.take_up(left(self._left, messages, tools))
            self._left = None
            yield TakenOver(None, reply.kept)
        while True:
            for switched in self._pass_over(continues=bool(reply.begun)):
                yield TakenOver(switched, reply.kept)
            calling = Calling(self._run, self._chain[0], self._record, self._until, reply.phase, self._past)
            try:
                async with aclosing(self._ask(calling, reply, stop)) as items:
                    async for item in items:
                        reply.take(item)
                        yield item
                self._finished(calling)
                return
            except DocmindError as error:
                if reply.is_whole_without(error):
                    self._finished(calling)
                    return
                tries += 1
                if await self._is_worth_another_try(calling, error, tries, reply):
                    continue
                reply.broke_off(error)
                if calling.begun:  # else the server has refused it, at no cost
                    self._count(calling)
                smaller = await self._make_smaller(error, reply)
                self._failed(error, calling.usage.completion_tokens, tries, smaller)
                self._give_another_go(calling, error)
                if error.code == Code.CONTEXT_OVERFLOW:
                    self._chain[1:] = largest_first(self._chain[1:], calling.window)
                yield TakenOver(self._next(error, bool(reply.begun), smaller), reply.kept)
                tries = 0
            finally:
                calling.over()

    async def _ask(self, calling: Calling, reply: Reply, stop: Sequence[str]) -> AsyncGenerator[Delta | Notice, None]:
        """The step, or what follows the beginning of its answer. Raises DocmindError."""
        if self.backend.cold:
            yield State(run=self._run, state="loading", detail=self.backend.name)
            if self._make_room:
                await self._make_room(self.backend)
        if reply.begun is None:
            async with aclosing(calling.stream(reply.messages, stop)) as items:
                async for item in items:
                    yield item
            return
        asked = self.backend.name in self._in_words or not await calling.can_continue()
        joining = Continuation(reply.begun, reply.tools, asked=asked)
        async with aclosing(calling.stream(reply.begun.messages(reply.messages, asked=asked), stop)) as items:
            async for item in items:
                if isinstance(item, Delta):
                    for piece in joining.feed(item.text):
                        yield Delta(text=piece, whole=item.whole) if isinstance(piece, str) else piece
                    if item.thinking or item.usage or (item.whole and not item.text):
                        yield msgspec.structs.replace(item, text="")
                else:
                    yield item
        for piece in joining.close():
            yield Delta(text=piece) if isinstance(piece, str) else piece
        if not (joining.added or reply.begun.may_end_here):
            message = f"{self.backend.name} did not go on with the answer."
            raise DocmindError(Code.INVALID_RESPONSE, message, "Use another profile as the next one.")

    def _pass_over(self, continues: bool) -> Iterator[Switched]:
        """Leaves out the backends whose breaker is open; the last one of the chain is asked in any case."""
        while not self._chain[0].breaker.admit() and len(self._chain) > 1:
            breaker = self._chain[0].breaker
            assert breaker.last  # why it opened
            left = f"It is left alone for {breaker.left_s:.0f} s more." if breaker.left_s else "It is being tried."
            error = DocmindError(breaker.last.code, f"{breaker.last.message} {left}", breaker.last.hint)
            self._failed(error)
            yield self._next(error, continues)

    async def _is_worth_another_try(self, calling: Calling, error: DocmindError, tries: int, reply: Reply) -> bool:
        """Waits, where the same backend shall be asked again."""
        if calling.begun:
            return False
        if reply.begun and error.code == Code.SERVER_ERROR and self.backend.name not in self._in_words:
            self._in_words.add(self.backend.name)  # it takes no beginning of an answer
            return True
        wait, now = wait_s(error, tries, random.random()), asyncio.get_running_loop().time()
        if wait is None or self._chain[0].breaker.state == "open" or now + wait >= self._until:
            return False
        await asyncio.sleep(wait)
        return True

    def _give_another_go(self, calling: Calling, error: DocmindError) -> None:
        """The last model is asked once more before there are only quotations left.

        When its connection broke in mid-reply, and when it now gets a shorter prompt than the one that was too long.
        """
        is_last_model = not any(candidate.is_model for candidate in self._chain[1:])
        broke = calling.begun and error.code in (Code.BROKEN, Code.CRASHED)
        shorter = error.code == Code.CONTEXT_OVERFLOW and calling.shrinks
        if (broke or shorter) and is_last_model and self.backend.name not in self._had_another_go:
            self._had_another_go.add(self.backend.name)
            self._chain.insert(0, self._chain[0])

    async def _make_smaller(self, error: DocmindError, reply: Reply) -> str:
        """Where memory ran out, the same backend comes next, with less of it. What is changed; '' where nothing is."""
        if error.code != Code.OUT_OF_MEMORY:
            return ""
        failed, least = self._chain[0], least_window(reply.to_send)
        smaller = await self._reduce(failed, least, error)
        if smaller is None:
            failed.breaker.open(error)
            return ""
        self._chain.insert(1, smaller)
        return told(difference(failed.backend.profile, smaller.backend.profile))

    def _count(self, calling: Calling) -> None:
        """Adds what a call has cost, whether or not it was whole."""
        self.streamed_s += calling.streamed_s
        self.usage += calling.usage

    def _finished(self, calling: Calling) -> None:
        self._count(calling)
        self.cut = calling.cut
        self._note(Attempt(profile=self.backend.name, ok=True, tokens=calling.usage.completion_tokens))

    def _failed(self, error: DocmindError, tokens: int = 0, tries: int = 1, smaller: str = "") -> None:
        reason = f"{error.message} ({tries} tries)" if tries > 1 else error.message
        reason += f" Tried again with {smaller}." if smaller else ""
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

    def _next(self, error: DocmindError, continues: bool = False, smaller: str = "") -> Switched:
        """Moves on to the next backend. Raises DocmindError when there is none."""
        if len(self._chain) == 1:
            if error.code in ENDS_WITH_QUOTES:
                raise error
            reasons = " ".join(attempt.reason for attempt in self.attempts if not attempt.ok)
            raise DocmindError(Code.ALL_FAILED, f"Every backend failed. {reasons}", error.hint)
        if error.code in ENDS_WITH_QUOTES:
            self._chain[1:-1] = []
        failed, new = self._chain.pop(0).name, self.backend.name
        why = {"code": error.code, "reason": error.message, "hint": error.hint}
        return Switched(run=self._run, old=failed, new=new, continues=continues, smaller=smaller, **why)
