"""Which profiles may answer while a card is too hot."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from docmind.agents import cooling as module
from docmind.agents.cooling import Cooling, Way
from docmind.agents.hardware import watching
from docmind.agents.hardware.gpu import Gpu, Reading
from docmind.agents.settings import Profile, WhenHot

PROFILES = {
    "card": Profile(kind="ollama"),
    "cpu": Profile(kind="ollama", options={"num_gpu": 0}),
    "quotes": Profile(kind="quotes"),
}
HOT, COOL = Gpu(index=0, name="Card", throttle=("heat",), temperature=90), Gpu(index=0, name="Card", temperature=70)


class Reader:
    """A driver that says what it is told to, or hangs."""

    def __init__(self, card: Gpu) -> None:
        self.card, self.answers = card, threading.Event()
        self.answers.set()

    def read(self) -> Reading:
        self.answers.wait()
        return Reading([self.card])


class Watched:
    """The cooling of an engine, and what a question is told while it waits."""

    def __init__(self, reader: Reader) -> None:
        self.cooling, self.told = Cooling(reader), list[str]()
        self.waits = asyncio.Event()
        self.cooling.begin()
        self.cooling.begin()  # by a second client

    async def way(self, when_hot: WhenHot, *names: str) -> Way:
        return await self.cooling.way(names, PROFILES, when_hot, self._tell)

    def _tell(self, words: str) -> None:
        self.told.append(words)
        self.waits.set()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(watching, "INTERVAL_S", 0.01)
    return Reader(HOT)


@pytest.fixture
async def watched(reader: Reader) -> Watched:
    return Watched(reader)


@pytest.fixture(autouse=True)
def ended(watched: Watched, reader: Reader) -> Iterator[None]:
    yield
    watched.cooling.end()
    reader.answers.set()


ALL = ("card", "cpu", "quotes")


async def test_by_default_every_profile_is_asked(watched: Watched) -> None:
    assert await watched.way("notice", *ALL) == Way([*ALL])


async def test_the_next_profile_elsewhere_answers_with_the_reason(watched: Watched) -> None:
    way = await watched.way("next", *ALL)
    assert way.names == ["cpu", "quotes"]
    assert way.past == "GPU 0 is at 90 °C and is slowed down by heat: card is left alone until that has cooled down."


async def test_a_first_choice_elsewhere_stays_the_first(watched: Watched) -> None:
    assert await watched.way("next", "cpu", "card", "quotes") == Way(["cpu", "quotes"])


async def test_a_pinned_profile_answers_however_hot_it_is(watched: Watched) -> None:
    assert await watched.way("next", "card") == Way(["card"])


async def test_a_question_waits_until_it_is_cooler_and_says_so_when_that_changes(
    watched: Watched, reader: Reader
) -> None:
    waiting = asyncio.create_task(watched.way("wait", *ALL))
    await watched.waits.wait()
    watched.waits.clear()
    reader.card = Gpu(index=0, name="Card", throttle=("heat",), temperature=86)
    await watched.waits.wait()
    assert not waiting.done()
    reader.card = COOL
    assert await waiting == Way([*ALL])
    assert watched.told == [f"GPU 0 is at {degrees} °C and is slowed down by heat" for degrees in (90, 86)]


async def test_a_question_for_a_profile_elsewhere_does_not_wait(watched: Watched) -> None:
    assert await watched.way("wait", "cpu", "card", "quotes") == Way(["cpu", "card", "quotes"])
    assert watched.told == []


async def test_nobody_waits_for_a_driver_that_hangs(
    watched: Watched, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.setattr("docmind.agents.hardware.heat.STALE_S", 0.1)
    waiting = asyncio.create_task(watched.way("wait", *ALL))
    await watched.waits.wait()
    reader.answers.clear()
    assert await waiting == Way([*ALL])
    assert await watched.way("next", *ALL) == Way([*ALL])


async def test_waiting_can_be_left(watched: Watched) -> None:
    waiting = asyncio.create_task(watched.way("wait", *ALL))
    await watched.waits.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
