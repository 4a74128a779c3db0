"""The engine tells when a profile had better be left for the one before it."""

from contextlib import aclosing
from pathlib import Path

import pytest

from docmind.agents.client import Client
from docmind.agents.protocol import Answered, AnyEvent, Ask, Check, Checked, Planned, RolledBack
from docmind.agents.settings import Profile, RollbackSettings, Settings
from engine_clients import opened, result
from fakes import FakeServer, Fault

SCRIPT = ['Action: search_documents\nAction Input: {"query": "pump"}', "Answer: The pump is blue [1]."]
ILL = Fault("status", status=500)


def settings(old: FakeServer, new: FakeServer, rollback: RollbackSettings) -> Settings:
    profiles = {
        name: Profile(kind="ollama", url=server.ollama_url, model=server.model)
        for name, server in (("old", old), ("new", new))
    }
    return Settings(profiles=profiles, rollback=rollback)


async def ask(client: Client, run: str, profile: str, *, pinned: bool = False) -> list[AnyEvent]:
    client.send(Ask(run=run, question="Which colour has the pump?", profile=profile, fallback=not pinned))
    events, _ = await result(client, run)
    return [event for event in events if isinstance(event, RolledBack | Planned | Answered)]


async def test_a_profile_that_errs_is_left_for_the_one_that_did_well(data_dir: Path, folder: Path) -> None:
    with FakeServer(SCRIPT) as old, FakeServer(SCRIPT) as new:
        client = await opened(data_dir, folder, settings(old, new, RollbackSettings(min_calls=1)))
        async with aclosing(client):
            await ask(client, "1", "old")
            planned, *_ = await ask(client, "2", "new")
            assert planned == Planned(run="2", rule="chosen", chain=["new", "old", "quotes"])
            new.fault = ILL
            _, rolled, answered = await ask(client, "3", "new")
            assert isinstance(answered, Answered)
            assert rolled == RolledBack(run="3", old="new", new="old", reason="1 of the last 3 calls of new failed.")
            assert len(await ask(client, "4", "new")) == 3, "it had its other chance"
            assert len(await ask(client, "5", "old")) == 2


async def test_without_one_that_did_well_there_is_no_way_back_and_a_pinned_one_is_never_left(
    data_dir: Path, folder: Path
) -> None:
    with FakeServer(SCRIPT) as old, FakeServer(SCRIPT, fault=Fault("status", status=500, times=1)) as new:
        client = await opened(data_dir, folder, settings(old, new, RollbackSettings(min_calls=1)))
        async with aclosing(client):
            assert len(await ask(client, "1", "new")) == 2
            await ask(client, "2", "old")
            assert len(await ask(client, "3", "new", pinned=True)) == 2
            assert len(await ask(client, "4", "new")) == 3


async def test_quotations_are_no_better_than_a_model(data_dir: Path, folder: Path) -> None:
    with FakeServer(SCRIPT) as old, FakeServer(SCRIPT, fault=ILL) as new:
        client = await opened(data_dir, folder, settings(old, new, RollbackSettings(min_calls=1)))
        async with aclosing(client):
            assert len(await ask(client, "1", "quotes")) == 2
            assert len(await ask(client, "2", "new")) == 2


@pytest.mark.parametrize("health", [True, False])
async def test_a_profile_whose_health_check_fails_is_left(data_dir: Path, folder: Path, health: bool) -> None:
    with FakeServer(SCRIPT) as old, FakeServer(SCRIPT) as new:
        client = await opened(data_dir, folder, settings(old, new, RollbackSettings(health=health)))
        async with aclosing(client):
            await ask(client, "1", "old")
            await ask(client, "2", "new")
            new.close()
            client.send(Check())
            events: list[AnyEvent] = []
            while sum(isinstance(event, Checked) for event in events) < 3:
                events.append(await client.receive())
            client.send(Ask(run="3", question="?", profile="quotes"))
            events += (await result(client, "3"))[0]
    rolled = [event for event in events if isinstance(event, RolledBack)]
    assert [(event.old, event.new) for event in rolled] == [("new", "old")] * health
