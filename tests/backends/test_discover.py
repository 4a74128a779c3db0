"""Model servers on this machine are found, and nothing else."""

import asyncio
import socket
import subprocess
import sys

from docmind.agents.backends.base import open_backend
from docmind.agents.backends.discover import discover
from docmind.agents.settings import Profile
from fakes import FakeServer, Fault
from fakes.listening import listen

PATIENT = 2.0
"""Seconds: on a busy machine a server of the tests needs longer than a user would wait."""


async def test_servers_are_found_in_the_order_of_preference_and_can_be_used() -> None:
    nothing = FakeServer(fault=Fault("refuse"))
    async with FakeServer(["From Ollama."]) as ollama, FakeServer(["From vLLM."]) as vllm, nothing:
        found = await discover({"ollama": ollama.port, "lmstudio": nothing.port, "vllm": vllm.port}, PATIENT)
        heard = [await _ask(name, profile) for name, profile in found.items()]

    assert list(found) == ["ollama", "vllm"]
    assert heard == ["From Ollama.", "From vLLM."]


async def test_embedding_models_are_passed_over() -> None:
    models = ["nomic-embed-text:latest", "bge-m3:latest", "llama3.2:3b"]
    async with FakeServer(models=models) as ollama, FakeServer(models=models[:2]) as vllm:
        found = await discover({"ollama": ollama.port, "vllm": vllm.port}, PATIENT)

    assert [(name, profile.model) for name, profile in found.items()] == [("ollama", "llama3.2:3b")]


async def test_a_server_that_never_answers_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, FakeServer() as ollama:
        found = await discover({"ollama": ollama.port, "vllm": deaf.getsockname()[1]}, PATIENT)

    assert list(found) == ["ollama"]


async def test_other_programs_at_these_ports_are_no_model_servers() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"data": 5}')
        writer.close()
        await writer.wait_closed()

    odd = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with odd, FakeServer(key="secret") as locked:
        port = odd.sockets[0].getsockname()[1]
        found = await discover({"ollama": port, "lmstudio": port, "vllm": locked.port}, PATIENT)

    assert found == {}


def test_looking_around_imports_no_client_library() -> None:
    code = "import sys, docmind.agents.backends.discover; print({'openai', 'llama_index', 'ollama'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "set()"


async def _ask(name: str, profile: Profile) -> str:
    backend = open_backend(name, profile)
    try:
        return (await listen(backend)).text
    finally:
        await backend.aclose()
