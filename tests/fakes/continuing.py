"""How a FakeServer answers a prompt that ends with the beginning of an answer."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from docmind.agents.backends.trial import BEGINNING, QUESTION

from .wires import Reply

if TYPE_CHECKING:
    from .server import FakeServer

Way = Literal[
    "continues",  # goes on, where it is asked as its flavour wants it
    "repeats",  # says the beginning again before it goes on
    "restarts",  # takes the beginning for a finished turn
    "refuses",  # answers with an error
]
Asked = Literal[
    "continues",  # goes on from the quoted words
    "overlaps",  # says its last words again before it goes on
    "restarts",  # says its scripted reply
]
"""What its model does when the user quotes the end of an answer and asks to go on."""
OVERLAP = 5
"""Words that it says again."""
QUOTED = 12
"""Least number of characters of the script in a user's line that asks to go on: fewer stand in any question."""
OBSERVATION = "Observation:"
COUNTING = "one, two, three, four, five, six, seven, eight, nine"


class Refused(Exception):
    """The server wants no beginning."""


def reply(fake: "FakeServer", route: str, body: dict[str, Any]) -> Reply:
    """The scripted reply, or what is left of it after the given beginning. Raises Refused."""
    messages, beginning = body["messages"], body.get("response_prefix") or ""
    if messages and messages[-1]["role"] == "assistant":
        *messages, last = messages
        beginning = last["content"]
    counts = is_trial(body)
    if beginning and fake.continues == "refuses":
        raise Refused
    if not beginning or fake.continues == "restarts" or not _is_asked_rightly(fake, route, body):
        return Reply(COUNTING) if counts else _when_asked(fake.reply_to(messages), messages, fake.when_asked)
    whole = Reply(f"{BEGINNING} five, six, seven") if counts else fake.reply_to(messages)
    return whole if fake.continues == "repeats" else replace(whole, text=whole.text.removeprefix(beginning))


def is_trial(body: dict[str, Any]) -> bool:
    """Whether this is docmind's harmless trial, and no question of a user."""
    return any(message.get("content") == QUESTION for message in body["messages"])


def _when_asked(whole: Reply, messages: list[dict[str, Any]], asked: Asked) -> Reply:
    """The reply to a user who quotes the last words and asks to go on; to any other message, the whole reply."""
    script = whole.text
    quote = _quoted(script, str(messages[-1].get("content") or "")) if _follows_a_cut(messages, script) else ""
    if not quote or asked == "restarts":
        return whole
    again = " ".join(quote.split()[-OVERLAP:]) if asked == "overlaps" else ""
    return replace(whole, text=again + script.partition(quote)[2], thinking="")


def _quoted(script: str, request: str) -> str:
    """The longest piece of the script that stands in the request, the first of equals; '' where there is none."""
    best, longest = "", QUOTED - 1
    for end in range(QUOTED, len(script) + 1):
        while longest < end and script[end - longest - 1 : end] in request:
            best, longest = script[end - longest - 1 : end], longest + 1
    return best.rstrip()


def _follows_a_cut(messages: list[dict[str, Any]], script: str) -> bool:
    """Whether the user's last line comes after a cut answer, or where that should be: behind what a tool has shown."""
    before = messages[-2] if len(messages) > 1 else {}
    content = str(before.get("content") or "")
    if messages[-1].get("role") != "user" or str(messages[-1].get("content")).startswith(OBSERVATION):
        return False
    return content.startswith(OBSERVATION) or (before.get("role") == "assistant" and content[-QUOTED:] in script)


def _is_asked_rightly(fake: "FakeServer", route: str, body: dict[str, Any]) -> bool:
    if route == "/api/chat":
        return True
    final = body.get("continue_final_message") is True
    return {
        "vllm": final and body.get("add_generation_prompt") is False,
        "sglang": final,
        "tabby": bool(body.get("response_prefix")),
        "llamacpp": True,
        "llamafile": True,
        "lmstudio": True,
    }.get(fake.flavour, False)
