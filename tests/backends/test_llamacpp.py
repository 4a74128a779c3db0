"""llama.cpp in its child process: files that are none, crashes, and who ends when."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.llamacpp import LlamaCpp
from docmind.agents.errors import Code
from docmind.agents.settings import Profile, Timeouts
from fakes.gguf import write_gguf
from fakes.listening import QUESTION, listen
from fakes.processes import gone
from fakes.waiting import until

Open = Callable[..., LlamaCpp]


@pytest.fixture
async def open_gguf() -> AsyncIterator[Open]:
    """Opens backends for a path; closes them."""
    async with contextlib.AsyncExitStack() as stack:

        def open_gguf(path: Path | str, **more: Any) -> LlamaCpp:
            backend = LlamaCpp("tiny", Profile(kind="llamacpp", path=str(path), threads=1, **more))
            stack.push_async_callback(backend.aclose)
            return backend

        yield open_gguf


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "tiny.gguf", ["It is 42."])


async def test_the_files_name_is_the_models_name_and_needs_no_child(tiny: Path, open_gguf: Open) -> None:
    backend = open_gguf(tiny)

    assert (await backend.model(), await backend.models()) == ("tiny", ["tiny"])
    assert (await backend.health()).state == "ready"
    assert backend.child is None


async def test_home_is_expanded(no_own_configuration: Path, open_gguf: Open) -> None:
    write_gguf(no_own_configuration / "own.gguf", ["At home."])

    assert (await listen(open_gguf("~/own.gguf"))).text == "At home."


@pytest.mark.parametrize("kv_cache", ["f16", "q8_0", "q4_0"])
async def test_every_kv_cache_type_works(tiny: Path, open_gguf: Open, kv_cache: str) -> None:
    assert (await listen(open_gguf(tiny, kv_cache=kv_cache))).text == "It is 42."


async def test_the_window_is_the_profiles_but_not_over_what_the_model_was_trained_for(
    tmp_path: Path, open_gguf: Open
) -> None:
    small = write_gguf(tmp_path / "small.gguf", ["Yes."], context=2048)

    assert await open_gguf(small).context() == 2048
    assert await open_gguf(small, context=1024).context() == 1024
    assert await open_gguf(small, context=4096).context() == 2048
    large = write_gguf(tmp_path / "large.gguf", ["Yes."], context=65536)
    assert await open_gguf(large, context=16384).context() == 16384
    assert await open_gguf(large).context() == 8192


async def test_a_prompt_over_the_window_is_said_to_be_one(tiny: Path, open_gguf: Open) -> None:
    heard = await listen(open_gguf(tiny, context=512), [ChatMessage(role="user", content="word " * 5000)])

    assert heard.code == Code.CONTEXT_OVERFLOW


async def test_a_stop_sequence_ends_the_answer(tmp_path: Path, open_gguf: Open) -> None:
    path = write_gguf(tmp_path / "stop.gguf", ["Action: search\nObservation: made up"])

    assert (await listen(open_gguf(path), stop=["\nObservation:"])).text == "Action: search"


async def test_a_profile_without_a_path_downloads_nothing(open_gguf: Open) -> None:
    backend = open_gguf("")
    health = await backend.health()

    assert (health.state, health.code) == ("down", Code.MODEL_FILE)
    assert (await listen(backend)).code == Code.MODEL_FILE


@pytest.mark.parametrize(
    "content",
    [b"", b"GGUF", b"Not a model at all, but long enough.", b"GGUF\x01\x00\x00\x00", b"<html>404</html>"],
    ids=["empty", "magic only", "text", "old version", "web page"],
)
async def test_a_file_that_is_no_gguf_is_refused_without_a_child(
    tmp_path: Path, open_gguf: Open, content: bytes
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    backend = open_gguf(path)
    heard = await listen(backend)

    assert heard.code == Code.MODEL_FILE
    assert "bad.gguf" in str(heard.error)
    assert backend.child is None


async def test_a_missing_file_and_a_folder_are_said_to_be_so(tmp_path: Path, open_gguf: Open) -> None:
    missing, folder = await listen(open_gguf(tmp_path / "none.gguf")), await listen(open_gguf(tmp_path))

    assert (missing.code, folder.code) == (Code.MODEL_FILE, Code.MODEL_FILE)
    assert "No such file" in str(missing.error)
    assert "directory" in str(folder.error)


async def test_a_file_name_that_is_not_utf_8_is_to_be_changed(tiny: Path, open_gguf: Open) -> None:
    name = os.fsdecode(os.fsencode(tiny.parent) + b"/caf\xe9.gguf")
    os.rename(tiny, name)
    backend = open_gguf(name)
    heard = await listen(backend)

    assert heard.code == Code.MODEL_FILE
    assert "Rename" in str(heard.error)
    assert str(heard.error).encode()
    assert (await backend.model()).encode()


@pytest.mark.parametrize("size", [5_000, 300_000], ids=["in the header", "in the weights"])
async def test_a_truncated_file_is_a_bad_model_file(tiny: Path, open_gguf: Open, size: int) -> None:
    os.truncate(tiny, size)
    heard = await listen(open_gguf(tiny))

    assert heard.code == Code.MODEL_FILE
    assert "exit status 1" in str(heard.error)


async def test_a_file_that_crashes_llama_cpp_ends_only_the_child(tmp_path: Path, open_gguf: Open) -> None:
    path = write_gguf(tmp_path / "crash.gguf", ["Hello."], duplicate_token=True)
    heard = await listen(open_gguf(path))

    assert heard.code == Code.CRASHED
    assert "exit status -6: " in str(heard.error)
    assert "GGML_ASSERT" in str(heard.error)


async def test_a_missing_package_is_named_with_its_install_command(
    tiny: Path, open_gguf: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    heard = await listen(open_gguf(tiny))

    assert heard.code == Code.PACKAGE_MISSING
    assert heard.error is not None
    assert "docmind[gguf]" in heard.error.hint


async def test_a_child_killed_in_mid_answer_is_a_crash_and_the_next_call_starts_another(
    tmp_path: Path, open_gguf: Open
) -> None:
    words = " ".join(f"word{number}" for number in range(3000))
    backend = open_gguf(write_gguf(tmp_path / "long.gguf", [words]), max_tokens=4000)
    stream = backend.stream(QUESTION)
    await anext(stream)
    assert backend.child is not None
    backend.child.process.send_signal(signal.SIGKILL)
    with pytest.raises(Exception, match="exit status -9") as caught:
        async for _ in stream:
            pass
    again = await listen(backend)

    assert caught.value.code == Code.CRASHED  # type: ignore[attr-defined]
    assert (again.text, again.error) == (words, None)


async def test_a_child_that_died_between_two_calls_is_replaced(tiny: Path, open_gguf: Open) -> None:
    backend = open_gguf(tiny)
    await listen(backend)
    assert backend.child is not None
    backend.child.process.kill()
    await backend.child.process.wait()

    assert (await listen(backend)).text == "It is 42."


async def test_closing_ends_the_child(tiny: Path, open_gguf: Open) -> None:
    backend = open_gguf(tiny)
    await listen(backend)
    assert backend.child is not None
    process = backend.child.process
    await backend.aclose()

    assert process.returncode == 0  # by itself, when its stdin closed


async def test_a_start_that_takes_too_long_leaves_no_child(tiny: Path, open_gguf: Open) -> None:
    heard = await listen(open_gguf(tiny, timeouts=Timeouts(first_token=0.001, loading=0.001)))

    assert heard.code == Code.TIMEOUT
    assert not [one for one in psutil.Process().children() if "llamacpp_child" in " ".join(one.cmdline())]


async def test_the_child_wants_the_key_and_shows_it_to_nobody(tiny: Path, open_gguf: Open) -> None:
    backend = open_gguf(tiny)
    await backend.context()
    assert backend.child is not None
    command = " ".join(psutil.Process(backend.child.process.pid).cmdline())
    async with httpx.AsyncClient(base_url=backend.child.url, trust_env=False) as client:
        status = (await client.post("/v1/chat/completions", json={"messages": []})).status_code
        origin = (await client.get("/health", headers={"Origin": "http://evil.example"})).headers

    assert status == 401
    assert backend.key not in command
    assert not origin.get("Access-Control-Allow-Origin")


PARENT = """
import asyncio, json, sys
from docmind.agents.backends.child import Child

async def main():
    child = await Child.start("docmind.agents.backends.llamacpp_child", json.loads(sys.argv[1]))
    assert await child.ready()
    print(child.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_child_ends_when_its_parent_is_killed(tiny: Path, open_gguf: Open) -> None:
    pipe, config = asyncio.subprocess.PIPE, json.dumps(open_gguf(tiny)._config())
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, config, stdout=pipe)
    assert parent.stdout is not None
    child = psutil.Process(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    await until(lambda: gone(child))
