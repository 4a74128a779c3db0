"""One answer as a file: its prompts as they were sent, its passages with hashes, every event with its time."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.chats.run_file import as_turn, decode, encode
from docmind.agents.chats.secrets import Secrets
from docmind.agents.chats.store import ChatStore
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import KeptTurn, Prompted
from fakes.kept_chats import PASSAGE, keep

NO_SECRETS = Secrets([])


@pytest.fixture
def turn(file: Path) -> KeptTurn:
    keep(file)
    with ChatStore(file) as store:
        return store.turn("c1r1")


def test_the_events_come_back_as_they_were_with_their_times(turn: KeptTurn) -> None:
    file = decode(encode(turn, NO_SECRETS))
    shown = [timed for timed in turn.events if not isinstance(timed.event, Prompted)]
    assert file.events == as_turn(file).events == shown
    assert (file.question, file.answer, file.state) == (turn.question, turn.answer, "done")


def test_each_call_has_its_whole_prompt_and_its_parameters(turn: KeptTurn) -> None:
    first, second = decode(encode(turn, NO_SECRETS)).calls
    assert [message.content for message in first.messages] == ["You answer questions.", "Which colour?"]
    assert second.messages[:2] == first.messages
    assert second.messages[2].content == "Observation: The pump is blue."
    assert (second.profile, second.model, second.window, second.max_tokens) == ("fast", "tiny", 4096, 256)
    assert (second.options, second.stop, second.at) == ({"temperature": 0.1}, ["\nObservation:"], 0.4)


def test_each_passage_has_the_hash_of_its_text(turn: KeptTurn) -> None:
    (passage,) = decode(encode(turn, NO_SECRETS)).passages
    assert passage.sha256 == hashlib.sha256(PASSAGE.text.encode()).hexdigest()
    assert (passage.n, passage.path, passage.lines) == (1, "manual.md", (3, 3))


def test_a_secret_is_blanked_also_in_a_passage_and_in_a_prompt(turn: KeptTurn) -> None:
    data = encode(turn, Secrets(["pump is blue"]))
    assert b"pump is blue" not in data
    assert "[hidden]" in decode(data).events[2].event.passages[0].text  # type: ignore[union-attr]


def refusal(data: bytes) -> Code:
    with pytest.raises(DocmindError) as caught:
        decode(data)
    return caught.value.code


def changed(data: bytes, **fields: Any) -> bytes:
    return json.dumps(json.loads(data) | fields).encode()


def test_what_is_no_whole_run_file_is_refused(turn: KeptTurn) -> None:
    data = encode(turn, NO_SECRETS)
    for size in range(0, len(data) - 2, 53):
        assert refusal(data[:size]) == Code.FILE_REFUSED
    assert refusal(changed(data, docmind="chats")) == Code.FILE_REFUSED
    assert refusal(changed(data, question="\x1b[31m")) == Code.FILE_REFUSED
    assert refusal(changed(data, run="other")) == Code.FILE_REFUSED
    assert refusal(changed(data, asked_at=1e300)) == Code.FILE_REFUSED
    assert refusal(changed(data, version=2, events="new")) == Code.FILE_NEWER


def test_a_passage_that_was_changed_afterwards_is_noticed(turn: KeptTurn) -> None:
    data = encode(turn, NO_SECRETS).replace(b"The pump is blue.\\n", b"The pump is red.\\n")
    assert refusal(data) == Code.FILE_REFUSED
