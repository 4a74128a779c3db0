"""A profile's health is told by levels, and a server that hangs costs the others nothing."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from docmind.agents.backends.base import look_at
from docmind.agents.checking import check, unchecked
from docmind.agents.errors import Code
from docmind.agents.protocol import Answered, AnyEvent, Ask, Check, Checked, Token
from docmind.agents.records import ProfileState
from docmind.agents.settings import Profile, Settings
from engine_clients import opened
from fakes import FakeServer, Fault


async def looked(**profiles: Profile) -> dict[str, ProfileState]:
    """What a check tells, by name."""
    told: list[AnyEvent] = []
    looks = [look_at(name, profile) for name, profile in profiles.items()]
    await check([unchecked(name, profile, {}) for name, profile in profiles.items()], looks, told.append)
    await asyncio.gather(*(look.aclose() for look in looks))
    return {event.profile.name: event.profile for event in told if isinstance(event, Checked)}


async def test_a_healthy_profile_reaches_the_full_level() -> None:
    async with FakeServer() as server:
        found = await looked(
            near=Profile(kind="ollama", url=server.ollama_url),
            far=Profile(kind="openai", url=server.openai_url),
            quotes=Profile(kind="quotes"),
        )

    assert {state.level for state in found.values()} == {"full"}
    assert {state.state for state in found.values()} == {"ready"}
    assert all(state.took_ms is not None for state in found.values())
    assert (found["far"].model, found["far"].context) == (server.model, server.context)


async def test_a_dead_one_reaches_none_and_a_hanging_one_is_but_alive() -> None:
    async with FakeServer(hangs=["/"]) as server, FakeServer() as good:
        found = await looked(
            dead=Profile(kind="openai", url="http://127.0.0.1:9/v1"),
            hangs=Profile(kind="ollama", url=server.ollama_url),
            hangs_too=Profile(kind="openai", url=server.openai_url),
            good=Profile(kind="openai", url=good.openai_url),
        )

    assert (found["dead"].level, found["dead"].code) == ("none", Code.UNAVAILABLE)
    for name in ("hangs", "hangs_too"):
        assert (found[name].state, found[name].level, found[name].code) == ("down", "alive", Code.TIMEOUT)
        assert "accepts connections" in found[name].reason
        assert found[name].hint
    assert (found["good"].state, found["good"].level) == ("ready", "full")


async def test_one_that_tells_no_window_in_time_is_ready_all_the_same() -> None:
    async with FakeServer(flavour="llamacpp", hangs=["/props"]) as server:
        found = await looked(slow=Profile(kind="openai", url=server.openai_url))

    assert (found["slow"].state, found["slow"].level) == ("ready", "ready")
    assert "did not tell" in found["slow"].reason


async def test_a_model_that_is_not_listed_is_said_to_be_so() -> None:
    async with FakeServer(flavour="vllm") as vllm, FakeServer(flavour="llamacpp") as any_model:
        found = await looked(
            vllm=Profile(kind="openai", url=vllm.openai_url, model="other"),
            any=Profile(kind="openai", url=any_model.openai_url, model="other"),
        )

    assert (found["vllm"].state, found["vllm"].level) == ("ready", "ready")
    assert "does not list the model other" in found["vllm"].reason
    assert found["any"].level == "full"


async def test_a_file_is_looked_at_and_not_run(tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_text("no model")
    found = await looked(bad=Profile(kind="llamacpp", path=str(bad)))

    assert (found["bad"].state, found["bad"].level, found["bad"].code) == ("down", "none", Code.MODEL_FILE)


async def test_a_check_of_hanging_servers_does_not_hold_up_an_answer(data_dir: Path, folder: Path) -> None:
    search = 'Action: search_documents\nAction Input: {"query": "pump"}'
    answer = "Answer: The pump is blue, and it was painted in the month of May [1]."
    with FakeServer([search, answer], fault=Fault("stall", after=8)) as server, FakeServer(hangs=["/"]) as hanging:
        settings = Settings(
            profile="good",
            profiles={
                "good": Profile(kind="ollama", url=server.ollama_url),
                "hangs": Profile(kind="ollama", url=hanging.ollama_url),
            },
        )
        client = await opened(data_dir, folder, settings)
        async with aclosing(client):
            client.send(Ask(run="1", question="Which colour has the pump?"))
            while not isinstance(await client.receive(), Token):
                pass
            client.send(Check(profiles=["hangs"]))
            await hanging.until(lambda: hanging.requests)
            server.resume()
            while not isinstance(event := await client.receive(), Answered):
                pass
    assert event.answer == answer.removeprefix("Answer: ")
