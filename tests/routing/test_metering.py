from contextlib import aclosing
from pathlib import Path

import pytest

from docmind.agents.backends.base import Delta
from docmind.agents.protocol import Answered, Ask, Meter
from docmind.agents.records import Usage
from docmind.agents.routing.metering import EVERY_S, Metering
from docmind.agents.tokens import CHARS_PER_TOKEN
from engine_clients import opened, result, using
from fakes import FakeServer
from fakes.clock import Clock

SEARCH = 'Action: search_documents\nAction Input: {"query": "pump"}'


@pytest.fixture
def metering(clock: Clock) -> Metering:
    return Metering("1", "fast", prompt=1000, window=4096, now=clock)


def test_a_call_begins_with_the_size_of_its_prompt(metering: Metering) -> None:
    assert metering.begin() == Meter(run="1", profile="fast", context_used=1000, context_window=4096)


def test_a_stream_is_read_once_a_second_at_most(metering: Metering, clock: Clock) -> None:
    readings = []
    for _ in range(40):
        readings.append(metering.take(Delta(text="x" * round(CHARS_PER_TOKEN * 10))))
        clock.now += EVERY_S / 4
    shown = [reading for reading in readings if reading]
    assert len(shown) == 9
    assert [reading.seconds for reading in shown] == [float(second) for second in range(1, 10)]
    assert shown[0].tokens == pytest.approx(50, abs=5)
    assert all(reading.context_used == 1000 + reading.tokens for reading in shown)


def test_thinking_fills_the_window_too(metering: Metering, clock: Clock) -> None:
    metering.take(Delta(thinking="x" * round(CHARS_PER_TOKEN * 10)))
    clock.now += EVERY_S
    reading = metering.take(Delta(text="x"))
    assert reading is not None
    assert reading.tokens == pytest.approx(10, abs=2)


def test_a_reading_is_rounded_to_whole_tokens_and_milliseconds(metering: Metering, clock: Clock) -> None:
    metering.take(Delta(text="pump "))
    clock.now += EVERY_S + 0.23456
    reading = metering.take(Delta(text=""))
    assert reading is not None
    assert (reading.tokens, reading.seconds) == (1, 1.235)


def test_the_last_reading_has_what_the_server_counted(metering: Metering, clock: Clock) -> None:
    metering.take(Delta(text="a"))
    clock.now += 2
    last = metering.end(Usage(prompt_tokens=900, completion_tokens=60))
    assert (last.context_used, last.tokens, last.seconds) == (960, 60, 2.0)


async def test_the_engine_tells_how_full_the_window_is_at_the_begin_and_end_of_each_call(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer([SEARCH, "Answer: The pump is blue [1]."]) as server:
        client = await opened(data_dir, folder, using(server))
        async with aclosing(client):
            client.send(Ask(run="1", question="Which colour has the pump?"))
            events, answered = await result(client, "1")
    assert isinstance(answered, Answered)
    meters = [event for event in events if isinstance(event, Meter)]
    assert [meter.profile for meter in meters] == ["model"] * 4
    assert [meter.tokens > 0 for meter in meters] == [False, True, False, True]
    assert sum(meter.tokens for meter in meters) == answered.usage.completion_tokens
    assert all(0 < meter.context_used < meter.context_window for meter in meters)
    assert meters[2].context_used > meters[0].context_used  # the passages are in it
