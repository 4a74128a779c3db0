"""Runs one case of the matrix."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from docmind.agents.settings import Profile, Timeouts
from fakes import FakeServer

from .asking import Desk, ask
from .cases import Case, WireName, kind, server
from .verdict import Verdict, judge

QUICK = Timeouts(connect=3.0, first_token=1.5, stall=1.5, total=20.0)
"""Of the struck profile; long enough for a busy machine, short enough for 50 silent cases."""
FEW_TOKENS = 120
"""max_tokens of the struck profile, so that a reply without end is found out soon."""


def profile(wire: WireName, target: FakeServer, timeouts: Timeouts = QUICK, max_tokens: int = FEW_TOKENS) -> Profile:
    """A profile for a server of the matrix."""
    url = target.ollama_url if wire == "ollama" else target.openai_url
    return Profile(kind=kind(wire), url=url, model=target.model, timeouts=timeouts, max_tokens=max_tokens)


def struck_profile(case: Case, target: FakeServer) -> Profile:
    """As `profile`, or pointing elsewhere."""
    made = profile(case.wire, target)
    url = made.url.replace("http:", "https:") if case.url == "https" else case.url or made.url
    return Profile(
        **{name: getattr(made, name) for name in made.__struct_fields__} | {"url": url, "allow_remote": True}
    )


async def run(desk: Desk, case: Case) -> Verdict:
    """Ask with the struck server first and a healthy one behind it."""
    async with AsyncExitStack() as stack:
        struck = await stack.enter_async_context(server(case.wire, case.fault, case.manner))
        second = await stack.enter_async_context(server(case.wire, case.second, case.manner))
        healthy = await stack.enter_async_context(server(case.wire, manner=case.manner))
        data_dir = await stack.enter_async_context(desk.engine())
        profiles = {"struck": struck_profile(case, struck), "second": profile(case.wire, second)}
        profiles["healthy"] = profile(case.wire, healthy, Timeouts(), 2048)
        if not case.second:
            del profiles["second"]
        client = await stack.enter_async_context(desk.client(data_dir, profiles))
        outcome = await ask(client)
        return judge(case, outcome, struck, [second, healthy])


async def run_all(desk: Desk, cases: Sequence[Case], at_once: int) -> AsyncIterator[Verdict]:
    """The verdicts, as they come."""
    slots = asyncio.Semaphore(at_once)

    async def one(case: Case) -> Verdict:
        async with slots:
            return await run(desk, case)

    for done in asyncio.as_completed([one(case) for case in cases]):
        yield await done
