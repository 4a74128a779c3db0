"""Settings: typed, passed in, never a singleton. Defaults < config file < environment (DOCMIND_*) < flags."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

WhenHot = Literal["notice", "wait", "next"]
KvType = Literal["f16", "q8_0", "q4_0"]
Kind = Literal["quotes", "llamacpp", "ollama", "openai", "hosted"]
_MOST = sys.float_info.max  # so neither inf nor nan
_WHOLE = sys.maxsize
Amount = Annotated[float, msgspec.Meta(gt=0, le=_MOST)]
"""Seconds, MiB: a number above 0."""
Count = Annotated[int, msgspec.Meta(gt=0, le=sys.maxsize)]
"""A whole number above 0."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of one call of a backend, in seconds."""

    connect: Amount = 2.0
    """Until the connection stands."""
    first_token: Amount = 20.0
    """From sending the prompt to the first token."""
    loading: Amount = 120.0
    """Replaces `first_token` while the server says that it is loading the model."""
    stall: Amount = 15.0
    """Longest silence between two tokens."""
    total: Amount = 300.0
    """The whole call."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to get answers: a kind of backend, where it is, and which model."""

    kind: Kind
    """`quotes` needs nothing; `llamacpp` runs a GGUF file, `hosted` a class; `ollama` and `openai` talk to a server."""
    url: str = ""
    """Base URL of the server; a path prefix is kept. Kinds `ollama` and `openai`."""
    model: str = ""
    """The model's name at the server; empty: the first one that the server lists."""
    models: list[str] = []
    """Further models of the same server, tried in turn when `model` fails; the profile `NAME/MODEL` each."""
    path: str = ""
    """The GGUF file; `~` is the home folder, a relative path begins at the settings file. Kind `llamacpp`."""
    class_: str = msgspec.field(default="", name="class")
    """Dotted name of a LlamaIndex LLM class; `options` are its arguments. Kind `hosted`."""
    context: Count | None = None
    """Context window in tokens; default: what the server says, at most 8192."""
    max_tokens: Count = 2048
    """Longest answer of one call, in tokens."""
    gpu_layers: Annotated[int, msgspec.Meta(ge=-1)] | Literal["auto"] = "auto"
    """Layers on the GPU; `auto` means as many as fit, -1 all. Kind `llamacpp`."""
    kv_cache: KvType = "f16"
    """Type of the KV cache. Kind `llamacpp`."""
    threads: Count | None = None
    """CPU threads; default: llama.cpp's own choice. Kind `llamacpp`."""
    keep_alive: Amount | None = None
    """Minutes for which a model stays loaded when nobody asks it; default: with `ollama` what the server does, else for
    as long as docmind's background process runs. Kinds `ollama`, `llamacpp` and `hosted`."""
    priority: int = 0
    """Higher comes first in the default fallback chain."""
    api_key_env: str = ""
    """Name of the environment variable that holds the API key."""
    allow_remote: bool = False
    """Must be true for a server that is not on this machine."""
    timeouts: Timeouts = Timeouts()
    """Limits in seconds."""
    options: dict[str, Any] = {}
    """Handed to the engine as they are, for example `temperature`."""


def models_of(name: str, profile: Profile) -> Iterator[tuple[str, str]]:
    """Name and model of a profile, then of those that its further models make."""
    yield name, profile.model
    yield from ((f"{name}/{model}", model) for model in profile.models)


class LibrarySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How documents are read."""

    max_file_mb: Amount = 64.0
    """Larger files are left out, in MiB."""
    file_timeout: Amount = 30.0
    """Longest time to read one file, in seconds."""
    file_memory_mb: Count = 2048
    """Most memory that reading one file may take, in MiB."""
    chunk_chars: Count = 1800
    """Longest chunk, in characters; about 500 tokens. On Cranfield 1,800 finds more than 1,200 or 2,400."""


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a question is worked on."""

    max_steps: Count = 8
    """Most model calls for one question; after them `quotes` finishes the answer."""
    deadline: Amount = 600.0
    """Longest time for one question, in seconds."""
    passages: Count = 8
    """Most passages that one search shows to the model."""


class RollbackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a profile is left for the one before it. 0 turns a trigger off."""

    errors: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05
    """Share of failed calls above which it is left."""
    first_token: Annotated[float, msgspec.Meta(ge=0, le=_MOST)] = 5.0
    """Time to the first token, in seconds, that 5 % of the calls may exceed."""
    timeouts: Annotated[int, msgspec.Meta(ge=0, le=_WHOLE)] = 3
    """So many timeouts in a row."""
    health: bool = True
    """A health check that fails."""
    window: Amount = 300.0
    """How far back calls count, in seconds."""
    min_calls: Count = 5
    """Fewer calls than these say nothing about shares and times."""


class HardwareSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The graphics cards of this machine. docmind never changes anything about them."""

    when_hot: WhenHot = "notice"
    """What a question for a card that is too hot does: it is asked, it waits, or the next profile elsewhere answers."""


class EngineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The background process that answers."""

    warm_up: bool = True
    """Whether a model is loaded as soon as its profile is chosen on the screen, and not with the first question."""

    idle_minutes: Annotated[float, msgspec.Meta(ge=0, le=_MOST)] = 10.0
    """The engine ends when it has had neither client nor work for so long."""
    quiet_seconds: Annotated[float, msgspec.Meta(ge=0, le=_MOST)] = 5.0
    """Nothing has been asked for so long before a model does what nobody waits for, such as summaries."""


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of the chats."""

    save: bool = True
    """Questions and answers are written to the data folder while they happen."""
    summaries: bool = True
    """While nothing is asked, the model sums up what a long chat's prompts have no room for; only on this machine."""
    titles: bool = True
    """A local model that has answered gives a kept chat its title, when nothing is asked for some seconds."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of docmind's settings."""

    theme: str = "docmind-dark"
    """Palette of the screen."""
    profile: str | None = None
    """The profile in use; default: the best that is alive, else `quotes`."""
    fallback: list[str] | None = None
    """Profiles to try in turn; default: every local one by priority. `quotes` is always the last."""
    profiles: dict[str, Profile] = {}
    """The profiles by name."""
    keys: dict[str, str] = {}
    """Keys of the screen's commands: command -> key, several separated by commas; the help screen (F1) names them."""
    library: LibrarySettings = LibrarySettings()
    """How documents are read."""
    agent: AgentSettings = AgentSettings()
    """How a question is worked on."""
    rollback: RollbackSettings = RollbackSettings()
    """When a profile is left for the one before it."""
    hardware: HardwareSettings = HardwareSettings()
    """The graphics cards of this machine."""
    chats: ChatSettings = ChatSettings()
    """What is kept of the chats."""
    engine: EngineSettings = EngineSettings()
    """The background process that answers."""
