"""Answers and tool steps that are cut at each of their tokens: no gap, no repetition, no tool step told as prose."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import groupby

from docmind.agents.protocol import Answered
from fakes import FakeServer, Fault, Reply
from matrix.asking import Desk, Outcome, ask
from matrix.cases import MANNERS, WIRES, Manner, WireName, flavour
from matrix.running import profile
from matrix.scripts import READ, SEARCH

from . import Figure

ANSWERS, TRACES = 50, 30
WORDS = ("pump", "valve", "flow", "rises", "often", "twelve", "“old”", "naïve", "55", "°C", "–", "blue", "½", "third")
CONTINUES: Manner = ("continues", "continues")
REPEATS: Manner = ("repeats", "continues")
REFUSES: tuple[Manner, ...] = (("refuses", "continues"), ("refuses", "overlaps"), ("refuses", "restarts"))
LAST = "It hums [1]."
OPENINGS = ("Thought: I know it now.\nAnswer: ", "Answer: ", "**Final Answer:** ", "")
STYLES = (
    "Thought: {thought}.\nAction: {tool}\nAction Input: {input}",
    "Action: {tool}\nAction Input: {input}",
    "**Thought:** {thought}!\n**Action:** {tool}\n**Action Input:** {input}",
    "I would like to know more: {thought}.\nAction: {tool}\nAction Input: {input}",
    '{{"name": "{tool}", "arguments": {input}}}',
)
"""How models write a tool step."""


@dataclass(frozen=True)
class Cut:
    """A script whose `step` breaks after so many tokens."""

    script: tuple[str, ...]
    answer: str
    step: int
    after: int
    wire: WireName
    manner: Manner


def answers(seed: int) -> Iterator[str]:
    """Answers with repetitions, lists, marks and more than ASCII in them.

    No word comes twice in a row: when the cut falls between the two, nobody can tell the second from a repetition.
    """
    chance = random.Random(seed)
    for _ in range(ANSWERS):
        words = [[word for word, _ in groupby(chance.choices(WORDS, k=chance.randint(4, 7)))] for _ in range(3)]
        sentences = [" ".join(sentence) + " [1]." for sentence in words]
        yield chance.choice((" ", "\n\n", "\n- ")).join(sentences)


def traces(seed: int) -> Iterator[tuple[str, str]]:
    """Two tool steps as a model may write them."""
    chance = random.Random(seed)
    for _ in range(TRACES):
        style, thought = chance.choice(STYLES), " ".join(chance.choices(WORDS, k=4))
        query = '{"query": "compressor"}'
        lines = '{"path": "manual.md", "lines": "1-4"}'
        yield (
            style.format(thought=thought, tool="search_documents", input=query),
            style.format(thought=thought, tool="read_document", input=lines),
        )


async def figures(desk: Desk, seed: int, at_once: int, every: int) -> list[Figure]:
    """A line for answers, one for traces."""
    in_answers = list(_in_answers(seed))[::every]
    in_traces = list(_in_traces(seed))[::every]
    slots = asyncio.Semaphore(at_once)
    return [
        await _figure(f"{ANSWERS} answers", in_answers, [_run(desk, cut, slots) for cut in in_answers]),
        await _figure(f"{TRACES} ReAct traces", in_traces, [_run(desk, cut, slots) for cut in in_traces]),
    ]


def _in_answers(seed: int) -> Iterator[Cut]:
    for number, answer in enumerate(answers(seed)):
        text = OPENINGS[number % len(OPENINGS)] + answer
        for after in range(1, len(Reply(text).tokens()) + 1):
            for manner in (CONTINUES, REPEATS, REFUSES[after % len(REFUSES)]):
                yield Cut((SEARCH, READ, text), answer, 2, after, WIRES[number % len(WIRES)], manner)


def _in_traces(seed: int) -> Iterator[Cut]:
    for number, (search, read) in enumerate(traces(seed)):
        for step, text in enumerate((search, read)):
            for after in range(1, len(Reply(text).tokens()) + 1):
                manner = MANNERS[after % len(MANNERS)]
                yield Cut(
                    (search, read, "Answer: It hums [1]."), "It hums [1].", step, after, WIRES[number % 3], manner
                )


async def _figure(what: str, cuts: list[Cut], runs: list[Coroutine[None, None, str]]) -> Figure:
    wrong = Counter[str]()
    for cut, problem in zip(cuts, await asyncio.gather(*runs), strict=True):
        if problem:
            wrong[problem] += 1
            if wrong[problem] <= 5:
                print(f"  {problem}: after {cut.after} of {cut.script[cut.step]!r}, {cut.wire}, {cut.manner}")
    measured = ", ".join(f"{count} {problem}" for problem, count in wrong.most_common()) or "all whole"
    return Figure(f"{what}, cut at every token: {len(cuts):,} runs", measured, "0 gaps, 0 repeats", not wrong)


async def _run(desk: Desk, cut: Cut, slots: asyncio.Semaphore) -> str:
    """What was wrong."""
    async with slots, AsyncExitStack() as stack:
        fault = Fault("fin", cut.after, skip=cut.step)
        struck = await stack.enter_async_context(_server(cut, fault))
        healthy = await stack.enter_async_context(_server(cut, None))
        data_dir = await stack.enter_async_context(desk.engine())
        profiles = {"struck": profile(cut.wire, struck), "healthy": profile(cut.wire, healthy)}
        return _wrong(cut, await ask(await stack.enter_async_context(desk.client(data_dir, profiles))))


def _server(cut: Cut, fault: Fault | None) -> FakeServer:
    way, asked = cut.manner
    return FakeServer(cut.script, fault=fault, flavour=flavour(cut.wire), continues=way, when_asked=asked)


def _wrong(cut: Cut, outcome: Outcome) -> str:
    if not isinstance(outcome.end, Answered):
        return "not answered"
    if outcome.called != ["search_documents", "read_document"]:
        return "tools run twice" if len(outcome.called) > 2 else "tool step told as prose"
    told = [" ".join(text.split()) for text in (outcome.end.answer, outcome.shown)]
    wanted = " ".join(cut.answer.split())
    if all(text == wanted for text in told):
        return ""
    return "repeated" if any(len(text) > len(wanted) for text in told) else "gap"
