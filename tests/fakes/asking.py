"""A question asked of the real agent, in this process: its library is a shelf, its chain a few backends."""

from collections.abc import Sequence

from docmind.agents.conversation import Conversation
from docmind.agents.errors import DocmindError
from docmind.agents.library.index import Library
from docmind.agents.protocol import Answered, AnyEvent, Retracted, Switched, Thought, Token, ToolCalled
from docmind.agents.records import Attempt, Call
from docmind.agents.routing.candidate import Candidate
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings


class Told:
    """The events of one question, as a client gets them."""

    def __init__(self, events: Sequence[AnyEvent], error: DocmindError | None, calls: Sequence[Call]) -> None:
        self.events, self.error, self.calls = list(events), error, list(calls)

    @property
    def shown(self) -> str:
        """The answer's text as a client shows it that follows the events."""
        text = ""
        for event in self.events:
            if isinstance(event, Token):
                text += event.text
            elif isinstance(event, Retracted):
                text = text[: -event.last] if event.last else ""
        return text

    @property
    def thought(self) -> str:
        """The thoughts of the last step, in the same way."""
        text = ""
        for event in self.events:
            if isinstance(event, Thought):
                text += event.text
            elif isinstance(event, ToolCalled) or (isinstance(event, Retracted) and event.thoughts):
                text = ""
        return text

    @property
    def answered(self) -> Answered | None:
        """The end, if it is an answer."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Answered) else None

    @property
    def tools(self) -> list[ToolCalled]:
        """Every call of a tool."""
        return [event for event in self.events if isinstance(event, ToolCalled)]

    @property
    def switches(self) -> list[Switched]:
        """In their order."""
        return [event for event in self.events if isinstance(event, Switched)]


async def ask(
    library: Library, chain: Sequence[Candidate], question: str, settings: AgentSettings | None = None
) -> Told:
    """What happens in a new conversation."""
    settings, calls, events = settings or AgentSettings(), list[Call](), list[AnyEvent]()
    attempts: list[Attempt] = []
    route = Route("run", chain, settings, attempts, calls.append)
    try:
        async for event in Conversation(settings, library).ask("run", question, route):
            events.append(event)
    except DocmindError as error:
        return Told(events, error, calls)
    return Told(events, None, calls)
