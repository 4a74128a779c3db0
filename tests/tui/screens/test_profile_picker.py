"""The picker of profiles: what it shows of each, how one is taken, and what is found out while it is open."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from docmind.agents.records import ProfileState
from docmind.tui.screens.profile_picker import ProfilePicker

BALANCED = ProfileState(
    name="balanced", kind="ollama", model="llama3.1:8b", where="http://127.0.0.1:11434", context=8192, state="checking"
)
FAST = ProfileState(name="fast", kind="llamacpp", model="llama-3b.gguf", context=4096, state="cold", tokens_per_s=41.4)
DOWN = ProfileState(
    name="server",
    kind="openai",
    model="Qwen/Qwen3-8B",
    state="down",
    code="ERR_1001",
    reason="Nobody listens at gpu-box:8000.",
    hint="Start the server.",
)
THREE = [BALANCED, FAST, DOWN]


class Opened(App[str | None]):
    """Opens the picker, and ends with what was taken."""

    def __init__(self, profiles: Sequence[ProfileState], current: str = "balanced") -> None:
        super().__init__()
        self.picker = ProfilePicker(profiles, current)

    def on_mount(self) -> None:
        self.push_screen(self.picker, self.exit)

    @property
    def rows(self) -> list[str]:
        options = self.picker.query_one(OptionList).options
        return [str(option.prompt) for option in options]

    @property
    def about(self) -> str:
        return str(self.picker.query_one(Static).content)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_each_profile_shows_its_state_by_a_sign_and_a_word() -> None:
    app = Opened(THREE)
    async with app.run_test(size=(120, 40)):
        balanced, fast, down = app.rows
    assert balanced.split() == ["▸1", "balanced", "…", "checking", "llama3.1:8b", "8k", "ollama"]
    assert fast.split() == ["2", "fast", "○", "cold", "llama-3b.gguf", "4k", "llamacpp", "41", "tok/s"]
    assert down.split() == ["3", "server", "×", "down", "Qwen/Qwen3-8B", "openai"]


async def test_whether_a_model_fits_is_one_word() -> None:
    app = Opened([msgspec.structs.replace(FAST, fit="partly")])
    async with app.run_test(size=(120, 40)):
        assert app.rows[0].split()[-3:] == ["partly", "41", "tok/s"]


async def test_a_narrow_screen_shows_it_too_also_one_that_has_become_narrow() -> None:
    app = Opened([msgspec.structs.replace(FAST, model="long" * 20, fit="partly")])
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert app.rows[0].split()[-2:] == ["4k", "partly"]
        assert len(app.rows[0]) <= app.picker.query_one(OptionList).size.width


async def test_a_profile_that_is_left_alone_after_failures_shows_that_and_for_how_long() -> None:
    resting = msgspec.structs.replace(
        BALANCED, state="ready", breaker="open", next_try_s=12.4, opened_by="balanced stopped for 15 s."
    )
    trying = msgspec.structs.replace(FAST, breaker="half-open", opened_by="fast: nothing answers.")
    app = Opened([resting, trying, msgspec.structs.replace(DOWN, breaker="open", next_try_s=3.0)])
    async with app.run_test(size=(120, 40)) as pilot:
        assert [row.split()[2:4] for row in app.rows] == [["◌", "open"], ["○", "cold"], ["×", "down"]]
        assert app.about.splitlines()[1] == "breaker open: next try in 12 s, after: balanced stopped for 15 s."
        await press(pilot, "down")
        assert app.about.splitlines()[1] == "breaker half-open: the next call decides, after: fast: nothing answers."


async def test_why_a_profile_is_down_and_what_to_do_stands_below_the_list() -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        assert "http://127.0.0.1:11434" in app.about
        await press(pilot, "down", "down")
        assert app.about.splitlines() == ["openai", "Nobody listens at gpu-box:8000. [ERR_1001]", "Start the server."]


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        (["enter"], "balanced"),
        (["down", "enter"], "fast"),
        (["up", "enter"], "server"),
        (["3"], "server"),
        (["q", "w", "e", "n", "enter"], "server"),
        (["o", "l", "l", "a", "m", "a", "enter"], "balanced"),
        (["down", "escape"], None),
    ],
)
async def test_keys_take_a_profile(keys: list[str], taken: str | None) -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        await press(pilot, *keys)
    assert app.return_value == taken


async def test_a_digit_belongs_to_the_filter_once_something_is_typed() -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        await press(pilot, "l", "l", "a", "m", "a", "3")
        assert len(app.rows) == 1
        assert app.is_running
        await press(pilot, "enter")
    assert app.return_value == "balanced"


async def test_a_number_without_a_profile_is_looked_for_in_the_names() -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        await press(pilot, "8")
        assert app.is_running
        assert len(app.rows) == 2


async def test_where_nothing_matches_enter_takes_nothing() -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        await press(pilot, "x", "y", "z", "enter")
        assert app.is_running
        assert (app.rows, app.about) == ([], "Nothing matches.")
        await press(pilot, "backspace", "backspace", "backspace")
        assert len(app.rows) == 3


async def test_what_is_found_about_a_profile_changes_its_row_and_nothing_else() -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        await press(pilot, "down")
        before = app.rows
        app.picker.show([msgspec.structs.replace(BALANCED, state="ready"), FAST, DOWN])
        await pilot.pause()
        assert app.rows[0] == before[0].replace("… checking", "● ready   ")
        assert app.rows[1:] == before[1:]
        assert app.picker.chosen == "fast"


async def test_a_profile_that_runs_with_less_says_so_and_how_to_take_that_back() -> None:
    reduced = msgspec.structs.replace(FAST, reduced="kv_cache = q8_0")
    app = Opened([BALANCED, reduced], "fast")
    async with app.run_test(size=(110, 30)):
        assert " reduced " in app.rows[1]
        assert "memory ran out: kv_cache = q8_0; /restore fast takes it back" in app.about


async def test_what_is_found_leaves_the_filter() -> None:
    app = Opened(THREE)
    async with app.run_test() as pilot:
        await press(pilot, *"serv")
        app.picker.show([msgspec.structs.replace(BALANCED, state="ready"), FAST, DOWN])
        await pilot.pause()
        assert len(app.rows) == 1


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (40, 15)])
async def test_narrow_screens_keep_the_name_and_the_state(size: tuple[int, int]) -> None:
    app = Opened(THREE)
    async with app.run_test(size=size):
        options = app.picker.query_one(OptionList)
        lines = ["".join(segment.text for segment in options.render_line(y)) for y in range(3)]
        assert app.picker.query_one(Static).region.bottom <= size[1]
    assert [line.split()[1:4] for line in lines] == [
        ["balanced", "…", "checking"],
        ["fast", "○", "cold"],
        ["server", "×", "down"],
    ]


async def test_fifty_profiles_scroll_under_the_cursor() -> None:
    many = [msgspec.structs.replace(FAST, name=f"profile-{n}") for n in range(1, 51)]
    app = Opened(many, "profile-1")
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "up")
        options = app.picker.query_one(OptionList)
        assert app.picker.chosen == "profile-50"
        assert options.scroll_offset.y == options.max_scroll_y > 0
        assert app.picker.query_one(Static).region.bottom <= 24


async def test_foreign_names_are_shown_as_text_on_one_line() -> None:
    odd = ProfileState(
        name="[bold]x[/bold]", kind="openai", model="a\n\x1b[2J日本語のモデルの名前はとても長いです", state="ready"
    )
    app = Opened([odd], "")
    async with app.run_test():
        (row,) = app.rows
    assert "[bold]x[/bold]" in row
    assert "\n" not in row
    assert "\x1b" not in row


async def test_before_the_engine_has_said_anything_nothing_is_claimed() -> None:
    app = Opened([])
    async with app.run_test() as pilot:
        await press(pilot, "enter")
        assert app.about == "Not known yet."
        app.picker.show(THREE)
        await press(pilot, "enter")
    assert app.return_value == "balanced"
