"""How steps and answers are told in one line, on the screen and on the command line."""

from docmind.agents.errors import Code
from docmind.agents.protocol import Answered, Failed, Saving, Switched, ToolCalled, ToolReturned
from docmind.agents.records import ProfileState
from docmind.agents.text import one_line

_DID = {
    "search_documents": "searched",
    "read_document": "read",
    "list_documents": "listed the documents",
}
_DOES = {
    "search_documents": "searching",
    "read_document": "reading",
    "list_documents": "listing the documents",
}
_PARTS = {"page": "p. {}", "around": "around [{}]"}
"""How a part of the input is told; the others as they are."""
_LONGEST = 80


def step(called: ToolCalled, returned: ToolReturned) -> str:
    """`searched "cooling loop"   8 passages   0.04 s`"""
    return f"{call(called, returned)}   {outcome(returned)}"


def call(called: ToolCalled, returned: ToolReturned | None) -> str:
    """`searched "cooling loop"`, `read manual.pdf p. 12`, or that it does so while it has not returned."""
    what = (_DID if returned else _DOES).get(called.tool, one_line(called.tool))
    given = [(name, value) for name, value in called.input.items() if value not in (None, "")]
    subject = one_line(" ".join(_PARTS.get(name, "{}").format(value) for name, value in given), _LONGEST)
    if subject and called.tool != "read_document":
        subject = f'"{subject}"'
    return f"{what} {subject}".rstrip()


def outcome(returned: ToolReturned) -> str:
    """`8 passages   0.04 s`, or the error."""
    count = len(returned.passages)
    return returned.error or f"{count} passage{'s' * (count != 1)}   {returned.seconds:.2f} s"


def failure(failed: Failed) -> str:
    """What happened and what to do; when every backend has failed, each with its reason."""
    hint = failed.hint or "The question can be asked again."
    tried = [f"  {one_line(each.reason, 500)} [{each.code}]" for each in failed.attempts if not each.ok]
    if failed.code != Code.ALL_FAILED or not tried:
        return f"{failed.message} [{failed.code}]\n{hint}"
    return "\n".join([f"No profile could answer. [{failed.code}]", *tried, hint])


def summary(answered: Answered) -> str:
    """`balanced · llama3.1:8b   first 0.6 s, all 3.2 s   41 tok/s`."""
    if answered.profile == "quotes":  # its speed says nothing about a model's
        return answered.profile
    timings = answered.timings
    about = "~" if answered.usage.estimated else ""
    parts = [f"{answered.profile} · {answered.model}" if answered.model != answered.profile else answered.profile]
    parts.append(f"first {timings.first_token_ms / 1000:.1f} s, all {timings.total_ms / 1000:.1f} s")
    if timings.tokens_per_s:
        parts.append(f"{about}{timings.tokens_per_s:.0f} tok/s")
    if answered.cut:
        parts.append("cut off: max_tokens or context is used up")
    return "   ".join(parts)


def switched(event: Switched) -> str:
    """Why another profile takes over, or the same one with less memory, and what to do about it."""
    if event.smaller:
        return f"{event.reason} {event.new} goes on with {event.smaller}; /restore {event.new} takes that back."
    if event.code == Code.CONTEXT_OVERFLOW and event.old == event.new:
        return f"{event.reason} {event.new} is asked again with less of what was said before."
    return f"{event.reason} {event.new} goes on. {event.hint}".strip()


def continued(event: Switched) -> str:
    """The same at the place where an answer broke off, in short."""
    if event.smaller:
        return f"{event.old} ran out of memory; continued with {event.smaller}; /restore {event.new} takes that back"
    return f"{event.old} broke off; continued by {event.new}"


def breaker_told(state: ProfileState) -> str:
    """`breaker open: next try in 12 s, after: nothing answers at ...`; empty when it is closed."""
    if state.breaker == "closed":
        return ""
    next_try = "the next call decides" if state.next_try_s is None else f"next try in {state.next_try_s:.0f} s"
    return f"breaker {state.breaker}: {next_try}, after: {one_line(state.opened_by)}"


def saving(event: Saving) -> str:
    """Whether the chat is being saved."""
    if not event.problem:
        return "All of this chat is saved again."
    return f"This chat is not being saved now. {event.problem} It is kept in memory, and saved as soon as that works."
