"""`docmind profiles`: the profiles, where each setting comes from, and which of them a running engine leaves alone.

Starts no engine, and loads no model and no LlamaIndex; only with --json it asks the servers how they are.
"""

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docmind.agents.errors import DocmindError
from docmind.agents.text import one_line

from .arguments import Subparsers, load_settings
from .health import check_all
from .terminal import BOLD, DIM, notice, say, say_json

if TYPE_CHECKING:
    from docmind.agents.configuration import Loaded
    from docmind.agents.records import ProfileState
    from docmind.agents.settings import Profile
    from docmind.agents.views import Load

_EXAMPLE = """\
[profiles.fast]
kind = "llamacpp"
path = "~/models/llama-3.2-3b-instruct-q8_0.gguf"
"""
_HEALTH = ("state", "level", "took_ms", "model", "context", "code", "reason", "hint", "fit", "loaded")
_SECRET = re.compile(r"key|secret|password|authorization", re.IGNORECASE)
_TOKEN = re.compile(r"token(?!iz)", re.IGNORECASE)
"""A secret where it is text; a number counts tokens or names one, as in max_new_tokens."""


def add_parsers(commands: Subparsers) -> None:
    """Add the command `profiles`."""
    parser = commands.add_parser("profiles", help="list the profiles: which model answers, and where it runs")
    parser.add_argument("--json", action="store_true", help="print every setting, its origin and each profile's health")
    parser.add_argument("--restore", metavar="NAME", help="give this profile back what it lost as memory ran out")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the profiles. Raises DocmindError when the settings are wrong."""
    from docmind.agents.settings import Profile

    loaded = load_settings(args)
    if args.restore is not None:
        return _restore(args.restore, loaded, json=args.json)
    profiles = {**loaded.settings.profiles, "quotes": Profile(kind="quotes")}
    states = _states(loaded, profiles)
    if args.json:
        say_json(_everything(loaded, profiles, states))
    else:
        _print_table(loaded, profiles, states)
    return 0


def _restore(name: str, loaded: "Loaded", *, json: bool) -> int:
    """Raises DocmindError (CONFIG, DISK)."""
    from docmind.agents.errors import Code
    from docmind.agents.reduced import Reductions
    from docmind.agents.text import one_line

    restored = Reductions(loaded.data_dir).forget(name)
    if not restored and loaded.settings.profiles and name not in loaded.settings.profiles:
        known = ", ".join(map(one_line, loaded.settings.profiles))
        raise DocmindError(Code.CONFIG, f"There is no profile '{one_line(name)}'.", f"Known profiles: {known}.")
    if json:
        say_json({"restored": restored})
    else:
        say(f"{one_line(name)} has its own settings {'again, from the next question on' if restored else 'already'}.")
    return 0


def _states(loaded: "Loaded", profiles: "dict[str, Profile]") -> "dict[str, ProfileState]":
    """With the breakers that a running engine knows."""
    from docmind.agents.endpoint import socket_file
    from docmind.agents.records import ProfileState

    states = {name: ProfileState(name=name, kind=profile.kind) for name, profile in profiles.items()}
    try:
        if os.path.exists(loaded.data_dir) and socket_file(loaded.data_dir).exists():
            import asyncio

            states |= asyncio.run(_told_by_engine(loaded, profiles))
    except DocmindError:  # it has just ended, or there is no place for its socket: then it knows no breakers either
        pass
    return states


async def _told_by_engine(loaded: "Loaded", profiles: "dict[str, Profile]") -> "dict[str, ProfileState]":
    import contextlib

    from docmind.agents.client import reach
    from docmind.agents.configuration import api_keys
    from docmind.agents.protocol import Breakers, Profiles

    client = await reach(loaded.data_dir)
    if client is None:
        return {}
    async with contextlib.aclosing(client):
        client.send(Breakers(profiles=profiles, keys=api_keys(loaded.settings, os.environ)))
        while not isinstance(event := await client.receive(), Profiles):
            pass
    return {state.name: state for state in event.profiles}


def _everything(loaded: "Loaded", profiles: "dict[str, Profile]", states: "dict[str, ProfileState]") -> dict[str, Any]:
    import msgspec

    from docmind.agents.record.loads import expected, last, loads_file, read
    from docmind.agents.reduced import Reductions

    reductions = Reductions(loaded.data_dir)
    settings = msgspec.to_builtins(msgspec.structs.replace(loaded.settings, profiles=profiles))
    health = {name: {key: state[key] for key in _HEALTH} for name, state in check_all(loaded, profiles).items()}
    loads = read(loads_file(loaded.data_dir))
    for name, profile in settings["profiles"].items():
        profile["last_load"], profile["loads_in_s"] = _load(last(loads, name)), expected(loads, name)
        profile["problem"], profile["health"] = _problem(name, profiles[name]), health[name]
        profile |= {field: getattr(states[name], field) for field in ("breaker", "next_try_s", "opened_by")}
        reduced = reductions.of(name, profiles[name])
        profile["reduced"] = reduced and {"change": reduced.change, "why": reduced.why, "at": reduced.at}
        profile["options"] = _without_secrets(profile["options"])
    places = {"config": str(loaded.config), "data_dir": str(loaded.data_dir)}
    return {**settings, **places, "origins": {"profiles.quotes.kind": "default", **loaded.origins}}


def _load(load: "Load | None") -> "dict[str, Any] | None":
    """As the object that --json prints."""
    if load is None:
        return None
    return {field: getattr(load, field) for field in load.__struct_fields__ if field != "profile"}


def _without_secrets(options: dict[str, Any]) -> dict[str, Any]:
    """Also those of the tables inside."""
    shown = {key: _without_secrets(value) if isinstance(value, dict) else value for key, value in options.items()}
    return {key: "[hidden]" if _is_secret(key, value) else value for key, value in shown.items()}


def _is_secret(name: str, value: Any) -> bool:
    numbers = all(isinstance(one, int | float) for one in (value if isinstance(value, list) else [value]))
    return bool(_SECRET.search(name) or (_TOKEN.search(name) and not numbers))


def _print_table(loaded: "Loaded", profiles: "dict[str, Profile]", states: "dict[str, ProfileState]") -> None:
    from docmind.agents.record.loads import last, loads_file, read
    from docmind.agents.reduced import Reductions

    from .server_told import load_told
    from .telling import breaker_told

    reductions, loads = Reductions(loaded.data_dir), read(loads_file(loaded.data_dir))
    rows = [("profile", "kind", "model", "where")]
    rows += [(name, p.kind, p.model, p.url or p.path or p.class_ or "built in") for name, p in profiles.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        mark = "*" if row[0] == loaded.settings.profile else " "
        line = "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True))
        say(f"{mark} {line}".rstrip(), DIM if row is rows[0] else BOLD if mark == "*" else "")
        if row is not rows[0] and (problem := _problem(row[0], profiles[row[0]])):
            say(f"    cannot answer: {problem}")
        if row is not rows[0] and (told := breaker_told(states[row[0]])):
            say(f"    {told}")
        if row is not rows[0] and (less := reductions.told(row[0], profiles[row[0]])):
            say(f"    memory ran out: {less}; --restore {row[0]} takes it back")
        if row is not rows[0] and (load := last(loads, row[0])):
            say(f"    last loaded in {load_told(load)}")
    if not loaded.settings.profiles:
        _explain(loaded.config)
    else:
        notice(f"\nSettings: {loaded.config}", DIM)


def _problem(name: str, profile: "Profile") -> str:
    """Why this profile cannot answer, as far as that is known without a connection; empty when it may."""
    from docmind.agents.backends.hosted_checks import check_options
    from docmind.agents.backends.hosts import check_url

    path = Path(profile.path).expanduser()
    try:
        if profile.kind == "llamacpp" and not path.is_file():
            return f"There is no file {path}."
    except OSError as error:
        return f"Cannot read {one_line(str(path), 500)}: {error.strerror}."
    try:
        if profile.url:
            check_url(name, profile)
        check_options(name, profile)
    except DocmindError as error:
        return f"{error.message} {error.hint}"
    return ""


def _explain(config: Path) -> None:
    """How to get an answer from a model while no profile is set up."""
    notice("\nNo profile is set up. docmind asks a model server that it finds running on this machine (Ollama, LM", DIM)
    notice("Studio, vLLM, llama-server, llamafile); where there is none, it quotes the documents.", DIM)
    missing = "" if config.exists() else " (not there yet)"
    notice(f"\nTo add a profile, write for example this into {config}{missing}:\n\n{_EXAMPLE}", DIM)
