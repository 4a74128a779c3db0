"""The process of a hosted class: who ends when, and what stays."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.hosted import Hosted
from docmind.agents.errors import Code
from docmind.agents.settings import Timeouts
from docmind.agents.views import Load
from fakes.listening import QUESTION, listen
from fakes.processes import gone
from fakes.waiting import until

Open = Callable[..., Hosted]


async def test_leaving_an_answer_that_streams_keeps_the_model(host: Open, tmp_path: Path) -> None:
    log = tmp_path / "words"
    backend = host("Streaming", says="word " * 5000, trouble="slow", log=str(log))
    async with contextlib.aclosing(backend.stream(QUESTION)) as stream:
        await anext(stream)
    assert backend.child is not None
    first, said = backend.child.process.pid, len(lines(log))
    await listen(backend, stop=["word"])

    assert backend.child.process.pid == first
    assert said < 100


async def test_what_its_process_has_taken_is_told_and_it_is_let_go(host: Open) -> None:
    backend, loads = host("Streaming"), list[Load]()
    backend.note_load = loads.append
    assert (await backend.view()).loaded == []
    await backend.load()
    (model,) = (await backend.view()).loaded or []
    (load,) = loads
    assert model.size
    assert (load.profile, load.model, load.size) == (backend.name, await backend.model(), model.size)
    assert backend.holds_memory
    await backend.unload()
    assert not backend.holds_memory
    assert (await listen(backend)).text == "It is 42."


@pytest.mark.parametrize("name", ["Streaming", "Whole"])
async def test_a_class_that_cannot_be_interrupted_is_killed_and_made_anew(
    host: Open, tmp_path: Path, name: str
) -> None:
    log = tmp_path / "started"
    backend = host(name, trouble="sleep_once", log=str(log))
    await backend.context()
    reader = asyncio.create_task(listen(backend))
    await until(lambda: "asleep" in lines(log))
    assert backend.child is not None
    process = psutil.Process(backend.child.process.pid)
    reader.cancel()
    await asyncio.wait([reader])

    assert gone(process)
    assert (await listen(backend)).text == "It is 42."


async def test_a_child_killed_in_mid_answer_is_a_crash_and_the_next_call_starts_another(host: Open) -> None:
    backend = host("Streaming", says="one two three", trouble="slow")
    stream = backend.stream(QUESTION)
    await anext(stream)
    assert backend.child is not None
    backend.child.process.kill()
    with pytest.raises(Exception, match="exit status -9") as caught:
        async for _ in stream:
            pass

    assert caught.value.code == Code.CRASHED  # type: ignore[attr-defined]
    assert (await listen(backend)).text == "one two three"


@pytest.mark.parametrize(("trouble", "stays"), [("fail", False), ("overflow", True)])
async def test_a_class_that_failed_is_made_anew_but_not_after_too_long_a_prompt(
    host: Open, trouble: str, stays: bool
) -> None:
    backend = host("Streaming", trouble=trouble)
    await listen(backend)
    first = backend.child
    await listen(backend)

    assert (backend.child is first) == stays


async def test_two_questions_at_once_are_answered_one_after_the_other(host: Open) -> None:
    backend = host("Streaming", says="one two three four", trouble="slow")
    heard = await asyncio.gather(*(listen(backend, [ChatMessage(role="user", content=c)]) for c in "abc"))

    assert [one.text for one in heard] == ["one two three four"] * 3


async def test_a_class_that_takes_too_long_to_be_made_leaves_no_process(host: Open) -> None:
    heard = await listen(host("Streaming", {"timeouts": Timeouts(first_token=0.01, loading=0.01)}))

    assert heard.code == Code.TIMEOUT
    commands = [one.as_dict(["cmdline"], ad_value=[])["cmdline"] for one in psutil.Process().children()]
    assert "hosted_child" not in str(commands)


async def test_closing_ends_what_the_class_has_started(host: Open, tmp_path: Path) -> None:
    backend = host("Streaming", trouble="child", log=str(tmp_path / "log"))
    await backend.context()
    reader = asyncio.create_task(listen(backend))
    grandchild = await _started(tmp_path / "log")
    await backend.aclose()
    await reader
    await until(lambda: gone(grandchild))


async def test_a_crash_ends_what_the_class_has_started(host: Open, tmp_path: Path) -> None:
    backend = host("Streaming", trouble="child", log=str(tmp_path / "log"))
    await backend.context()
    reader = asyncio.create_task(listen(backend))
    grandchild = await _started(tmp_path / "log")
    assert backend.child is not None
    backend.child.process.kill()

    assert (await reader).code == Code.CRASHED
    await until(lambda: gone(grandchild))


async def _started(log: Path) -> psutil.Process:
    """The process that the class has started, once it runs."""
    await until(lambda: "started" in lines(log))
    return psutil.Process(int(lines(log)[-2]))


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


PARENT = """
import asyncio, json, sys
from docmind.agents.backends.hosted_process import Host

async def main():
    child = await Host.start("docmind.agents.backends.hosted_child", json.loads(sys.argv[1]))
    await child.receive()
    print(child.process.pid, flush=True)
    async for _ in child.call({"messages": [["user", "Go."]], "stop": []}):
        pass

asyncio.run(main())
"""


async def test_the_child_and_what_it_started_end_when_the_parent_is_killed(host: Open, tmp_path: Path) -> None:
    log = tmp_path / "pid"
    config = json.dumps(host("Streaming", trouble="child", log=str(log))._config())
    pipe = asyncio.subprocess.PIPE
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, config, stdout=pipe)
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    grandchild = await _started(log)
    parent.kill()
    await parent.wait()
    await until(lambda: gone(child) and gone(grandchild))
