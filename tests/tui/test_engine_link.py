"""The line of the screen to real engine processes, with real losses."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from docmind.agents.endpoint import socket_file
from docmind.agents.errors import Code
from docmind.agents.protocol import Answered, AnyEvent, Ask, Cancel, Enter, Entered, Failed, Open, Token
from docmind.agents.settings import Settings
from docmind.tui.engine_link import EngineLink, LinkState
from engine_clients import engine_pid, using
from fakes import FakeServer


class Screen:
    """A link, and everything that it told."""

    def __init__(self, data_dir: Path, folder: Path, settings: Settings | None = None) -> None:
        command = Open(settings=settings or Settings(fallback=["quotes"]), roots=[os.fsencode(folder)])
        self.told: list[AnyEvent | LinkState] = []
        self.link = EngineLink(data_dir, lambda: command, self._tell, Enter())
        self._news = asyncio.Event()

    def _tell(self, event: AnyEvent | LinkState) -> None:
        self.told.append(event)
        self._news.set()

    async def until(self, found: Callable[[AnyEvent | LinkState], bool]) -> AnyEvent | LinkState:
        """The first event that is like this."""
        async with asyncio.timeout(60):
            while True:
                for event in self.told:
                    if found(event):
                        return event
                self._news.clear()
                await self._news.wait()

    async def until_state(self, state: str) -> LinkState:
        told = await self.until(lambda event: isinstance(event, LinkState) and event.state == state)
        assert isinstance(told, LinkState)
        return told

    async def end_of(self, run: str) -> AnyEvent | LinkState:
        return await self.until(lambda event: isinstance(event, Answered | Failed) and event.run == run)


@pytest.fixture
def blocked_data_dir(data_dir: Path) -> Path:
    """A file in the place of the data folder."""
    data_dir.write_text("not a folder")
    return data_dir


def socket_of_nobody(data_dir: Path) -> Path:
    """Where the engine of a new data folder would listen."""
    data_dir.mkdir(parents=True)
    file = socket_file(data_dir)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


@asynccontextmanager
async def running(screen: Screen) -> AsyncIterator[Screen]:
    task = asyncio.create_task(screen.link.run())
    try:
        yield screen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_question_that_was_sent_before_the_engine_is_there_is_answered(data_dir: Path, folder: Path) -> None:
    screen = Screen(data_dir, folder)
    screen.link.send(Ask(run="r1", question="Is the pump blue?"))
    assert list(screen.link.runs) == ["r1"]
    async with running(screen):
        answered = await screen.end_of("r1")
    assert isinstance(answered, Answered)
    assert "blue" in answered.answer
    assert not screen.link.runs
    assert [told.state for told in screen.told if isinstance(told, LinkState)] == ["starting", "ready"]


async def test_a_waiting_question_can_be_stopped(data_dir: Path, folder: Path) -> None:
    screen = Screen(data_dir, folder)
    screen.link.send(Ask(run="r1", question="Which colour?"))
    screen.link.send(Ask(run="r2", question="Which colour?"))
    screen.link.send(Cancel(run="r1"))
    async with running(screen):
        assert isinstance(await screen.end_of("r2"), Answered)
    ends = [told for told in screen.told if isinstance(told, Answered | Failed) and told.run == "r1"]
    assert [end.code for end in ends if isinstance(end, Failed)] == ["cancelled"]
    assert len(ends) == 1


async def test_an_engine_killed_in_mid_answer_leaves_it_broken_and_a_new_engine_answers_the_next(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer(["Thought: I know.\nAnswer: " + "word " * 400], gap=0.02) as server:
        screen = Screen(data_dir, folder, using(server))
        async with running(screen):
            screen.link.send(Ask(run="r1", question="Tell me"))
            await screen.until(lambda _: sum(isinstance(event, Token) for event in screen.told) > 40)
            os.kill(engine_pid(data_dir), signal.SIGKILL)
            entered = await screen.until(lambda event: isinstance(event, Entered) and bool(event.turns))
            assert isinstance(entered, Entered)
            assert [turn.state for turn in entered.turns] == ["broken"]
            assert entered.turns[0].answer.startswith("word word")
            assert not screen.link.runs
            screen.link.send(Ask(run="r2", question="Again", profile="quotes"))
            assert isinstance(await screen.end_of("r2"), Answered)


async def test_garbage_on_the_socket_is_told_and_never_raised(data_dir: Path, folder: Path) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\n" * 3)
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(speak, socket_of_nobody(data_dir)):
        screen = Screen(data_dir, folder)
        screen.link.send(Ask(run="r1", question="Which colour?"))
        async with running(screen):
            failed = await screen.end_of("r1")
            state = await screen.until_state("failed")
    assert isinstance(failed, Failed)
    assert failed.code == Code.ENGINE_VERSION
    assert state.error is not None


async def test_an_engine_that_does_not_start_is_tried_again_with_the_next_question(
    blocked_data_dir: Path, folder: Path
) -> None:
    screen = Screen(blocked_data_dir, folder)
    async with running(screen):
        state = await screen.until_state("failed")
        assert state.error is not None
        assert state.error.code == Code.ENGINE_START
        assert state.error.message.endswith(f"File exists: {blocked_data_dir}.")
        os.unlink(blocked_data_dir)
        screen.link.send(Ask(run="r1", question="Is the pump blue?"))
        assert isinstance(await screen.end_of("r1"), Answered)


async def test_of_two_chats_that_are_asked_for_in_a_row_the_second_one_is_told(data_dir: Path, folder: Path) -> None:
    screen = Screen(data_dir, folder)
    async with running(screen):
        await screen.until(lambda event: isinstance(event, Entered))
        screen.told.clear()
        screen.link.send(Enter())
        screen.link.send(Enter())
        screen.link.send(Ask(run="r", question="What is the pump?"))
        await screen.end_of("r")
    assert len([event for event in screen.told if isinstance(event, Entered)]) == 1
