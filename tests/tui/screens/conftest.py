"""What the tests of the chat's screens stand on."""

from collections.abc import AsyncIterator

import pytest

from docmind.agents.client import stop
from program import Program


@pytest.fixture(autouse=True)
async def _no_engine_stays(program: Program) -> AsyncIterator[None]:
    """Each test has its own runtime folder, in which the next one would not find its engine."""
    yield
    await stop(program.data_dir)
