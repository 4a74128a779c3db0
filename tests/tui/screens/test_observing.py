"""The server of the profile in use, as the sidebar and the hardware screen show it, and when it is asked."""

from collections.abc import Sequence

import pytest

from docmind.agents.protocol import AnyCommand, Observe, Observed, Profiles, Warm
from docmind.agents.records import ProfileState
from docmind.agents.views import LoadedModel, Traffic, View
from docmind.tui.engine_link import LinkState
from docmind.tui.screens.hardware import HardwareScreen
from docmind.tui.widgets.sidebar import Sidebar
from fakes.sidebar import card
from still import Stage, StillChat, StillLink

pytestmark = pytest.mark.parametrize("stage", [(120, 40)], indirect=True)

READY = [
    ProfileState(name="balanced", kind="ollama", model="llama3.1:8b", state="ready", level="full"),
    ProfileState(name="fast", kind="llamacpp", model="llama-3b", state="cold"),
    ProfileState(name="quotes", kind="quotes", state="ready", level="full"),
]
OTHER = LoadedModel(model="nomic-embed-text:latest", size=300_000_000, vram=0, gpu_percent=0)
MINE = LoadedModel(model="llama3.1:8b", size=8_200_000_000, vram=5_100_000_000, gpu_percent=62)
VIEW = View(profile="balanced", loaded=[MINE, OTHER], traffic=Traffic(running=1, written_per_s=41.0))


async def linked(chat: StillChat) -> None:
    await chat.hear(LinkState("ready"), Profiles(profiles=READY))


def sent(kind: type[AnyCommand]) -> Sequence[AnyCommand]:
    return [command for command in StillLink.sent if isinstance(command, kind)]


async def test_the_sidebar_shows_where_the_models_are_and_what_the_server_does(stage: Stage) -> None:
    async with stage.opened(card()) as chat:
        await linked(chat)
        before = chat.look()
        await chat.hear(Observed(view=VIEW))
        shown = chat.look()
        await chat.press("alt+2")  # another profile: its server has not been heard yet
        after = chat.look()
    for text in ("llama3.1:8b              GPU 62 %", "nomic-embed-text:latest       CPU", "writes", "41 tok/s"):
        assert text in shown
        assert text not in before
    assert "GPU 62 %" not in after


async def test_the_hardware_screen_shows_them_with_their_sizes(stage: Stage) -> None:
    async with stage.opened(card()) as chat:
        await linked(chat)
        await chat.hear(Observed(view=VIEW))
        await chat.press("f12")
        await chat.until(lambda: "Model server of balanced" in chat.look())
        shown = chat.look()
    assert "GPU 62 %   5.1 of 8.2 GB" in shown
    assert "CPU   0.3 GB" in shown


async def test_a_server_is_asked_only_where_somebody_sees_the_answer(stage: Stage) -> None:
    async with stage.opened(card()) as chat:
        chat.screen.observe()
        assert not sent(Observe), "there is no engine yet, and none is started for that"
        await linked(chat)
        chat.screen.observe()
        assert chat.sent(Observe).profile == "balanced"
        await chat.press("f4")
        StillLink.sent.clear()
        chat.screen.observe()
        assert not sent(Observe), "the sidebar is hidden"
        await chat.press("f12")
        assert isinstance(chat.app.screen, HardwareScreen)
        assert chat.sent(Observe).profile == "balanced"
        await chat.press("escape", "f4", "alt+3")
        StillLink.sent.clear()
        chat.screen.observe()
        assert not sent(Observe), "quotes has no server"
        assert not chat.screen.query_one(Sidebar).has_class("-hidden")


async def test_a_model_is_warmed_up_when_its_profile_is_chosen_unless_the_settings_say_no(
    stage: Stage,
) -> None:
    async with stage.opened() as chat:
        await linked(chat)
        await chat.press("alt+2")
        assert chat.sent(Warm).profile == "fast"
    async with stage.opened(environ={"DOCMIND_ENGINE__WARM_UP": "false"}) as chat:
        await linked(chat)
        await chat.press("alt+2")
        assert not sent(Warm)
