"""The sidebar: what it says, and when it paints."""

import re

import pytest

from docmind.agents.hardware.gpu import Gpu
from docmind.agents.protocol import Library, Meter
from docmind.agents.records import Timings
from fakes.sidebar import Alone, answered, card, row, sample


async def test_a_card_is_told_with_its_units() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(card()))
        await pilot.pause()
        text = app.sidebar.text
    assert "GPU 0  Card 16" in text
    assert row(text, "load").endswith("87 %")
    assert row(text, "VRAM").endswith("12.1 / 16.0 GB")
    assert row(text, "temp").endswith("71 °C")
    assert row(text, "power").endswith("244 / 320 W")
    assert "!" not in text


async def test_what_a_card_does_not_tell_is_not_guessed() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(Gpu(index=0, name="Old")))
        await pilot.pause()
        text = app.sidebar.text
    assert [row(text, label).split()[-1] for label in ("load", "VRAM", "temp", "power")] == ["n/a"] * 4
    assert not set(text) & set("▁▂▃▄▅▆▇█░")


@pytest.mark.parametrize(
    ("temperatures", "hot"), [([84], False), ([85], True), ([90, 81], True), ([90, 79], False), ([82], False)]
)
async def test_a_hot_card_carries_a_sign_until_it_has_cooled(temperatures: list[int], hot: bool) -> None:
    app = Alone()
    async with app.run_test() as pilot:
        for temperature in temperatures:
            app.sidebar.show_sample(sample(card(temperature=temperature)))
        await pilot.pause()
        assert row(app.sidebar.text, "temp").endswith("!") == hot


@pytest.mark.parametrize(("limit", "hot"), [(None, False), (80, True), (95, False)])
async def test_a_card_that_slows_itself_down_earlier_counts_as_hot_earlier(limit: int | None, hot: bool) -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(card(temperature=82, temperature_limit=limit)))
        await pilot.pause()
        assert row(app.sidebar.text, "temp").endswith("!") == hot


@pytest.mark.parametrize(("used", "full"), [(13_900_000_000, False), (14_000_000_000, True)])
async def test_memory_that_is_nearly_full_carries_a_sign(used: int, full: bool) -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(card(memory_used=used)))
        await pilot.pause()
        assert row(app.sidebar.text, "VRAM").endswith("!") == full


async def test_a_sign_has_the_colour_of_warnings_which_is_another_one_than_that_of_values() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        colours = []
        for temperature in (71, 91):
            app.sidebar.show_sample(sample(card(temperature=temperature)))
            await pilot.pause()
            style = list(app.sidebar.render_line(3))[-1].style
            colours.append(style and style.color)
        warning = app.sidebar.get_component_rich_style("sidebar--warning").color
    assert colours[1] == warning != colours[0]


async def test_of_many_cards_each_has_its_line_with_the_sign_before_what_is_wrong() -> None:
    limit = 100_000_000_000
    cards = [card(index=index, memory_total=limit) for index in range(4)]
    cards += [card(index=4, memory_used=limit, memory_total=limit, temperature=100, throttle=("heat",))]
    cards += [Gpu(index=5, name="Old")]
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(*cards))
        await pilot.pause()
        text = app.sidebar.text
    assert row(text, "GPU 3") == "GPU 3    87 %   12/100 GB   71 °C"
    assert row(text, "GPU 4") == "GPU 4    87 % !100/100 GB !100 °C"
    assert row(text, "GPU 5") == "GPU 5     n/a         n/a     n/a"
    assert text.count("! slowed down by heat") == 1


async def test_without_a_gpu_the_machine_is_told_and_why_there_is_none() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(problem="The NVIDIA driver does not answer: Driver Not Loaded."))
        await pilot.pause()
        text = app.sidebar.text
    assert row(text, "CPU").endswith("12 %")
    assert row(text, "RAM").endswith("6.0 / 16.0 GB")
    assert "! The NVIDIA driver does not answer: Driver Not Loaded." in text.replace("\n", " ")


async def test_a_card_that_stays_hot_is_told_once_more_with_what_can_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docmind.agents.hardware.heat.LONG_S", 0.0)
    app = Alone()
    async with app.run_test() as pilot:
        for degrees in (71, 88, 89):
            app.sidebar.show_sample(sample(card(temperature=degrees)))
        await pilot.pause()
        told = [notice.message for notice in app._notifications]
    assert told == [
        "GPU 0 is hot: 88 °C.",
        "GPU 0 is at 88 °C, over its limit for 30 s. Questions can wait for it: hardware.when_hot in the settings.",
    ]


async def test_a_reading_that_looks_the_same_paints_nothing_and_one_value_paints_one_line() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(card()))
        await pilot.pause()
        app.sidebar.painted.clear()
        app.sidebar.show_sample(sample(card(memory_used=12_100_000_001, power=244.2)))
        await pilot.pause()
        assert app.sidebar.painted == []
        app.sidebar.show_sample(sample(card(temperature=72)))
        await pilot.pause()
        assert len(set(app.sidebar.painted)) == 1


async def test_library_conversation_and_next_ones_are_told() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show(Library(ready=False, done=12, todo=300))
        await pilot.pause()
        assert row(app.sidebar.text, "reading").endswith("12 of 300")
        app.sidebar.show(Library(ready=True, files=1, chunks=3456, failed=2))
        app.sidebar.show(Meter(run="r", profile="p", context_used=3_100, context_window=8_000, tokens=82, seconds=2.0))
        app.sidebar.show_profiles(["second", "th\x1b[31mird"])
        await pilot.pause()
        text = app.sidebar.text
    assert "1 file · 3,456 passages" in text
    assert "! 2 files could not be read" in text
    assert row(text, "context").endswith("3.1 / 8.0 k")
    assert "41 tok/s" in text
    assert text.endswith("Next if it fails\nsecond, third")


async def test_the_speed_of_an_answer_is_the_one_that_stands_below_it() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        shown = []
        for profile, speed in (("fast", 33.0), ("quotes", 5000.0)):
            app.sidebar.show(Meter(run="r", profile=profile, context_used=1, context_window=2, tokens=82, seconds=2.0))
            app.sidebar.show(answered(profile, Timings(tokens_per_s=speed)))
            await pilot.pause()
            shown.append(re.findall(r"\d+ tok/s", app.sidebar.text))
    assert shown == [["33 tok/s"], []]


async def test_the_summary_is_told_once_for_every_change() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        for temperature in (71, 71, 86):
            app.sidebar.show_sample(sample(card(temperature=temperature)))
            await pilot.pause()
    assert app.summaries == ["87 % · 12.1/16.0 GB · 71 °C", "87 % · 12.1/16.0 GB · 86 °C !"]


async def test_the_summary_is_of_the_card_that_needs_a_look_and_says_so_when_there_is_none() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        for reading in (
            sample(card(), card(index=1)),
            sample(card(), card(index=1, memory_used=15_000_000_000, throttle=("heat",))),
            sample(problem="It is not loaded."),
            sample(),
        ):
            app.sidebar.show_sample(reading)
            await pilot.pause()
    assert app.summaries == [
        "GPU 0 · 87 % · 12.1/16.0 GB · 71 °C",
        "GPU 1 · 87 % · 15.0/16.0 GB ! · 71 °C · slowed down !",
        "! GPU not read",
        "",
    ]


async def test_outside_names_are_shown_as_they_are() -> None:
    app = Alone()
    async with app.run_test() as pilot:
        app.sidebar.show_sample(sample(card(name="[bold]Card[/] " + "長" * 40)))
        await pilot.pause()
        assert "[bold]Card[/] 長" in app.sidebar.text
        assert app.sidebar.render_line(0).cell_length == app.sidebar.size.width


@pytest.mark.parametrize(
    ("summarised", "left_out", "told"),
    [
        (4, 2, "4 older questions summarised, 2\nleft out"),
        (1, 0, "1 older question summarised"),
        (0, 3, "3 older questions left out"),
    ],
)
async def test_what_a_prompt_does_not_hold_whole_is_said(summarised: int, left_out: int, told: str) -> None:
    app = Alone()
    async with app.run_test() as pilot:
        meter = Meter(run="r", profile="p", context_used=1, context_window=2, summarised=summarised, left_out=left_out)
        app.sidebar.show(meter)
        await pilot.pause()
        assert told in app.sidebar.text
