"""A chat lives in the engine: screens leave it in mid-answer, come back, and look at it together."""

import asyncio
import os
import signal
from pathlib import Path

import psutil

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import Client, stop
from docmind.agents.errors import Code
from docmind.agents.protocol import (
    CANCELLED,
    Answered,
    Ask,
    Asked,
    Cancel,
    Enter,
    Entered,
    Failed,
    KeptTurn,
    Recall,
    Recalled,
    Seen,
    Stop,
    Token,
)
from docmind.agents.settings import ChatSettings, EngineSettings, Settings
from engine_clients import engine_pid, entered, opened, result, said, using, wait_for
from fakes import FakeServer

SEARCH = 'Action: search_documents\nAction Input: {"query": "pump"}'
WORDS = " ".join(f"word{n}" for n in range(60))
ANSWER = f"Answer: {WORDS}"
LONG = "Answer: It is" + " very" * 5000


def text(turn: KeptTurn) -> str:
    return said(timed.event for timed in turn.events)


async def asking(data_dir: Path, folder: Path, server: FakeServer, run: str = "r") -> Client:
    """A client whose answer has begun."""
    client = await opened(data_dir, folder, using(server))
    client.send(Ask(run=run, question="What?"))
    await wait_for(client, Token)
    return client


async def test_who_comes_back_in_mid_answer_gets_every_word_once(data_dir: Path, folder: Path) -> None:
    with FakeServer([SEARCH, ANSWER], gap=0.02) as server:
        await (await asking(data_dir, folder, server)).aclose()
        client = await opened(data_dir, folder, using(server))
        (turn,) = (await entered(client, going_on=True)).turns
        events, end = await result(client, "r")
        await client.aclose()
    assert turn.state == "going on"
    assert turn.question == "What?"
    assert isinstance(end, Answered)
    assert text(turn) + said(events) == end.answer == WORDS
    assert text(turn)


async def test_an_answer_that_came_unseen_is_shown_to_who_comes_next_and_only_once(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer([SEARCH, ANSWER], gap=0.005) as server:
        await (await asking(data_dir, folder, server)).aclose()
        await server.until(lambda: server.finished >= 2)
        client = await opened(data_dir, folder, using(server))
        first = await entered(client, going_on=True)
        if first.turns[0].state == "going on":
            await result(client, "r")
            first = await entered(client, first.chat.id)
        second = await entered(client, going_on=True)
        await client.aclose()
    assert first.turns[0].answer == WORDS
    assert second.turns == []
    assert second.chat.id != first.chat.id


async def test_an_answer_that_came_to_a_screen_without_a_sign_of_its_user_is_shown_to_who_comes_next(
    data_dir: Path, folder: Path
) -> None:
    """Its line may be dead, which nobody notices for minutes."""
    with FakeServer([ANSWER]) as server:
        dead = await asking(data_dir, folder, server)
        await result(dead, "r")
        client = await opened(data_dir, folder, using(server))
        again = await entered(client, going_on=True)
        await client.aclose()
        dead.send(Ask(run="r2", question="And now?"))
        await result(dead, "r2")
        dead.send(Seen())
        dead.send(Recall())
        await wait_for(dead, Recalled)
        client = await opened(data_dir, folder, using(server))
        new = await entered(client, going_on=True)
        for each in (client, dead):
            await each.aclose()
    assert [turn.run for turn in again.turns] == ["r"]
    assert new.turns == []


async def test_a_chat_of_other_folders_is_not_joined(data_dir: Path, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "tea.md").write_text("Tea is green.\n")
    with FakeServer([SEARCH, ANSWER], gap=0.02) as server:
        client = await asking(data_dir, folder, server)
        elsewhere = await opened(data_dir, other, using(server))
        assert (await entered(elsewhere, going_on=True)).turns == []
        await elsewhere.aclose()
        await client.aclose()


async def test_two_screens_in_a_chat_hear_the_same_and_either_may_ask_and_stop(data_dir: Path, folder: Path) -> None:
    with FakeServer([SEARCH, LONG], gap=0.01) as server:
        one = await opened(data_dir, folder, using(server))
        chat = (await entered(one)).chat.id
        one.send(Ask(run="one", question="First?", profile="quotes"))
        await result(one, "one")
        two = await opened(data_dir, folder, using(server))
        assert [turn.run for turn in (await entered(two, chat)).turns] == ["one"]
        two.send(Ask(run="two", question="Second?"))
        asked = await wait_for(one, Asked)
        assert (asked.run, asked.parent, asked.question) == ("two", "one", "Second?")
        await wait_for(one, Token)
        one.send(Cancel(run="two"))
        ends = [(await result(client, "two"))[1] for client in (one, two)]
        for client in (one, two):
            await client.aclose()
    assert [end.code for end in ends if isinstance(end, Failed)] == [CANCELLED, CANCELLED]


async def test_a_question_outside_of_any_chat_begins_one_with_its_words_as_title(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    client.send(Ask(run="r", question="Which colour has\nthe pump?"))
    await result(client, "r")
    await client.aclose()
    await stop(data_dir)
    with ChatStore(chats_file(data_dir)) as store:
        (chat,) = store.chats([folder])
    assert (chat.title, chat.head, chat.state) == ("Which colour has the pump?", "r", "done")


async def test_a_chat_is_entered_after_a_restart_and_its_past_is_in_the_next_prompt(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer([SEARCH, "Answer: As blue as the sky [1]."]) as server:
        client = await opened(data_dir, folder, using(server))
        chat = (await entered(client)).chat.id
        client.send(Ask(run="one", question="Question one?"))
        await result(client, "one")
        await client.aclose()
        await stop(data_dir)
        client = await opened(data_dir, folder, using(server))
        kept = await entered(client, chat[:12])
        client.send(Ask(run="two", question="Question two?"))
        client.send(Ask(run="three", question="Question three?", parent=""))
        await result(client, "three")
        await client.aclose()
        prompts = [[each["content"] for each in asked.body["messages"]][1:] for asked in server.chats[2::2]]
    assert (kept.chat.title, kept.chat.turns) == ("Question one?", 1)
    assert [turn.answer for turn in kept.turns] == ["As blue as the sky [1]."]
    assert prompts == [["Question one?", "As blue as the sky.", "Question two?"], ["Question three?"]]


async def test_an_engine_killed_in_mid_answer_leaves_a_broken_turn(data_dir: Path, folder: Path) -> None:
    with FakeServer([SEARCH, LONG], gap=0.01) as server:
        client = await opened(data_dir, folder, using(server))
        chat = (await entered(client)).chat.id
        client.send(Ask(run="r", question="What?"))
        heard = [(await wait_for(client, Token)).text for _ in range(40)]
        os.kill(engine_pid(data_dir), signal.SIGKILL)
        await client.aclose()
        client = await opened(data_dir, folder, using(server))
        (turn,) = (await entered(client, chat)).turns
        await client.aclose()
    assert turn.state == "broken"
    assert turn.answer == text(turn)
    assert turn.answer.startswith("".join(heard[:10]))


async def test_an_engine_that_is_stopped_in_mid_answer_says_so_and_keeps_it_as_broken(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer([SEARCH, LONG], gap=0.01) as server:
        client = await asking(data_dir, folder, server)
        chat = (await entered(client, going_on=True)).chat.id
        client.send(Stop())
        _, end = await result(client, "r")
        await client.aclose()
        await stop(data_dir)
        client = await opened(data_dir, folder, using(server))
        (turn,) = (await entered(client, chat)).turns
        await client.aclose()
    assert isinstance(end, Failed)
    assert end.code == Code.ENGINE_LOST
    assert turn.state == "broken"
    assert turn.answer.startswith("It")


async def test_a_chat_that_does_not_exist_is_told_and_a_new_one_takes_its_place(data_dir: Path, folder: Path) -> None:
    client = await opened(data_dir, folder)
    client.send(Enter(chat="feed"))
    failed = await wait_for(client, Failed)
    new = await wait_for(client, Entered)
    await client.aclose()
    assert (failed.run, failed.code) == ("", Code.NO_CHAT)
    assert new.turns == []


async def test_chats_that_are_not_to_be_saved_leave_nothing_but_outlive_the_screen(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer([SEARCH, ANSWER], gap=0.02) as server:
        settings = Settings(profiles=using(server).profiles, chats=ChatSettings(save=False))
        client = await opened(data_dir, folder, settings)
        client.send(Ask(run="r", question="What?"))
        await wait_for(client, Token)
        await client.aclose()
        client = await opened(data_dir, folder, settings)
        (turn,) = (await entered(client, going_on=True)).turns
        events, _ = await result(client, "r")
        await client.aclose()
    assert text(turn) + said(events) == WORDS
    await stop(data_dir)
    assert not chats_file(data_dir).exists()


async def test_an_engine_with_a_question_but_no_client_does_not_end_by_idleness(data_dir: Path, folder: Path) -> None:
    with FakeServer([SEARCH, ANSWER], gap=0.02) as server:
        settings = Settings(profiles=using(server).profiles, engine=EngineSettings(idle_minutes=0.0))
        client = await opened(data_dir, folder, settings)
        client.send(Ask(run="r", question="What?"))
        await wait_for(client, Token)
        process = psutil.Process(engine_pid(data_dir))
        await client.aclose()
        await asyncio.to_thread(process.wait, 30)
        assert server.finished == 2
