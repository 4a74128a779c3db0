"""What must not be written into a chat, however it comes."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmind.agents.chats.journal import Journal
from docmind.agents.chats.records import TimedEvent
from docmind.agents.chats.secrets import Secrets, Veil, of_environment
from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import Answered, AnyRunEvent, State, Thought, Token, ToolReturned
from docmind.agents.records import Passage
from fakes.chats import Telling, answered, some_chat, timed
from fakes.kept_chats import whole_answer

KEY = 'sk-live-"abc\\123'


def veiled(secrets: list[str], events: list[TimedEvent]) -> list[TimedEvent]:
    veil = Veil(Secrets(secrets))
    return [out for event in events for out in veil.take(event)] + veil.close()


def text(events: list[TimedEvent]) -> str:
    return "".join(timed.event.text for timed in events if isinstance(timed.event, Token))


def test_only_variables_that_are_named_like_a_secret_and_hold_one_count() -> None:
    environ = {
        "OPENAI_API_KEY": "sk-1234567890",
        "HF_TOKEN": "hf_abcdefgh",
        "DB_PASSWORD": " hunter2hunter2 ",
        "GPU_BOX_KEY": "abcdefgh12",
        "SSH_KEY": "/home/me/.ssh/id_ed25519",
        "KEYBOARD": "pc105-layout",
        "TOKENIZERS_PARALLELISM": "false-or-true",
        "MY_SECRET": "none",
        "PATH": "/usr/bin:/bin",
    }
    assert of_environment(environ) == {"sk-1234567890", "hf_abcdefgh", "hunter2hunter2", "abcdefgh12"}


@given(st.lists(st.integers(1, 60), max_size=8))
def test_a_secret_is_blanked_however_the_text_is_cut_into_pieces(cuts: list[int]) -> None:
    said = f"The key is {KEY}, again {KEY}{KEY} and sk-live only."
    edges = sorted({0, len(said), *(cut for cut in cuts if cut < len(said))})
    pieces = [said[start:end] for start, end in pairwise(edges)]
    events = veiled([KEY], timed(*(Token(run="r1", text=piece) for piece in pieces)))
    assert text(events) == "The key is [hidden], again [hidden][hidden] and sk-live only."


@pytest.mark.parametrize("secrets", [[], [KEY], [KEY, "blue as the sea"], ["a" * 5]])
@given(st.lists(st.text("ab sk-live", max_size=6), max_size=12))
def test_text_without_a_secret_passes_whole_and_in_its_order(secrets: list[str], pieces: list[str]) -> None:
    if "aaaaa" in "".join(pieces):
        return
    events = timed(*(Token(run="r1", text=piece) for piece in pieces))
    out = veiled(secrets, events)
    assert text(out) == "".join(pieces)
    assert [event.at for event in out] == sorted(event.at for event in out)


def test_without_secrets_events_stay_as_they_are() -> None:
    events = timed(Token(run="r1", text="a"), Token(run="r1", text=""), answered("r1", "a"))
    assert veiled([], events) == events


def test_a_secret_is_blanked_wherever_it_stands_in_an_event() -> None:
    passage = Passage(path="keys.txt", text=f'{{"key": "{KEY}"}}')
    returned = ToolReturned(run="r1", call="1", passages=[passage], seconds=0.1)
    (out,) = veiled([KEY], timed(returned))
    assert isinstance(out.event, ToolReturned)
    assert out.event.passages[0].text == '{"key": "[hidden]"}'


@pytest.mark.parametrize(
    "secret", ["model", "token", "answered", "verified", "12345", "false", "manual", "r1", "loading", "messages"]
)
def test_a_secret_that_looks_like_a_part_of_the_record_does_not_spoil_it(secret: str) -> None:
    """Such as the placeholders that local servers get for a key."""
    detail = f"It is {secret}."
    events = timed(*(each.event for each in whole_answer("r1")), State(run="r1", state="loading", detail=detail))
    out = veiled([secret], events)
    assert [type(each.event) for each in out] == [type(each.event) for each in events]
    lines = msgspec.json.encode(out)
    assert msgspec.json.decode(lines, type=list[TimedEvent]) == out
    assert {each.event.run for each in out} == {"r1"}
    assert isinstance(out[-1].event, State)
    assert out[-1].event.detail == (detail if secret == "r1" else "It is [hidden].")  # as short as that is none


def test_what_was_held_back_stands_before_what_comes_next() -> None:
    events: list[AnyRunEvent] = [Token(run="r1", text="sk-li"), Thought(run="r1", text="sk-"), answered("r1", "x")]
    kinds = [type(out.event) for out in veiled([KEY], timed(*events))]
    assert kinds == [Token, Thought, Answered]


def test_neither_a_key_nor_a_secret_of_the_environment_reaches_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "tok-abcdefgh")
    journal = Journal(file, Telling())
    journal.hide(["sk-key-123456"])
    journal.begin(some_chat(title="Is tok-abcdefgh a token?"))
    journal.ask("r1", "c1", None, "Is tok-abcdefgh a token, sk-key-123456 a key?", 1000.0)
    for piece in ("Yes: tok-", "abcd", "efgh, and sk-key-12", "3456."):
        journal.append("r1", TimedEvent(0.1, Token(run="r1", text=piece)))
    journal.append("r1", TimedEvent(0.2, answered("r1", "Yes: tok-abcdefgh, and sk-key-123456.")))
    journal.finish("r1")
    journal.close()
    with ChatStore(file) as store:
        (turn,) = store.path("c1")
        assert store.chat("c1").title == "Is [hidden] a token?"
    assert (turn.question, turn.answer) == ("Is [hidden] a token, [hidden] a key?", "Yes: [hidden], and [hidden].")
    assert text(turn.events) == turn.answer
    for path in file.parent.iterdir():
        assert b"abcdefgh" not in path.read_bytes()
        assert b"key-12" not in path.read_bytes()
