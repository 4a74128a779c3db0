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
COUNTING = "one, two, three, four, five, six, seven, eight, nine"


class Refused(Exception):
    """The server wants no beginning."""


def reply(fake: "FakeServer", route: str, body: dict[str, Any]) -> Reply:
    """The scripted reply, or what is left of it after the given beginning. Raises Refused."""
    messages, beginning = body["messages"], body.get("response_prefix") or ""
    if messages and messages[-1]["role"] == "assistant":
        *messages, last = messages
        beginning = last["content"]
    counts = any(message.get("content") == QUESTION for message in messages)
    if beginning and fake.continues == "refuses":
        raise Refused
    if not beginning or fake.continues == "restarts" or not _is_asked_rightly(fake, route, body):
        return Reply(COUNTING) if counts else fake.reply_to(messages)
    whole = Reply(f"{BEGINNING} five, six, seven") if counts else fake.reply_to(messages)
    return whole if fake.continues == "repeats" else replace(whole, text=whole.text.removeprefix(beginning))


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
