"""`docmind fit MODEL`: will this model fit, who holds the memory now, and what to change if it does not."""

import argparse
from typing import TYPE_CHECKING, Any

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from .arguments import Subparsers, data_dir, load_settings
from .gpu import our_processes
from .terminal import BOLD, DIM, notice, say, say_json

if TYPE_CHECKING:
    from docmind.agents.hardware.fit.forecast import Forecast, Wish
    from docmind.agents.hardware.fit.hosted import Asked
    from docmind.agents.hardware.fit.memory import Memory, Pool
    from docmind.agents.hardware.fit.shape import Shape
    from docmind.agents.hardware.fit.ways import Way
    from docmind.agents.settings import Profile

OLLAMA = "http://127.0.0.1:11434"
_KV = ("f16", "q8_0", "q4_0")
_WORDS = {"fits": "fits", "partly": "fits partly", "no": "does not fit"}


def add_parsers(commands: Subparsers) -> None:
    """Add the command `fit`."""
    parser = commands.add_parser("fit", help="tell whether a model fits into memory, before it is loaded")
    parser.add_argument(
        "model", nargs="?", default="", metavar="MODEL", help="a GGUF file, a folder with config.json, or Ollama's name"
    )
    parser.add_argument("--context", type=_tokens, metavar="N", help="context window in tokens (default: 8192)")
    parser.add_argument("--kv", choices=_KV, help="type of the KV cache (default: f16)")
    parser.add_argument(
        "--profile",
        action="append",
        dest="profiles",
        default=[],
        metavar="P",
        help="take model, context, KV cache and server of this profile; of several: whether they fit together",
    )
    parser.add_argument("--tensor-parallel", type=_count, metavar="N", help="GPUs that share every layer (default: 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def _tokens(text: str) -> int:
    return _within(text, 1 << 30)


def _count(text: str) -> int:
    return _within(text, 1024)


def _within(text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:12]) <= most):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to {most}, found {one_line(text, 40)}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Print the forecast. Raises DocmindError."""
    from docmind.agents.hardware.fit.forecast import forecast
    from docmind.agents.hardware.fit.memory import read_memory
    from docmind.agents.hardware.fit.ways import ways

    if len(args.profiles) > 1:
        return _run_together(args)
    shape, wish, wanted, asked = _wished(args, *args.profiles)
    context, memory = wish.context, asked.there(read_memory()) if asked else read_memory()
    found, changes = forecast(shape, memory, wish), ways(shape, memory, wish)
    if args.json:
        say_json(_as_json(found, changes))
        return 0
    _print(shape, found, memory, wish)
    _print_memory(memory, our_processes(data_dir(args)))
    if changes:
        say("\nWhat to change")
    for change in changes:
        say(f"  {_WORDS[change.verdict]:13} {change.change}")
    if context < wanted:
        notice(f"\nThe model was trained for {context:,} tokens; more than that is not counted.", DIM)
    return 0


def _run_together(args: argparse.Namespace) -> int:
    from docmind.agents.hardware.fit.memory import read_memory

    from .fit_together import run

    if args.model:
        message = f"Either the model {one_line(args.model)} or several profiles."
        raise DocmindError(Code.USAGE, message, "Leave out MODEL, or all profiles but one.")
    models = []
    for name in args.profiles:
        shape, wish, _, asked = _wished(args, name)
        if asked:
            message = f"Profile {one_line(name)} is of kind hosted, which is only looked at alone."
            raise DocmindError(Code.USAGE, message, "Leave it out.")
        models.append((shape, wish))
    memory = read_memory()
    status = run(args.profiles, models, memory, args.json, _gb)
    if not args.json:
        _say_problem(memory)
    return status


def _wished(args: argparse.Namespace, name: str = "") -> "tuple[Shape, Wish, int, Asked | None]":
    """The model of the arguments, or of the profile `name`; how it shall run; the context that was asked for; and what
    a hosted class was asked for."""
    import msgspec

    from docmind.agents.hardware.fit.find import find
    from docmind.agents.hardware.fit.forecast import CONTEXT, Wish

    profile = _profile(args, name)
    asked = _hosted(profile)
    model = args.model or (asked.model if asked else "") or (_model(name, profile) if profile else "")
    shape = find(model, lambda: _server(args, name, profile))
    told = (asked.of(shape).context if asked else 0) or (profile and profile.context) or CONTEXT
    wanted = args.context or told
    context = min(wanted, shape.trained_context or wanted)
    wish = asked.wish if asked else Wish(kv=profile.kv_cache if profile else "f16")
    kv, parallel = args.kv or wish.kv, args.tensor_parallel or wish.tensor_parallel
    wish = msgspec.structs.replace(wish, context=context, kv=kv, tensor_parallel=parallel)
    return shape, wish, wanted, asked


def _profile(args: argparse.Namespace, name: str) -> "Profile | None":
    if not name:
        return None
    profiles = load_settings(args).settings.profiles
    if name not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        message = f"There is no profile '{one_line(name)}'."
        raise DocmindError(Code.CONFIG, message, f"Known profiles: {known}.")
    return profiles[name]


def _hosted(profile: "Profile | None") -> "Asked | None":
    from docmind.agents.backends.hosted_checks import asked_by

    return asked_by(profile) if profile and profile.kind == "hosted" else None


def _model(name: str, profile: "Profile") -> str:
    if profile.kind not in ("llamacpp", "ollama"):
        message = f"Profile {one_line(name)} is of kind {profile.kind}, which does not tell what its model is like."
        raise DocmindError(Code.USAGE, message, f"Name the model's files, too: docmind fit MODEL --profile {name}")
    return profile.path or profile.model


def _server(args: argparse.Namespace, name: str, profile: "Profile | None") -> str:
    """The Ollama to ask: the profile's, else the first one in the settings, else where it usually is."""
    from docmind.agents.backends.hosts import check_url

    named = {name: profile} if profile else load_settings(args).settings.profiles
    for each, one in named.items():
        if one and one.kind == "ollama":
            return str(check_url(each, one))
    return OLLAMA


def _as_json(found: "Forecast", changes: "list[Way]") -> dict[str, Any]:
    import msgspec

    return {
        "verdict": found.verdict,
        "need_bytes": msgspec.to_builtins(found.need),
        "free_bytes": found.free,
        "gpu_layers": found.gpu_layers,
        "layers": found.layers,
        "ways": msgspec.to_builtins(changes),
    }


def _print(shape: "Shape", found: "Forecast", memory: "Memory", wish: "Wish") -> None:
    detail = f": {found.gpu_layers} of {found.layers} layers on the GPU" if memory.gpus else ""
    say(f"{shape.name} {_WORDS[found.verdict]}{'' if found.verdict == 'fits' else detail}", BOLD)
    say()
    rows = [("weights", found.need.weights, f"{found.layers} layers")]
    rows += [("KV cache", found.need.kv, f"{wish.context:,} tokens, {wish.kv}")]
    rows += [("compute", found.need.compute, ""), ("needed", found.need.total, "")]
    for name, size, what in rows:
        say(f"  {name:10} {_gb(size):>9}  {what}".rstrip())


def _print_memory(memory: "Memory", ours: frozenset[int]) -> None:
    """What there is, and who holds the rest."""
    from docmind.agents.hardware.processes import holders

    say()
    for pool in (*memory.gpus, memory.ram):
        say(f"  {_row(pool)}")
        for holder in holders(pool.card, ours) if pool.card else ():
            held = "n/a" if holder.memory is None else _gb(holder.memory)
            say(f"    {held:>9}  {holder.name or 'process'} {holder.pid}{'  (docmind)' if holder.ours else ''}", DIM)
    _say_problem(memory)


def _say_problem(memory: "Memory") -> None:
    """That there may be more than was counted."""
    if memory.problem:
        say(f"\n! {memory.problem} The forecast counts only the memory that can be read.", BOLD)


def _row(pool: "Pool") -> str:
    used = pool.total - pool.free
    part = " (divided by MIG: a model gets one of its parts)" if pool.card and pool.card.mig else ""
    rest = f"{_gb(pool.free)} of {_gb(pool.total)} free, {_gb(used)} in use; for the model {_gb(pool.room)}"
    return f"{pool.name}{part}: {rest}"


def _gb(size: int) -> str:
    """1 GB is 10^9 bytes, as in the sidebar."""
    return f"{size / 1e9:.1f} GB" if size >= 5e7 else f"{size / 1e6:.1f} MB"
