"""The contract of a backend, and the one place where its stream is read, checked and timed.

A kind is a subclass with class attributes and a few methods; `open_backend` finds it in the literal table KINDS.
The rest of docmind sees `Backend.stream`: text and thinking apart, usage at the end, errors as DocmindError.
"""

import functools
import gc
import importlib
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from ..errors import DocmindError
from ..records import Usage, Verdict
from ..settings import Kind, Profile
from ..views import Load, View

if TYPE_CHECKING:
    from llama_index.core.llms import ChatMessage

# Kind -> "module:class", imported when first used: openai alone costs a second.
KINDS = {
    "quotes": "quotes:Quotes",
    "llamacpp": "llamacpp:LlamaCpp",
    "ollama": "ollama:Ollama",
    "openai": "openai:OpenAI",
    "hosted": "hosted:Hosted",
}

# The same for what looks at a profile without LlamaIndex, which takes seconds to import; else the backend does.
LOOKS = {
    "llamacpp": "gguf:GgufFile",
    "ollama": "ollama_server:OllamaServer",
    "openai": "openai_server:OpenAIServer",
    "hosted": "hosted_checks:HostedClass",
}

Rarity = Callable[[Sequence[str]], dict[str, float]]
"""Stems -> inverse document frequency in the opened library."""
NoteLoad = Callable[[Load], None]
"""Hears of every model that was loaded; must return at once."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """What a cheap probe found."""

    state: Literal["ready", "loading", "down"]
    detail: str = ""
    code: str = ""
    """Error code when down."""
    hint: str = ""
    """What to do about it."""


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a stream."""

    text: str = ""
    thinking: str = ""
    usage: Usage | None = None
    """On the last delta only."""
    whole: bool = False
    """The server cannot stream: its whole answer came at once; without text: it will."""
    loading: bool = False
    """Without text: the server has said that it is still loading its model."""
    cut: bool = False
    """On the last delta: the server ended the text because max_tokens, or its window, was used up."""


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a backend allows beyond a plain chat, as far as that is known."""

    continues: bool = False
    """Whether it goes on with an answer of which it is given the beginning."""
    native_tools: bool = False
    """Whether the server understands tool definitions as it is usually started."""


class Checkable(ABC):
    """What can be said of a profile without asking its model. Making one opens no socket and loads no model."""

    kind: ClassVar[str]
    local: ClassVar[bool] = False
    """True when it needs no server: its health is known without a probe."""
    own: ClassVar[bool] = False
    """Whether the model runs in a process of docmind's own: then only loading it tells its window."""

    def __init__(self, name: str, profile: Profile, key: str = "", rarity: Rarity | None = None) -> None:
        self.name, self.profile, self.key, self.rarity = name, profile, key, rarity
        self.note_load: NoteLoad = lambda load: None

    @property
    def cold(self) -> bool:
        """Whether the next call has to load the model first, as far as that is known without asking."""
        return False

    async def alive(self) -> None:  # noqa: B027  (kinds without a server are there)
        """Raises DocmindError where nothing accepts a connection."""

    @abstractmethod
    async def health(self) -> Health:
        """A cheap probe; never raises."""

    @abstractmethod
    async def models(self) -> list[str]:
        """Names of the models that can be asked for. Raises DocmindError."""

    @abstractmethod
    async def model(self) -> str:
        """The model in use: the profile's, else the first that the server lists. Raises DocmindError."""

    async def lists_model(self) -> bool:
        """Whether the server offers the profile's model, where it would say so. Raises DocmindError."""
        return True

    @abstractmethod
    async def context(self) -> int:
        """Context window in tokens: the profile's, else the server's (at most 8192). Raises DocmindError."""

    @property
    def window(self) -> int:
        """Context window in tokens, as far as it is known without asking; 0: it is not."""
        return self.profile.context or 0

    async def fit(self) -> Verdict | None:
        """Whether the model would fit if it were loaded now, where that is known cheaply. Raises DocmindError."""
        return None

    async def view(self) -> View:
        """What the server tells of its models and its work, in a few ms; never raises, and loads nothing."""
        return View(profile=self.name)

    async def aclose(self) -> None:  # noqa: B027  (most kinds with nothing to close need not say so)
        """Let go of connections and child processes."""


class Backend(Checkable):
    """One profile, made usable."""

    density = 1.0
    """Tokens that its model makes of one that is estimated; learnt from what its server counts, and never less."""

    async def usable_context(self) -> int:
        """Context window in tokens as they are estimated here. Raises DocmindError."""
        return int(await self.context() / self.density)

    @property
    def busy(self) -> bool:
        """Whether it is being asked."""
        return False

    @property
    def holds_memory(self) -> bool:
        """Whether its model is loaded on this machine and `unload` would free that memory, as far as is known."""
        return False

    @property
    def warms_up(self) -> bool:
        """Whether `load` does anything, and costs nobody money."""
        return False

    async def load(self) -> None:
        """Have the model loaded before it is asked. Raises DocmindError."""

    async def unload(self) -> None:
        """Have the model let go, unless it is being asked; it is loaded again by the next call. Never raises."""

    async def abilities(self) -> Abilities:
        """What it allows. Raises DocmindError."""
        return Abilities()

    async def smaller(self, least: int, error: DocmindError) -> Profile | None:
        """The profile made to need less memory, by one step; None: there is none that would help. Raises DocmindError.

        `least`: tokens that its window must keep; `error`: which memory was too small. What it still holds is let go.
        """
        return None

    @abstractmethod
    def stream(self, messages: "Sequence[ChatMessage]", stop: Sequence[str] = ()) -> AsyncGenerator[Delta, None]:
        """The answer to `messages`; leaving it early frees the server. Raises DocmindError, before or after text.

        Where the last message is the assistant's, a backend that `continues` goes on with it and gives what follows.
        """


def _load(place: str) -> Any:
    module, name = place.split(":")
    return getattr(importlib.import_module(f".{module}", __package__), name)


def look_at(name: str, profile: Profile, key: str = "") -> Checkable:
    """What can tell how a profile is, without LlamaIndex where that is possible."""
    found: type[Checkable] = _load(LOOKS.get(profile.kind) or KINDS[profile.kind])
    return found(name, profile, key)


@functools.cache
def backend_class(kind: Kind) -> type[Backend]:
    """The class of a kind; imports its module when first needed, which takes seconds."""
    found: type[Backend] = _load(KINDS[kind])
    gc.freeze()  # LlamaIndex and openai are 260,000 objects: each full collection held the event loop for 0.2 s
    return found


def open_backend(name: str, profile: Profile, key: str = "", rarity: Rarity | None = None) -> Backend:
    """The backend of a profile."""
    return backend_class(profile.kind)(name, profile, key, rarity)
