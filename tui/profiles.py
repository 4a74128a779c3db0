"""`docmind profiles`: the profiles and where each setting comes from. Opens no socket and loads no model."""

import argparse
import re
from typing import TYPE_CHECKING, Any

from .arguments import Subparsers, load_settings
from .terminal import BOLD, DIM, notice, say, say_json

if TYPE_CHECKING:
    from docmind.agents.configuration import Loaded
    from docmind.agents.settings import Profile

_SECRET = re.compile(r"key|token|secret|password|authorization", re.IGNORECASE)


def add_parsers(commands: Subparsers) -> None:
    """Add the command `profiles`."""
    parser = commands.add_parser("profiles", help="list the profiles: which model answers, and where it runs")
    parser.add_argument("--json", action="store_true", help="print every setting and its origin as one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the profiles. Raises DocmindError when the settings are wrong."""
    from docmind.agents.settings import Profile

    loaded = load_settings(args)
    profiles = {**loaded.settings.profiles, "quotes": Profile(kind="quotes")}
    if args.json:
        say_json(_everything(loaded, profiles))
    else:
        _print_table(loaded, profiles)
    return 0


def _everything(loaded: "Loaded", profiles: "dict[str, Profile]") -> dict[str, Any]:
    import msgspec

    settings = msgspec.to_builtins(msgspec.structs.replace(loaded.settings, profiles=profiles))
    for profile in settings["profiles"].values():
        profile["options"] = {
            name: "[hidden]" if _SECRET.search(name) else value for name, value in profile["options"].items()
        }
    places = {"config": str(loaded.config), "data_dir": str(loaded.data_dir)}
    return {**settings, **places, "origins": {"profiles.quotes.kind": "default", **loaded.origins}}


def _print_table(loaded: "Loaded", profiles: "dict[str, Profile]") -> None:
    rows = [("profile", "kind", "model", "where")]
    rows += [(name, p.kind, p.model, p.url or p.path or "built in") for name, p in profiles.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        mark = "*" if row[0] == loaded.settings.profile else " "
        line = "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True))
        say(f"{mark} {line}".rstrip(), DIM if row is rows[0] else BOLD if mark == "*" else "")
    if not loaded.settings.profiles:
        notice("\nNo profile is configured: docmind asks a server that it finds on this machine, else quotes.", DIM)
    notice(f"\nSettings: {loaded.config}{'' if loaded.config.exists() else ' (not there yet)'}", DIM)
