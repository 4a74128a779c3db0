"""Opening hosted classes in tests."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from docmind.agents.backends.hosted import Hosted
from docmind.agents.settings import Profile

Open = Callable[..., Hosted]


@pytest.fixture
async def host(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Opens backends for a class of `fakes.llms` with these options; closes them."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    async with contextlib.AsyncExitStack() as stack:

        def host(name: str, profile: dict[str, Any] | None = None, **options: Any) -> Hosted:
            backend = Hosted(
                "own", Profile(kind="hosted", class_=f"fakes.llms.{name}", options=options, **profile or {})
            )
            stack.push_async_callback(backend.aclose)
            return backend

        yield host
