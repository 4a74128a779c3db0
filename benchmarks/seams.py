"""Cuts answers and steps at every token, and reads what comes of them: python benchmarks/seams.py [--answers N]

The first server breaks off after each of its tokens in turn; the second one goes on as servers do that continue, repeat
or refuse a prefix, or that are asked in words. 50 answers and 30 ReAct traces; real HTTP, and for the traces the real
agent. Prints a table with the limits, and ends with status 1 where one is broken.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from docmind.agents.library.index import Library
from docmind.agents.routing.breaker import Breaker
from docmind.agents.routing.candidate import Candidate
from fakes import FakeServer, Fault
from fakes.asking import ask
from fakes.routed import LOOKED_UP, candidates, step
from fakes.shelf import Shelf
from fakes.wires import Reply

Messages = list[dict[str, Any]]
SUBJECTS = ("The pump", "Valve B", "Revision C", "A sensor of the second loop", "Nothing in the manual")
DEEDS = (
    "was moved upstream of the exchanger [1]",
    "leaked in 1998, it says [2]",
    "regulates the flow, 12 to 18 l/min [1]",
)
ENDS = (
    ". It has been so since the last service.",
    ", which is why:\n\n- two valves were removed;\n- the third one stays [3].\n\nNothing else has changed.",
    ".\n\n| part | state |\n|---|---|\n| pump | new |\n| valve | new |\n\nSo it stands in the table [2].",
    ":\n\n```\nset flow 18\nset flow 18\n```\n\nThen start it again [1].",
)
OPENINGS = ("Thought: I can answer now.\nAnswer: ", "**Thought:** enough.\n**Answer:** ", "Answer: ")
OVERLAP = 5
"""Words that a model repeats which does so."""


class Tally(NamedTuple):
    """What was counted, of how many cuts."""

    what: str
    cuts: int
    repeats: int
    gaps: int
    failed: int


def replies(count: int) -> Iterator[str]:
    """Replies whose answers differ in shape."""
    parts = itertools.product(SUBJECTS, DEEDS, ENDS)
    for number, (subject, deed, end) in enumerate(itertools.islice(parts, count)):
        yield f"{OPENINGS[number % len(OPENINGS)]}{subject} {deed}{end}"


def answer_of(reply: str) -> str:
    return reply.partition("nswer:")[2].removeprefix("**").strip()


def asked_to_go_on(reply: str, again: int | None) -> Callable[[Messages], str]:
    """A model that is asked in words: it repeats so many words before it goes on, or None: says all of it again."""

    def script(messages: Messages) -> str:
        said = str(messages[-1]["content"]).partition("cut off.")[2].partition("\n")[2].rpartition("\n\n")[0]
        said = said.removeprefix("… ")
        if not said or again is None:
            return reply
        at = reply.rindex(said) + len(said)
        words = answer_of(reply[:at]).split()
        return " ".join(words[-again:] if again else []) + reply[at:]

    return script


async def cut(what: str, texts: Sequence[str], second: FakeServer, again: int | None = None) -> Tally:
    """Cuts each text after each of its tokens."""
    cuts = repeats = gaps = failed = 0
    async with FakeServer(flavour="plain") as first, second, candidates(first, second) as chain:
        for text in texts:
            first.replies = [text]
            second.replies = [text] if second.flavour == "vllm" else asked_to_go_on(text, again)
            for after in range(1, len(Reply(text).tokens())):
                first.fault = Fault("fin", after=after)
                done = await step(fresh(chain), LOOKED_UP)
                said, meant = done.text.split(), text.split()
                cuts += 1
                failed += done.error is not None
                repeats += len(said) > len(meant) + 3
                gaps += said != meant and len(said) <= len(meant) + 3
    return Tally(what, cuts, repeats, gaps, failed)


def fresh(chain: Sequence[Candidate]) -> list[Candidate]:
    """The same backends, as if nothing had ever failed."""
    return [candidate._replace(breaker=Breaker()) for candidate in chain]


SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "pump"}'
STEPS = (
    'Thought: The passages [1] say little, I look for {0}.\nAction: search_documents\nAction Input: {{"query": "{0}"}}',
    'I need more about {0}.\nAction: search_documents\nAction Input: {{"query": "{0}"}}',
    'Action: search_documents\nAction Input: {{"query": "{0}"}}',
    '**Thought:** not enough. **Action:** x\n**Action:** `search_documents`\n**Action Input:** {{"query": "{0}"}}',
    '{{"name": "search_documents", "arguments": {{"query": "{0}"}}}}',
    'Thought: Step 1: {0}. The answer: not yet.\nAction 2: search_documents\nAction Input 2: {{"query": "{0}"}}',
)
WANTED = ("roof", "valve", "flow", "service", "sensor")
ANSWER = "Thought: I can answer now.\nAnswer: The pump was moved to the roof in 1998 [1]."


def traces(count: int) -> Iterator[tuple[str, str]]:
    """Second steps, and what each looks for."""
    for form, wanted in itertools.islice(itertools.product(STEPS, WANTED), count):
        yield form.format(wanted), wanted


async def cut_steps(library: Library, count: int) -> tuple[int, int, int, int]:
    """(cuts, tool steps that became prose, tools run twice, failures)."""
    cuts = prose = twice = failed = 0
    async with FakeServer(flavour="plain") as first, FakeServer() as second, candidates(first, second) as chain:
        for text, wanted in traces(count):
            second.replies = [SEARCH, text, ANSWER]
            for after in range(1, len(Reply(text).tokens())):
                first.replies = breaking(first, text, after)
                told = await ask(library, fresh(chain), "Where is the pump?")
                cuts += 1
                failed += told.answered is None
                prose += told.answered is not None and told.answered.answer != answer_of(ANSWER)
                twice += [call.input.get("query") for call in told.tools] != ["pump", wanted]
                first.fault = None
    return cuts, prose, twice, failed


def breaking(server: FakeServer, text: str, after: int) -> Callable[[Messages], str]:
    """Searches well, and breaks off in the second step."""

    def script(messages: Messages) -> str:
        if any(str(message["content"]).startswith("Observation:") for message in messages):
            return text
        server.fault = Fault("fin", after=after)
        return SEARCH

    return script


@asynccontextmanager
async def library() -> AsyncIterator[Library]:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        shelf.write("pump.md", "The pump was moved to the roof in 1998.\nValve, flow, service and sensor are new.\n")
        shelf.sync()
        yield shelf.library
        shelf.close()


async def measure(answers: int, steps: int) -> bool:
    """Prints the table; whether all limits hold."""
    texts = list(replies(answers))
    tallies = [
        await cut("continues a prefix", texts, FakeServer()),
        await cut("repeats a prefix", texts, FakeServer(continues="repeats")),
        await cut("ignores a prefix", texts, FakeServer(continues="restarts")),
        await cut("asked in words: goes on", texts, FakeServer(flavour="plain"), 0),
        await cut("asked in words: repeats 5 words", texts, FakeServer(flavour="plain"), OVERLAP),
        await cut("asked in words: says all again", texts, FakeServer(flavour="plain")),
    ]
    print(
        f"{len(texts)} answers, the second server          cuts   repeats > 3 words   gaps   failed    limits 0, 0, 0"
    )
    for tally in tallies:
        print(f"  {tally.what:34} {tally.cuts:8,} {tally.repeats:19} {tally.gaps:6} {tally.failed:8}")
    async with library() as shelf:
        cuts, prose, twice, failed = await cut_steps(shelf, steps)
    print(f"{steps} ReAct traces                      cuts   made prose   run twice or never   failed   limits 0, 0, 0")
    print(f"  {'the step is done again':31} {cuts:8,} {prose:12} {twice:20} {failed:8}")
    return not any([prose, twice, failed, *(sum(tally[2:]) for tally in tallies)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=50)
    parser.add_argument("--traces", type=int, default=30)
    options = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)
    sys.exit(0 if asyncio.run(measure(options.answers, options.traces)) else 1)


if __name__ == "__main__":
    main()
