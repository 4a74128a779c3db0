"""A kept chat with all that a chat can hold: branches, a broken answer, sources, a seam, a prompt."""

from pathlib import Path

from docmind.agents.chats.records import Summary
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.protocol import (
    Answered,
    Failed,
    Message,
    Prompted,
    Switched,
    Thought,
    TimedEvent,
    Token,
    ToolCalled,
    ToolReturned,
)
from docmind.agents.records import Citation, Passage, Timings, Usage
from fakes.chats import say, some_chat, timed

PASSAGE = Passage(n=1, path="manual.md", text="The pump is blue.\n", lines=(3, 3), heading="Pumps", score=1.5)
SYSTEM = Message(role="system", content="You answer questions.")


def prompted(run: str, *messages: Message, same: int = 0) -> Prompted:
    return Prompted(
        run=run,
        profile="fast",
        model="tiny",
        phase="step",
        window=4096,
        max_tokens=256,
        options={"temperature": 0.1},
        stop=["\nObservation:"],
        same=same,
        messages=list(messages),
    )


def whole_answer(run: str) -> list[TimedEvent]:
    """An answer after a look-up, which another profile has continued."""
    question = Message(role="user", content="Which colour?")
    switched = Switched(run=run, old="fast", new="near", code="ERR_5017", reason="fast broke off.", continues=True)
    citation = Citation(n=1, path="manual.md", page=None, lines=(3, 3), quote="The pump is blue.", verified=True)
    answered = Answered(
        run=run,
        answer="The pump is blue [1].",
        profile="near",
        model="tiny",
        citations=[citation],
        steps=[],
        attempts=[],
        usage=Usage(prompt_tokens=9, completion_tokens=5),
        timings=Timings(first_token_ms=100.0, total_ms=900.0, tokens_per_s=20.0),
    )
    return timed(
        prompted(run, SYSTEM, question),
        Thought(run=run, text="I look\u200d"),
        ToolCalled(run=run, call="1", tool="search_documents", input={"query": "colour"}),
        ToolReturned(run=run, call="1", passages=[PASSAGE], seconds=0.01),
        prompted(run, Message(role="user", content="Observation: The pump is blue."), same=2),
        Token(run=run, text="The pump"),
        switched,
        Token(run=run, text=" is blue [1]."),
        answered,
    )


def keep(file: Path, chat: str = "c1") -> None:
    """Three turns on two branches: r1, then r2, or r3, which broke off and was shown last."""
    with ChatWriter(file) as store:
        store.begin(some_chat(chat))
        store.ask(f"{chat}r1", chat, None, "Which colour?\nOf the pump?", 1000.0)
        store.append(f"{chat}r1", whole_answer(f"{chat}r1"))
        store.finish(f"{chat}r1")
        store.summarise(Summary(run=f"{chat}r1", text="About a pump.", by="model", at=2.0))
    say(file, "And the valve?", run=f"{chat}r2", chat=chat, parent=f"{chat}r1")
    with ChatWriter(file) as store:
        run = f"{chat}r3"
        store.ask(run, chat, f"{chat}r1", "And the roof?", 1000.0)
        store.append(run, timed(Token(run=run, text="The roof"), Failed(run=run, code="ERR_5017", message="It broke.")))
        store.finish(run)
