"""`docmind doctor`: looks at hardware, engines, profiles, terminal, settings and data, and says what to do."""

import argparse
import contextlib
import os
from typing import TYPE_CHECKING, Any

from docmind.agents.errors import DocmindError

from .arguments import Subparsers, data_dir, load_settings
from .terminal import BOLD, DIM, say, say_json

if TYPE_CHECKING:
    from docmind.agents.configuration import Loaded
    from docmind.agents.doctor.findings import Finding
    from docmind.agents.doctor.recommendation import Recommendation
    from docmind.agents.doctor.servers import Engine
    from docmind.agents.hardware.gpu import Reading
    from docmind.agents.settings import Profile

_SIGNS = {"ok": " ", "note": "-", "problem": "!"}


def add_parsers(commands: Subparsers) -> None:
    """Add the command `doctor`."""
    parser = commands.add_parser("doctor", help="look at hardware, engines, profiles and settings; say what to do")
    parser.add_argument("--json", action="store_true", help="print findings and a recommendation as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found. Returns 1 where there is a problem."""
    from docmind.agents.doctor import servers
    from docmind.agents.doctor.hardware import environment, hardware
    from docmind.agents.doctor.libraries import libraries
    from docmind.agents.doctor.packages import packages, versions
    from docmind.agents.doctor.places import places
    from docmind.agents.hardware.all_gpus import AllGpus, read_in_time
    from docmind.agents.hardware.machine import read_machine
    from docmind.agents.settings import LibrarySettings

    from .terminal_checks import terminal

    reading, machine, installed = read_in_time(AllGpus()), read_machine(0.1), versions()
    running = _running()
    loaded, settings = _settings(args)
    engines = _engines(loaded, running)
    profiles = _profiles(loaded, running)
    found = [
        *hardware(reading, machine),
        *environment(os.environ, reading),
        *packages(installed, reading),
        *servers.servers(engines, bool(reading.gpus)),
        settings,
        *profiles,
        *libraries(data_dir(args), loaded.settings.library if loaded else LibrarySettings()),
        *places(data_dir(args)),
        *terminal(),
    ]
    advice = _advice(reading, machine.memory_total, profiles)
    if args.json:
        from .gpu import as_json, our_processes

        told = as_json(reading, machine, our_processes(data_dir(args)))
        _say_as_json(found, told, {"packages": installed, "servers": engines}, advice)
    else:
        _say_all(found, advice)
    return 1 if any(finding.level == "problem" for finding in found) else 0


def _settings(args: argparse.Namespace) -> "tuple[Loaded | None, Finding]":
    """The settings where they are right, and what is said of them."""
    from docmind.agents.doctor.findings import Finding

    try:
        loaded = load_settings(args)
    except DocmindError as error:
        return None, _failed("settings", error)
    told = str(loaded.config) if loaded.config.exists() else f"defaults; {loaded.config} does not exist"
    return loaded, Finding(level="ok", what="settings", why=told)


def _failed(what: str, error: DocmindError) -> "Finding":
    from docmind.agents.doctor.findings import Finding

    return Finding(level="problem", what=what, why=f"{error.message} [{error.code}]", do=error.hint)


def _running() -> "dict[str, Profile]":
    """The servers that run here."""
    import asyncio

    from docmind.agents.backends.discover import discover

    return asyncio.run(discover())


def _engines(loaded: "Loaded | None", running: "dict[str, Profile]") -> "list[Engine]":
    import asyncio

    from docmind.agents.configuration import api_keys
    from docmind.agents.doctor.servers import find

    with contextlib.suppress(DocmindError):  # an impossible key, of which the profiles tell
        profiles = dict(loaded.settings.profiles) if loaded else {}
        return asyncio.run(find(profiles, running, api_keys(loaded.settings, os.environ) if loaded else {}))
    return []


def _profiles(loaded: "Loaded | None", running: "dict[str, Profile]") -> "list[Finding]":
    """The configured ones, else the servers that run here."""
    from docmind.agents.doctor.findings import Finding

    from .health import check_all

    if loaded is None:
        return []
    profiles = dict(loaded.settings.profiles) or running
    if not profiles:
        why = "None is set up, and no model server was found on this machine: docmind quotes the documents."
        return [Finding(level="note", what="profiles", why=why, do="`docmind profiles` shows how to add one.")]
    try:
        states = check_all(loaded, profiles)
    except DocmindError as error:
        return [_failed("profiles", error)]
    return [_profile(name, state) for name, state in states.items()]


def _profile(name: str, state: dict[str, Any]) -> "Finding":
    from docmind.agents.doctor.findings import Finding

    what = f"profile {name}"
    if state["state"] == "down":
        return Finding(level="problem", what=what, why=f"{state['reason']} [{state['code']}]", do=state["hint"])
    told = " · ".join(filter(None, [state["kind"], state["model"], state["state"], state["reason"]]))
    return Finding(level="ok", what=what, why=told)


def _advice(reading: "Reading", ram: int, profiles: "list[Finding]") -> "Recommendation":
    from docmind.agents.doctor.recommendation import recommend

    kinds = [finding.why.split(" · ")[0] for finding in profiles if finding.level == "ok"]
    servers = [kind for kind in kinds if kind != "quotes"]
    total, used = (sum(getattr(gpu, what) or 0 for gpu in reading.gpus) for what in ("memory_total", "memory_used"))
    return recommend(total, ram, servers, used)


def _say_as_json(
    found: "list[Finding]", hardware: dict[str, Any], engines: dict[str, Any], advice: "Recommendation"
) -> None:
    import msgspec

    told = {"findings": found, "hardware": hardware, "engines": engines, "recommendation": advice}
    say_json(msgspec.to_builtins(told))


def _say_all(found: "list[Finding]", advice: "Recommendation") -> None:
    wide = max(len(finding.what) for finding in found)
    for finding in found:
        style = BOLD if finding.level == "problem" else ""
        say(f"{_SIGNS[finding.level]} {finding.what:<{wide}}  {finding.why}", style)
        if finding.do:
            say(f"  {'':<{wide}}  {finding.do}", DIM)
    size = f" with a model of about {advice.size}" if advice.size else ""
    say(f"\nRecommended: {advice.kind}{size}.", BOLD)
    say(f"{'; '.join(advice.reasons)}.", DIM)
