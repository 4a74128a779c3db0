"""What a model does for a chat while nothing is asked: its title, and a summary of its older part."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import ModuleType

from .chats.idle import IdleWork
from .chats.live import LiveChat
from .errors import DocmindError
from .routing.calling import Record
from .routing.candidate import Candidate
from .routing.chain import is_local_model
from .settings import ChatSettings, Profile
from .tending import Lent


class QuietWork:
    """With one client's settings. Only the model that answered last is asked, if it is on this machine and loaded.

    `known` gives the profiles, `lent` their open backends, `agent` the heavy half of the engine.
    """

    def __init__(
        self,
        settings: ChatSettings,
        known: Callable[[], Awaitable[Mapping[str, Profile]]],
        lent: Lent,
        agent: Callable[[], Awaitable[ModuleType]],
        record: Record,
    ) -> None:
        self._settings, self._known, self._lent, self._agent, self._record = settings, known, lent, agent, record

    def offer(self, chat: LiveChat, idle_work: IdleWork) -> None:
        """Asks for it, after an answer."""
        if self._settings.titles:
            idle_work.offer(f"title {chat.info.id}", partial(self.entitle, chat))
        if self._settings.summaries:
            idle_work.offer(f"sum up {chat.info.id}", partial(self.summarise, chat))

    async def entitle(self, chat: LiveChat) -> None:
        """Gives a chat its title, unless it has one."""
        exchange = chat.untitled

        async def ask(agent: ModuleType, candidate: Candidate) -> None:
            assert exchange
            if title := await agent.title(candidate, exchange.question, exchange.said):
                chat.entitle(title)

        if exchange:
            await self._with_model_of(chat, ask)

    async def summarise(self, chat: LiveChat) -> None:
        """Sums up what prompts have no room for."""

        async def ask(agent: ModuleType, candidate: Candidate) -> None:
            await agent.summarise(candidate, chat, self._record)

        await self._with_model_of(chat, ask)

    async def _with_model_of(self, chat: LiveChat, ask: Callable[[ModuleType, Candidate], Awaitable[None]]) -> None:
        """Nobody waits for it: what fails is tried after the next answer."""
        profile = (await self._known()).get(chat.info.profile)
        if profile and is_local_model(profile):
            with contextlib.suppress(DocmindError):
                async with self._lent(chat.info.profile) as candidate:
                    if not candidate.backend.cold and candidate.breaker.state == "closed":
                        await ask(await self._agent(), candidate)
