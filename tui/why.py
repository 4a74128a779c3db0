"""Why a profile answered, and which one would be next: told from what the engine said while it answered."""

from docmind.agents.protocol import Answered, Planned, Switched
from docmind.agents.text import one_line

from .transcript.turn import Turn

_RULES = {
    "only": "it is pinned: no other profile may answer",
    "chosen": "you have chosen it",
    "configured": "the settings name it as `profile`",
    "listed": "it is the first of `fallback` in the settings",
    "best": "it has the highest priority of the profiles on this machine",
    "left": "those before it are banned",
}


def why(turn: Turn) -> str:
    """A line for each step of the way, of a question that may still be worked on."""
    if turn.plan is None:
        return "Nothing has been asked yet: the documents are looked through first."
    answering = turn.switches[-1].new if turn.switches else turn.plan.chain[0]
    verb = "answered" if isinstance(turn.end, Answered) else "is asked" if turn.end is None else "was asked last"
    lines = [f"{one_line(answering)} {verb}."]
    lines.append(f"{one_line(turn.plan.chain[0])} came first: {_RULES[turn.plan.rule]}.")
    lines += map(_switched, turn.switches)
    lines.append(_next(turn.plan, answering, {switch.old for switch in turn.switches}))
    if turn.plan.banned:
        lines.append(f"Banned: {', '.join(map(one_line, turn.plan.banned))}.")
    return "\n".join(lines)


def _switched(switch: Switched) -> str:
    goes_on = "went on with its answer" if switch.continues else "was asked next"
    if switch.smaller:
        goes_on = f"went on with {switch.smaller}"
    return one_line(f"{switch.reason} [{switch.code}] {switch.new} {goes_on}.", 500)


def _next(plan: Planned, answering: str, left: set[str]) -> str:
    """After a prompt that was too long the largest window comes before others, which are still to be asked."""
    rest = [] if answering == "quotes" else [name for name in plan.chain if name not in {answering, *left}]
    return f"Next if it fails: {', '.join(map(one_line, rest))}." if rest else "No other profile would be next."
