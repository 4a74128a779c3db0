"""`docmind ask` when a backend dies in mid-answer: the user reads one whole answer."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeServer, Fault, Reply
from program import Program

QUESTION = "How often must the compressor be inspected?"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "compressor inspected"}'
ANSWER = "Thought: I can answer.\nAnswer: The compressor must be inspected every 400 hours, says the manual [1]."
WHOLE = "The compressor must be inspected every 400 hours, says the manual [1]."
FROM_THE_MANUAL = "“The compressor must be inspected every 400 hours of operation.” [1]"
Messages = list[dict[str, Any]]


def openai(**servers: FakeServer) -> str:
    """A configuration with a profile for each server, tried in this order."""
    tables = [
        f'[profiles.{name}]\nkind = "openai"\nurl = "{server.openai_url}"\nmodel = "{server.model}"\n'
        for name, server in servers.items()
    ]
    names = ", ".join(f'"{name}"' for name in servers)
    return f"fallback = [{names}]\n" + "".join(tables)


class Dying(FakeServer):
    """Searches, and dies after so many tokens of its answer."""

    def __init__(self, after: int, gap: float = 0.0) -> None:
        super().__init__(self._reply, gap=gap, flavour="plain")
        self._after = after

    def _reply(self, messages: Messages) -> str:
        if any(str(message["content"]).startswith("Observation:") for message in messages):
            return ANSWER
        self.fault = Fault("reset", after=self._after)
        return SEARCH


def continuing(messages: Messages) -> str:
    """A model that goes on where it is asked to in words."""
    last = str(messages[-1]["content"])
    if not last.startswith("Your answer was cut off."):
        return ANSWER
    said = last.partition("\n")[2].partition("\n\n")[0].removeprefix("… ")
    return WHOLE[WHOLE.index(said) + len(said) :].lstrip()


def restarting(_: Messages) -> str:
    return ANSWER


@pytest.mark.parametrize("after", [8, 10, 14])
@pytest.mark.parametrize("second", [continuing, restarting], ids=["goes on", "says it all again"])
def test_the_next_backend_finishes_the_answer(
    program: Program, documents: Path, after: int, second: Callable[[Messages], str]
) -> None:
    with Dying(after) as first, FakeServer(second, flavour="plain") as other:
        config = program.config(openai(first=first, other=other))
        answer = program.json("--config", config, "ask", QUESTION, documents)
        asked = other.chats[0].body["messages"]
    assert answer["answer"] == WHOLE
    assert answer["profile"] == "other"
    assert [(a["profile"], a["ok"]) for a in answer["attempts"]] == [("first", True), ("first", False), ("other", True)]
    assert answer["citations"][0]["verified"]
    assert [step["tool"] for step in answer["steps"]] == ["search_documents"]
    assert [message["role"] for message in asked[-2:]] == ["assistant", "user"]


def test_a_step_that_breaks_in_its_thought_is_done_again_and_its_search_only_once(
    program: Program, documents: Path
) -> None:
    with Dying(3) as first, FakeServer([SEARCH, ANSWER]) as other:
        config = program.config(openai(first=first, other=other))
        answer = program.json("--config", config, "ask", QUESTION, documents)
        roles = [message["role"] for message in other.chats[0].body["messages"]]
    assert answer["answer"] == WHOLE
    assert len(answer["steps"]) == 1
    assert roles == ["system", "user", "assistant", "user"]


def test_quotes_finishes_what_a_model_has_begun(program: Program, documents: Path) -> None:
    with Dying(11) as only:
        answer = program.json("--config", program.config(openai(only=only)), "ask", QUESTION, documents)
        calls = len(only.chats)
    assert answer["answer"].startswith("The compressor must be inspected …\n\nThe documents say:")
    assert FROM_THE_MANUAL in answer["answer"]
    assert answer["profile"] == "quotes"
    assert calls == 3, "it is asked once more before there are only quotations left"


def test_a_model_whose_connection_broke_may_finish_its_own_answer(program: Program, documents: Path) -> None:
    def once(messages: Messages) -> str:
        if any(str(message["content"]).startswith("Observation:") for message in messages):
            reply, only.fault = continuing(messages), None
            return reply
        only.fault = Fault("reset", after=9, times=1)
        return SEARCH

    with FakeServer(once, flavour="plain") as only:
        answer = program.json("--config", program.config(openai(only=only)), "ask", QUESTION, documents)
    assert (answer["answer"], answer["profile"]) == (WHOLE, "only")


def test_without_fallback_what_was_said_is_kept_and_the_reason_told(program: Program, documents: Path) -> None:
    with Dying(10) as only:
        config = program.config(openai(only=only))
        done = program.run("--config", config, "ask", QUESTION, documents, "--profile", "only", "--no-fallback")
    assert done.returncode == 4
    assert done.stdout.startswith("The compressor must be inspected")
    assert "[ERR_5000]" in done.stderr


def test_a_script_gets_what_was_said_with_the_reason(program: Program, documents: Path) -> None:
    with Dying(10) as only:
        config = program.config(openai(only=only))
        done = program.run(
            "--config", config, "ask", QUESTION, documents, "--profile", "only", "--no-fallback", "--json"
        )
    told = json.loads(done.stdout)
    assert told["error"]["code"] == "ERR_5000"
    assert told["answer"].startswith("The compressor must be inspected")


def on_a_terminal(program: Program, documents: Path, stderr: int | None) -> tuple[str, bytes]:
    """What the terminal shows of an answer that is taken over, and stderr where it does not go there."""
    with Dying(10, gap=0.02) as first, FakeServer(continuing, gap=0.02, flavour="plain") as other:
        screen, terminal = pty.openpty()
        command = program.command("--config", program.config(openai(first=first, other=other)), "ask", QUESTION)
        process = subprocess.Popen(
            [*command, str(documents)], env=program.environ, stdout=terminal, stderr=stderr or terminal
        )
        os.close(terminal)
        seen = b""
        try:
            while piece := os.read(screen, 65536):
                seen += piece
        except OSError:
            pass
        os.close(screen)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    return seen.decode(), errors


def test_on_a_terminal_no_word_is_written_twice(program: Program, documents: Path) -> None:
    seen, errors = on_a_terminal(program, documents, subprocess.PIPE)
    assert " ".join(seen.partition("\x1b")[0].split()) == WHOLE
    assert b"Continued by other." in errors


def test_on_a_terminal_the_notice_of_a_takeover_stands_on_a_line_of_its_own(program: Program, documents: Path) -> None:
    seen, _ = on_a_terminal(program, documents, None)
    shown = re.sub(r"[^\n]*\r\x1b\[K|\x1b\[\d*m", "", seen.replace("\r\n", "\n"))  # what a progress line wiped out
    assert re.search(r"\n  first .* Continued by other\.\n", shown)
    answer = re.sub(r"\n  [^ ][^\n]*", "", "\n" + shown)
    assert " ".join(answer.split()).startswith(WHOLE)


def test_an_answer_that_ends_for_want_of_tokens_says_so(program: Program, documents: Path) -> None:
    with FakeServer([SEARCH, Reply(ANSWER[:60], finish="length")]) as only:
        config = program.config(openai(only=only))
        assert program.json("--config", config, "ask", QUESTION, documents)["cut"]
        told = program.run("--config", config, "ask", QUESTION, documents).stderr
    assert "cut off: max_tokens or context is used up" in told
