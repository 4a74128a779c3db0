"""What one client has opened: its settings, its folders and their index. Answers its questions."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .chats.live_turn import Exchange
from .checking import check, order, unchecked, with_breaker
from .documents import Documents
from .errors import Code, DocmindError
from .library.index import Library
from .library.rarity import rarity
from .library.store import library_file
from .looking import Looker
from .protocol import (
    Answered,
    AnyEvent,
    AnyRunEvent,
    Ask,
    Check,
    Checked,
    Continue,
    Failed,
    KeptTurn,
    Look,
    Observe,
    Open,
    Planned,
    Profiles,
    RolledBack,
    State,
    Switched,
    Warm,
)
from .quiet_work import QuietWork
from .record.stats import summary
from .records import Attempt, Call, ProfileState
from .resuming import unfinished
from .routing.candidate import Candidate
from .routing.chain import QUOTES, plan, profiles
from .routing.ladder import Ladder
from .settings import Profile
from .tending import Tending

if TYPE_CHECKING:
    from .engine import Engine

log = logging.getLogger(__name__)
GRACE_S = 10.0
"""For what follows the last model: `quotes` and the check of citations take some ms."""
Tell = Callable[[AnyEvent], None]
TellRun = Callable[[AnyRunEvent], None]


class Workspace:
    """Makes events of commands; `tell` takes them. Raises DocmindError (NO_FOLDER) for folders that do not exist."""

    def __init__(self, engine: "Engine", opened: Open, tell: Tell) -> None:
        self._engine, self._settings, self._keys, self._tell = engine, opened.settings, opened.keys, tell
        self.roots, self.saves_chats = opened.roots, opened.settings.chats.save
        self._roots = [Path(os.fsdecode(root)) for root in opened.roots]
        file = library_file(engine.data_dir, self._roots)
        self._library = Library(file)
        self._looker = Looker(self._library, opened.settings.library, self._roots)
        self.quiet_work = QuietWork(opened.settings.chats, self._known, self._lent, engine.agent, engine.record.add)
        self._tending = Tending(engine.pool, self._lent, tell)
        self._documents = Documents(self._roots, file, self._library, opened.settings.library, tell)
        self._holders = 1
        self._answering, self._looking = asyncio.Lock(), asyncio.Lock()
        self._first = ""  # the profile that the last question went to first
        if opened.settings.hardware.when_hot != "notice":
            engine.cooling.begin()
        engine.idle_s = 60 * opened.settings.engine.idle_minutes
        engine.idle_work.wait_s = opened.settings.engine.quiet_seconds

    async def update(self) -> None:
        """Brings the index up to date, and says how it is."""
        with _failures_told("", self._tell):
            await self._documents.update()

    async def ask(self, ask: Ask | Continue, turn: KeptTurn, past: Sequence[Exchange], tell: TellRun) -> None:
        """Answers a question that came after `past`, or goes on with the turn that a former attempt has left.

        `tell` gets its events, of which Answered or Failed is last.
        """
        attempts: list[Attempt] = []
        with _failures_told(ask.run, tell, attempts):
            async with self._answering:
                tell(State(run=ask.run, state="indexing"))
                await self._documents.update()
                await self._answer(ask, turn, past, tell, attempts)

    async def look(self, command: Look) -> None:
        """Shows a passage where it stands, also while a question is answered. One at a time: it needs one thread."""
        with _failures_told("", self._tell):
            async with self._looking:
                self._tell(await asyncio.to_thread(self._looker.look, command))

    async def check(self, command: Check) -> None:
        """Says how the profiles are; nothing else waits for that."""
        with _failures_told("", self._tell):
            own, reductions = await self._own(), self._engine.reductions
            known = await asyncio.to_thread(reductions.applied, own)
            names = order(known, plan(self._settings, known, None, True).names, command.profiles)
            states = [self._unchecked(name, known[name], reductions.told(name, own[name])) for name in names]
            self._tell(Profiles(profiles=states))
            await self._engine.agent()  # before the backends: two threads must not import LlamaIndex at once
            async with self._engine.pool.chain(names, known, self._keys, partial(rarity, self._library)) as candidates:
                await check(states, [one.backend for one in candidates], partial(self._tell_checked, candidates))

    def _unchecked(self, name: str, profile: Profile, reduced: str = "") -> ProfileState:
        return unchecked(name, profile, self._engine.speeds, reduced, self._engine.loads.expected(name))

    async def observe(self, command: Observe) -> None:
        """Says what the server of a profile does; nothing else waits for that."""
        await self._tending.observe(command.profile)

    async def warm(self, command: Warm) -> None:
        """Loads a model before it is asked."""
        if profile := (await self._known()).get(command.profile):
            await self._tending.warm(self._unchecked(command.profile, profile), self._answering)

    @contextlib.asynccontextmanager
    async def _lent(self, name: str) -> AsyncIterator[Candidate]:
        """The backend of one profile. Raises DocmindError (CONFIG)."""
        known = await self._known()
        await self._engine.agent()  # before the backends: two threads must not import LlamaIndex at once
        async with self._engine.pool.chain(
            order(known, [], [name]), known, self._keys, partial(rarity, self._library)
        ) as (candidate,):
            yield candidate

    def _tell_checked(self, candidates: Sequence[Candidate], event: AnyEvent) -> None:
        """With the state of the breaker, which hears what was found."""
        assert isinstance(event, Checked)
        breaker = next(one.breaker for one in candidates if one.name == event.profile.name)
        found = self._tending.as_it_is(event.profile)
        breaker.probed(found.state != "down")
        self._tell(Checked(profile=with_breaker(found, breaker)))
        if found.state == "down" and found.name == self._first and self._settings.rollback.health:
            self._roll_back("", self._tell, [one.name for one in candidates], found.reason)

    async def _own(self) -> dict[str, Profile]:
        """The profiles as they are set."""
        return profiles(self._settings, {} if self._settings.profiles else await self._engine.discovered())

    async def _known(self) -> dict[str, Profile]:
        """The profiles as they are used, with what they gave up for lack of memory."""
        return await asyncio.to_thread(self._engine.reductions.applied, await self._own())

    async def _planned(
        self, ask: Ask | Continue, known: Mapping[str, Profile], tell: TellRun, attempts: list[Attempt]
    ) -> list[str]:
        """The profiles to ask, in their order, once no heat is in the way."""
        names, rule = plan(self._settings, known, ask.profile, ask.fallback, ask.banned)
        tell(Planned(run=ask.run, rule=rule, chain=names, banned=ask.banned))
        when_hot = self._settings.hardware.when_hot
        way = await self._engine.cooling.way(
            names, known, when_hot, lambda heat: tell(State(run=ask.run, state="cooling", detail=heat))
        )
        if way.past:
            attempts.append(Attempt(profile=names[0], ok=False, code=Code.HOT, reason=way.past))
            tell(Switched(run=ask.run, old=names[0], new=way.names[0], code=Code.HOT, reason=way.past))
        return way.names

    async def _answer(
        self, ask: Ask | Continue, turn: KeptTurn, past: Sequence[Exchange], tell: TellRun, attempts: list[Attempt]
    ) -> None:
        own, reductions = await self._own(), self._engine.reductions
        known = await asyncio.to_thread(reductions.applied, own)
        names = await self._planned(ask, known, tell, attempts)
        async with self._deadline(), contextlib.AsyncExitStack() as lent:
            if not self._engine.started:
                tell(State(run=ask.run, state="starting"))
            agent = await self._engine.agent()  # before the backends: two threads must not import LlamaIndex at once
            conversation = agent.Conversation(self._settings.agent, self._library)
            pool = self._engine.pool

            async def lend(names: Sequence[str], profiles: Mapping[str, Profile]) -> list[Candidate]:
                chain = pool.chain(names, profiles, self._keys, partial(rarity, self._library))
                return await lent.enter_async_context(chain)

            candidates = await lend(names, known)
            await pool.probe(candidates)
            ladder = Ladder(lend, reductions, own)
            route = agent.Route(
                ask.run, candidates, self._settings.agent, attempts, self._record, ladder.down, pool.make_room
            )
            before = unfinished(turn.events)
            async with contextlib.aclosing(conversation.ask(ask.run, turn.question, route, past, before)) as events:
                async for event in events:
                    if isinstance(event, Answered):
                        self._answered(ask, tell, names, event)
                    tell(event)

    def _record(self, call: Call) -> None:
        self._engine.history.note(call)
        self._engine.record.add(call)
        if speed := summary(call.profile, [call]).tokens_per_s:
            self._engine.speeds[call.profile] = speed

    def _answered(self, ask: Ask | Continue, tell: TellRun, names: Sequence[str], event: Answered) -> None:
        """Notes how well it went; tells when the first choice had better be another profile, but never `quotes`."""
        self._first = names[0]
        why = self._engine.history.verdict(names[0], self._settings.rollback)
        if why and ask.fallback:
            self._roll_back(ask.run, tell, names, why)
        elif event.profile == names[0] != QUOTES:
            self._engine.history.did_well(names[0])

    def _roll_back(self, run: str, tell: TellRun, names: Collection[str], why: str) -> None:
        history = self._engine.history
        if better := history.better_than(self._first, names, self._settings.rollback):
            tell(RolledBack(run=run, old=self._first, new=better, reason=why))
            history.forget(self._first)

    @contextlib.asynccontextmanager
    async def _deadline(self) -> AsyncIterator[None]:
        """Raises DocmindError when the question takes too long; the route ends models before that."""
        seconds = self._settings.agent.deadline + GRACE_S
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            hint = "Raise agent.deadline in the settings, or use a faster profile."
            raise DocmindError(Code.DEADLINE, f"There was no complete answer after {seconds:g} s.", hint) from None

    def hold_for(self, task: asyncio.Task[None]) -> None:
        """Stays open until the task is done, whoever closes it before."""
        self._holders += 1
        task.add_done_callback(lambda _: self.close())

    def close(self) -> None:
        """Lets go of the index, once nobody needs it any more."""
        self._holders -= 1
        if not self._holders:
            self._library.close()


@contextlib.contextmanager
def _failures_told(run: str, tell: TellRun, attempts: Sequence[Attempt] = ()) -> Iterator[None]:
    try:
        yield
    except DocmindError as error:
        tell(Failed(run=run, code=error.code, message=error.message, hint=error.hint, attempts=list(attempts)))
