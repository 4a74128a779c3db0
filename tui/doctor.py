"""`docmind doctor`: looks at hardware, engines, profiles, terminal, settings and data, and says what to do."""

import argparse
import os
from typing import TYPE_CHECKING, Any

from docmind.agents.errors import DocmindError

from .arguments import Subparsers, data_dir, load_settings
from .terminal import BOLD, DIM, say, say_json

if TYPE_CHECKING:
    from docmind.agents.configuration import Loaded
    from docmind.agents.doctor.findings import Finding
    from docmind.agents.doctor.recommendation import Recommendation
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
    from docmind.agents.doctor.hardware import hardware
    from docmind.agents.doctor.packages import devices, llama_cpp, versions
    from docmind.agents.doctor.places import places
    from docmind.agents.hardware.all_gpus import AllGpus, read_in_time
    from docmind.agents.hardware.machine import read_machine

    reading, machine, installed = read_in_time(AllGpus()), read_machine(0.1), versions()
    settings, profiles = _settings(args)
    found = [
        *hardware(reading),
        llama_cpp(installed, devices() if installed["xllamacpp"] else None, bool(reading.gpus)),
        *settings,
        *profiles,
        *places(data_dir(args)),
        *_terminal(),
    ]
    advice = _advice(reading, machine.memory_total, profiles)
    if args.json:
        from .gpu import as_json, our_processes

        told = as_json(reading, machine, our_processes(data_dir(args)))
        _say_as_json(found, told, installed, advice)
    else:
        _say_all(found, advice)
    return 1 if any(finding.level == "problem" for finding in found) else 0


def _settings(args: argparse.Namespace) -> "tuple[list[Finding], list[Finding]]":
    """What is said of the settings, and of the profiles."""
    from docmind.agents.doctor.findings import Finding

    try:
        loaded = load_settings(args)
        profiles = _profiles(loaded)
    except DocmindError as error:
        return [Finding(level="problem", what="settings", why=f"{error.message} [{error.code}]", do=error.hint)], []
    told = str(loaded.config) if loaded.config.exists() else f"defaults; {loaded.config} does not exist"
    return [Finding(level="ok", what="settings", why=told)], profiles


def _profiles(loaded: "Loaded") -> "list[Finding]":
    """The configured ones, else the servers that run here. Raises DocmindError."""
    from docmind.agents.doctor.findings import Finding

    from .health import check_all

    profiles = dict(loaded.settings.profiles) or _discovered()
    if not profiles:
        why = "None is set up, and no model server was found on this machine: docmind quotes the documents."
        return [Finding(level="note", what="profiles", why=why, do="`docmind profiles` shows how to add one.")]
    found = []
    for name, state in check_all(loaded, profiles).items():
        what = f"profile {name}"
        if state["state"] == "down":
            found.append(
                Finding(level="problem", what=what, why=f"{state['reason']} [{state['code']}]", do=state["hint"])
            )
        else:
            told = " · ".join(filter(None, [state["kind"], state["model"], state["state"], state["reason"]]))
            found.append(Finding(level="ok", what=what, why=told))
    return found


def _discovered() -> "dict[str, Profile]":
    import asyncio

    from docmind.agents.backends.discover import discover

    return asyncio.run(discover())


def _terminal() -> "list[Finding]":
    from docmind.agents.doctor.findings import Finding

    term, colours = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    if term in ("", "dumb"):
        why = f"TERM is {term or 'not set'}: the chat needs a terminal that can move its cursor."
        do = "Set TERM to what your terminal is, for example xterm-256color; `docmind ask` works anyway."
        return [Finding(level="problem", what="terminal", why=why, do=do)]
    if os.environ.get("NO_COLOR"):
        return [Finding(level="ok", what="terminal", why=f"{term}, without colours because of NO_COLOR")]
    if colours in ("truecolor", "24bit"):
        return [Finding(level="ok", what="terminal", why=f"{term} with all colours")]
    do = "Where the terminal can do more: export COLORTERM=truecolor"
    return [Finding(level="note", what="terminal", why=f"{term}: 256 colours or fewer are used.", do=do)]


def _advice(reading: "Reading", ram: int, profiles: "list[Finding]") -> "Recommendation":
    from docmind.agents.doctor.recommendation import recommend

    servers = [finding.why.split(" · ")[0] for finding in profiles if finding.level == "ok"]
    return recommend(sum(gpu.memory_total or 0 for gpu in reading.gpus), ram, servers)


def _say_as_json(
    found: "list[Finding]", hardware: dict[str, Any], engines: dict[str, str | None], advice: "Recommendation"
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
