"""The calls that `docmind bench` makes. They run in the engine, with the backends that also answer questions."""

import os
import time
import uuid
from collections.abc import Mapping
from contextlib import aclosing

from docmind.agents.client import Client, connect
from docmind.agents.configuration import Loaded, api_keys
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import CANCELLED, Failed, Measure, Measured
from docmind.agents.record.benchmark import Benchmark
from docmind.agents.record.prompts import prompt
from docmind.agents.record.stats import summarise
from docmind.agents.records import Call
from docmind.agents.settings import Profile

from .progress_line import ProgressLine

GIVE_UP = 3
"""Failures in a row after which a profile counts as down, and is not asked again."""


class BenchRuns:
    """Measures profile after profile, so that two models never share a GPU. What is measured stays, however it ends."""

    def __init__(self, profiles: Mapping[str, Profile], runs: int) -> None:
        self._profiles, self._runs, self._began = profiles, runs, time.time()
        self._calls: list[Call] = []
        self._reasons: dict[str, str] = {}

    def result(self, complete: bool) -> Benchmark:
        """What has been measured so far."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._began))
        return Benchmark(
            at=at, runs=self._runs, complete=complete, profiles=summarise(self._calls), reasons=self._reasons
        )

    async def measure(self, loaded: Loaded) -> None:
        """Raises DocmindError when the engine fails, never because a profile does."""
        keys = api_keys(loaded.settings, os.environ)
        with ProgressLine() as line:
            line.write("starting")
            client = await connect(loaded.data_dir)
            async with aclosing(client):
                for name in self._profiles:
                    await self._measure_profile(client, name, keys.get(name, ""), line)

    async def _measure_profile(self, client: Client, name: str, key: str, line: ProgressLine) -> None:
        line.write(f"{name}: a first call, which does not count: it may load the model")
        first = await self._ask(client, name, key, 0)
        calls = [first] if first.outcome == "failed" else []
        self._calls += calls
        while len(calls) < self._runs and not _is_down(calls):
            line.write(f"{name}: {len(calls) + 1} of {self._runs}")
            calls.append(await self._ask(client, name, key, len(calls)))
            self._calls.append(calls[-1])

    async def _ask(self, client: Client, name: str, key: str, number: int) -> Call:
        run = uuid.uuid4().hex
        client.send(Measure(run=run, name=name, profile=self._profiles[name], key=key, prompt=prompt(number, run)))
        measured = await _outcome(client, run)
        if measured.message:
            self._reasons[name] = f"{measured.message} {measured.hint}".strip()
        return measured.call


def _is_down(calls: list[Call]) -> bool:
    return len(calls) >= GIVE_UP and all(call.outcome == "failed" for call in calls[-GIVE_UP:])


async def _outcome(client: Client, run: str) -> Measured:
    """Raises DocmindError."""
    while True:
        match await client.receive():
            case Measured() as measured if measured.run == run:
                return measured
            case Failed() as failed if failed.code == CANCELLED:  # not by us
                raise DocmindError(Code.ENGINE_LOST, "The engine was stopped.", "Try again: it is started anew.")
            case Failed() as failed:
                raise DocmindError(Code(failed.code), failed.message, failed.hint)
