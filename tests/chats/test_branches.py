"""Questions that are asked again stand beside the old ones; a chat shows one branch at a time, and can be copied."""

import contextlib
import sqlite3
from pathlib import Path

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.chats.writing import ChatWriter
from docmind.agents.client import Client, stop
from docmind.agents.errors import Code
from docmind.agents.protocol import (
    Answered,
    Ask,
    Asked,
    Branched,
    Compare,
    Compared,
    Enter,
    Entered,
    Failed,
    Recall,
    Recalled,
    Show,
    Stop,
    Summarise,
)
from engine_clients import entered, opened, result, using, wait_for
from fakes import FakeServer

SEARCH = 'Action: search_documents\nAction Input: {"query": "pump"}'


async def asked(client: Client, run: str, parent: str | None = None) -> None:
    client.send(Ask(run=run, question=f"Question {run}?", parent=parent))
    _, end = await result(client, run)
    assert isinstance(end, Answered)


async def branched(client: Client) -> str:
    """a - b, and beside b: c - d. Gives the chat."""
    chat = (await entered(client)).chat.id
    for run, parent in (("a", None), ("b", None), ("c", "a"), ("d", None)):
        await asked(client, run, parent)
    return chat


def runs(event: Entered | Branched) -> list[str]:
    return [turn.run for turn in event.turns]


async def test_the_branch_that_is_shown_changes_for_everybody_and_is_kept(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    chat = await branched(client)
    other = await opened(data_dir, folder)
    first = await entered(other, chat)
    client.send(Show(run="b"))
    turned = [await wait_for(each, Branched) for each in (client, other)]
    client.send(Show(run="c"))
    back = await wait_for(client, Branched)
    client.send(Show(run="b"))
    await wait_for(client, Branched)
    for each in (client, other):
        await each.aclose()
    await stop(data_dir)
    client = await opened(data_dir, folder)
    again = await entered(client, chat)
    await client.aclose()
    assert runs(first) == ["a", "c", "d"]
    assert first.branches == {"c": ["b", "c"]}
    assert [(each.after, runs(each), each.branches) for each in turned] == [("a", ["b"], {"b": ["b", "c"]})] * 2
    assert (back.after, runs(back)) == ("a", ["c", "d"])
    assert runs(again) == ["a", "b"]
    assert again.branches == {"b": ["b", "c"]}


async def test_a_question_that_follows_one_of_a_hidden_branch_shows_that_branch(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    chat = await branched(client)
    client.send(Show(run="b"))
    await wait_for(client, Branched)
    client.send(Ask(run="e", question="Question e?", parent="d"))
    turned, event = await wait_for(client, Branched), await wait_for(client, Asked)
    await result(client, "e")
    whole = await entered(client, chat)
    await client.aclose()
    assert (turned.after, runs(turned), turned.branches) == ("a", ["c", "d"], {"c": ["b", "c"]})
    assert event.parent == "d"
    assert runs(whole) == ["a", "c", "d", "e"]


async def test_a_question_in_the_place_of_the_first_one_begins_anew(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    await branched(client)
    client.send(Ask(run="e", question="Question e?", parent=""))
    turned, event = await wait_for(client, Branched), await wait_for(client, Asked)
    await result(client, "e")
    client.send(Show(run="nothing"))
    failed = await wait_for(client, Failed)
    await client.aclose()
    assert (turned.after, turned.turns) == (None, [])
    assert (event.parent, event.branches) == (None, {"e": ["a", "e"]})
    assert (failed.run, failed.code) == ("", Code.USAGE)


async def test_what_a_branch_does_not_hold_is_not_in_its_prompt(data_dir: Path, folder: Path) -> None:
    with FakeServer([SEARCH, "Answer: Blue [1]."]) as server:
        client = await opened(data_dir, folder, using(server))
        chat = await branched(client)
        await entered(client, chat)
        client.send(Show(run="b"))
        await wait_for(client, Branched)
        await asked(client, "e")
        await client.aclose()
        last = server.chats[-1].body["messages"]
    questions = [each["content"] for each in last if str(each["content"]).startswith("Question")]
    assert questions == ["Question a?", "Question b?", "Question e?"]


async def test_all_answers_in_the_place_of_one_are_compared(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    await branched(client)
    client.send(Compare(run="c"))
    both = await wait_for(client, Compared)
    client.send(Compare(run="nothing"))
    none = await wait_for(client, Compared)
    await client.aclose()
    assert [turn.run for turn in both.turns] == ["b", "c"]
    assert all(turn.events for turn in both.turns)
    assert none.turns == []


async def test_a_copy_has_all_branches_and_leaves_the_chat_alone(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    chat = await branched(client)
    client.send(Summarise(turn="c", text="They spoke of pumps."))
    client.send(Enter(copy=chat))
    copy = await wait_for(client, Entered)
    client.send(Recall())
    recalled = await wait_for(client, Recalled)
    await asked(client, "e")
    await client.aclose()
    await stop(data_dir)
    with ChatStore(chats_file(data_dir)) as store:
        old, new = store.turns(chat), store.turns(copy.chat.id)
        titles = [store.chat(each).title for each in (chat, copy.chat.id)]
        summaries = store.summaries(copy.chat.id)
    assert titles == ["Question a?", "Question a? (copy)"]
    assert (recalled.turn, recalled.text) == (copy.turns[1].run, "They spoke of pumps.")
    assert [(run, kept.text, kept.by) for run, kept in summaries.items()] == [(recalled.turn, recalled.text, "user")]
    assert [turn.question for turn in copy.turns] == ["Question a?", "Question c?", "Question d?"]
    assert [turn.run for turn in old] == ["a", "b", "c", "d"]
    assert [turn.question for turn in new] == [f"Question {run}?" for run in "abcde"]
    assert not {turn.run for turn in old} & {turn.run for turn in new}
    assert [turn.answer for turn in new[:4]] == [turn.answer for turn in old]
    assert {event.event.run for turn in new for event in turn.events} == {turn.run for turn in new}


async def test_while_nothing_is_saved_a_chat_is_not_copied_and_the_engine_not_replaced(
    data_dir: Path, folder: Path
) -> None:
    ChatWriter(chats_file(data_dir)).close()
    with contextlib.closing(sqlite3.connect(chats_file(data_dir))) as db:
        db.execute("PRAGMA user_version=99")
    client = await opened(data_dir, folder)
    chat = (await entered(client)).chat.id
    await asked(client, "a")
    client.send(Enter(copy=chat))
    refused, again = await wait_for(client, Failed), await wait_for(client, Entered)
    client.send(Stop(only_idle=True))
    stays = await wait_for(client, Failed)
    await client.aclose()
    assert (refused.run, refused.code) == ("", Code.DISK)
    assert "newer version" in refused.hint
    assert (again.chat.id, runs(again)) == (chat, ["a"])
    assert (stays.code, "cannot save" in stays.message) == (Code.ENGINE_VERSION, True)
