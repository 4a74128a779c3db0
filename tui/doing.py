"""The words for what docmind is doing."""

from docmind.agents.protocol import Library, State

from .engine_link import LinkState

STATES = {
    "queued": "waiting",
    "indexing": "looking for changes in the documents",
    "cooling": "waiting until it is cooler",
    "starting": "starting the engine",
    "loading": "loading the model",
    "searching": "searching",
    "reading": "reading",
    "thinking": "thinking",
    "waiting": "waiting for the whole answer",
    "writing": "writing",
}
LINKS = {
    "starting": "starting the engine",
    "lost": "the engine ended: starting it again",
    "failed": "no engine: the next question tries again",
}


def state_words(state: State) -> str:
    """`loading the model (llama3.1:8b)`."""
    return STATES[state.state] + (f" ({state.detail})" if state.detail else "")


def doing(link: LinkState, library: Library | None, runs: list[State | None]) -> str:
    """One line for all of it. `runs`: the last state of each unanswered question, oldest first; None: sent only."""
    reading = _updating(library) if library and not library.ready else ""
    if runs:
        now = state_words(runs[0]) if runs[0] and link.state == "ready" else LINKS.get(link.state, "waiting")
        if now == STATES["indexing"]:
            now = reading or now
        more = len(runs) - 1
        return f"{now}   {more} more question{'s' * (more > 1)}" if more else now
    if link.state != "ready":
        return LINKS[link.state]
    return reading or "ready"


def _updating(library: Library) -> str:
    return f"reading document {library.done:,} of {library.todo:,}" if library.todo else STATES["indexing"]
