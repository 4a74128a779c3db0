"""`docmind fit --profile A --profile B`: whether the models of several profiles fit at the same time."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from docmind.agents.text import one_line

from .columns import columns
from .terminal import BOLD, DIM, say, say_json

if TYPE_CHECKING:
    from docmind.agents.hardware.fit.forecast import Forecast, Wish
    from docmind.agents.hardware.fit.memory import Memory
    from docmind.agents.hardware.fit.shape import Shape

_WORDS = {
    "fits": "fit together: none has to be let go for another",
    "partly": "fit together only in part: the last ones run partly in RAM",
    "no": "do not fit together: docmind lets go of one before it loads the next",
}


def run(
    names: Sequence[str],
    models: "Sequence[tuple[Shape, Wish]]",
    memory: "Memory",
    as_json: bool,
    gb: Callable[[int], str],
) -> int:
    """Print each profile's verdict, in this order, and that of all. `gb` writes an amount of bytes."""
    from docmind.agents.hardware.fit.together import together, worst

    found = together(models, memory)
    if as_json:
        say_json({"verdict": worst(found), "profiles": [_one(*each) for each in zip(names, found, strict=True)]})
        return 0
    say(f"{', '.join(map(one_line, names))} {_WORDS[worst(found)]}", BOLD)
    say()
    rows = [("profile", "needed", "layers on the GPU", "verdict")]
    for name, each in zip(names, found, strict=True):
        on_gpu = f"{each.gpu_layers} of {each.layers}" if memory.gpus else "-"
        rows.append((one_line(name), gb(each.need.total), on_gpu, each.verdict))
    head, *lines = columns(rows, left=(0, 3))
    say(head, DIM)
    say("\n".join(lines))
    return 0


def _one(name: str, found: "Forecast") -> dict[str, Any]:
    import msgspec

    return {
        "profile": name,
        "verdict": found.verdict,
        "need_bytes": msgspec.to_builtins(found.need),
        "gpu_layers": found.gpu_layers,
        "layers": found.layers,
    }
