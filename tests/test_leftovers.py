"""Nothing that tests start outlives them."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from docmind.agents.endpoint import engine_pid

TESTS = """
import asyncio, sys
from pathlib import Path
from docmind.agents.client import connect
from leftovers import ended_with_us

async def main():
    client = await connect(Path(sys.argv[1]))
    print("connected", flush=True)
    await asyncio.sleep(600)

with ended_with_us():
    asyncio.run(main())
"""


def test_an_engine_ends_when_the_tests_that_started_it_are_killed(tmp_path: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", TESTS, str(tmp_path / "data")], env=environ, stdout=subprocess.PIPE
    ) as tests:
        try:
            assert tests.stdout
            assert tests.stdout.readline() == b"connected\n"
            engine = psutil.Process(engine_pid(tmp_path / "data"))
        finally:
            tests.kill()
    engine.wait(30)
