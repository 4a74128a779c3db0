"""What was wrong with an answer that went through a fault."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from docmind.agents.protocol import Answered
from docmind.agents.records import Attempt
from docmind.agents.tokens import estimate
from fakes import FakeServer
from fakes.continuing import is_trial
from fakes.server import Strike

from .asking import Outcome
from .cases import Case
from .scripts import ALL_TOKENS, ANSWER, TOOLS, said

SHARE_COUNTED = 0.8
"""Of the tokens of all steps, that the usage must hold: what had come of a broken reply is only estimated."""
HELD_BACK = 3
"""Tokens that may be on their way, or held back for cleaning, when a stream breaks."""


@dataclass(frozen=True)
class Verdict:
    """A case, and what was wrong in it; nothing when all was right."""

    case: Case
    outcome: Outcome
    wrong: tuple[str, ...]


def judge(case: Case, outcome: Outcome, struck: FakeServer, others: Sequence[FakeServer]) -> Verdict:
    """All that the issue asks of one answer."""
    wrong = [wrong_text(outcome, case), *_wrong_steps(outcome)]
    if isinstance(outcome.end, Answered):
        wrong += _wrong_attempts(case, outcome.end, struck)
        if case.codes and outcome.end.usage.completion_tokens < SHARE_COUNTED * ALL_TOKENS:
            wrong.append("usage: a part of the answer is not counted")
        if outcome.switches and outcome.switches[-1].new != outcome.end.profile:
            wrong.append("screen: another profile named than the one that answered")
    wrong.append(_wrong_persona([struck, *others]))
    return Verdict(case, outcome, tuple(filter(None, wrong)))


def wrong_text(outcome: Outcome, case: Case | None = None) -> str:
    """What is wrong with the answer's text."""
    if outcome.end is None:
        return "lost: the run never ended"
    if not isinstance(outcome.end, Answered):
        return f"not answered: {outcome.end.code}"
    if case and case.fault.message in outcome.end.answer:
        return "an error stored as the answer"
    # A server that says a word twice has said it.
    answer, shown = (
        _once(text) if case and case.name == "twice" else text for text in (outcome.end.answer, outcome.shown)
    )
    if answer != ANSWER:
        return f"text: {difference(ANSWER, answer)}"
    return "" if shown.strip() == ANSWER else f"screen: {difference(ANSWER, shown)}"


def _once(text: str) -> str:
    words = text.split(" ")
    return " ".join(word for n, word in enumerate(words) if n == 0 or word != words[n - 1])


def difference(expected: str, answer: str) -> str:
    """In a word, how two texts differ. No word comes twice in the expected one, but for marks and articles."""
    wanted, got = expected.split(), answer.split()
    if answer and expected.startswith(answer):
        return "cut"
    if len(got) > len(wanted):
        return "doubled" if any(got.count(word) > wanted.count(word) for word in wanted) else "words added"
    return "words lost" if len(got) < len(wanted) else "other words"


def _wrong_steps(outcome: Outcome) -> list[str]:
    wrong = []
    if outcome.called != TOOLS and outcome.end is not None:
        wrong.append(f"tools: {'run twice' if len(outcome.called) > len(TOOLS) else 'left out'}")
    if isinstance(outcome.end, Answered) and [step.tool for step in outcome.end.steps] != outcome.called:
        wrong.append("steps: not those that were run")
    return wrong


def _wrong_attempts(case: Case, end: Answered, struck: FakeServer) -> list[str]:
    """Whether `attempts` tells the truth."""
    failed = [attempt for attempt in end.attempts if not attempt.ok]
    if not end.attempts or not end.attempts[-1].ok or end.attempts[-1].profile != end.profile:
        return ["attempts: the last one is not the one that answered"]
    if not case.codes:
        return [] if not failed or end.profile == "healthy" else ["attempts: a failure that was none"]
    if not failed:
        return ["attempts: none failed"]
    told = [attempt for attempt in failed if attempt.profile == "struck"]
    struck_in_time = [strike for strike in struck.strikes if not strike.late]
    wrong = [_wrong_attempt(case, attempt) for attempt in told]
    last_of_each = [number - 1 for number in itertools.accumulate(map(_tries, told)) if number <= len(struck_in_time)]
    strikes = [struck_in_time[number] for number in last_of_each]
    if case.manner[0] == "repeats":  # what it repeats when it is asked again is sent, but not told
        strikes = strikes[:1]
    wrong += [_wrong_tokens(case, attempt, strike) for attempt, strike in zip(told, strikes, strict=False)]
    if any(attempt.profile == "healthy" for attempt in failed if case.manner[0] != "refuses"):
        wrong.append("attempts: the healthy one is blamed")
    tries = sum(map(_tries, told))
    if struck_in_time and len(struck_in_time) != tries and case.name != "exit":  # after it, nothing is struck
        wrong.append(f"attempts: {len(struck_in_time)} calls failed, {tries} are told")
    return wrong


def _tries(attempt: Attempt) -> int:
    """Calls that an attempt stands for; its reason tells, where there was more than one."""
    told = re.search(r"\((\d+) tries\)$", attempt.reason)
    return int(told[1]) if told else 1


def _wrong_attempt(case: Case, attempt: Attempt) -> str:
    if attempt.code not in case.codes:
        return f"attempts: {attempt.code} told, {' or '.join(sorted(case.codes))} right"
    return "" if attempt.reason else "attempts: no reason"


def _wrong_tokens(case: Case, attempt: Attempt, strike: Strike) -> str:
    """Whether the attempt tells what came before the strike, counted or estimated."""
    if case.fault.kind in ("repeat", "endless", "huge", "drip"):
        return ""
    sent, few = strike.tokens, max(0, strike.tokens - HELD_BACK)
    if case.fault.kind == "reset":  # it takes along what the other side's kernel has, but not its program
        few = 0
    least, most = min(few, estimate(said(case.step, few))), max(sent, estimate(said(case.step, sent)))
    return "" if least <= attempt.tokens <= most else f"attempts: {attempt.tokens} tokens told, about {sent} right"


def _wrong_persona(servers: Sequence[FakeServer]) -> str:
    """Every server must be told the same of who it is and what it may do."""
    chats = [chat.body for server in servers for chat in server.chats if not is_trial(chat.body)]
    told = {str(body["messages"][0]["content"]) for body in chats}
    return "persona: another system message" if len(told) > 1 else ""
