"""What the list of chats rests on in the store."""

from pathlib import Path

from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from fakes.chats import say, some_chat


def test_chats_are_found_by_the_words_of_their_titles(tmp_path: Path) -> None:
    file = tmp_path / "chats.db"
    with ChatWriter(file) as store:
        store.begin(some_chat("c1", "Über die Größe"))
        store.begin(some_chat("c2", "100 % of it_all"))
        store.begin(some_chat("c3", "About nothing"))
    with ChatStore(file) as store:
        found = {
            words: [chat.id for chat in store.chats(words=words)] for words in ("GRÖSSE über", "% _", "of nothing")
        }
    assert found == {"GRÖSSE über": ["c1"], "% _": ["c2"], "of nothing": []}


def test_a_question_brings_back_what_was_deleted_or_archived(tmp_path: Path) -> None:
    file = tmp_path / "chats.db"
    say(file, "Blue?", run="r1")
    with ChatStore(file, "rw") as store:
        store.archive("c1")
        store.delete("c1", 1.0)
    say(file, "Red?", run="r2", parent="r1")
    with ChatStore(file) as store:
        assert [chat.id for chat in store.chats()] == ["c1"]
