"""`docmind ask` where memory is short: a real model that does not fit is made smaller, until it is restored."""

from pathlib import Path
from typing import Any

import pytest

from fakes import FakeServer, Fault
from fakes.gguf import write_gguf
from fakes.memory import build, short
from program import Program

QUESTION = "How often must the compressor be inspected?"
SEARCH = 'Thought: I look.\nAction: search_documents\nAction Input: {"query": "compressor inspected"}'
ANSWER = "Thought: I can answer.\nAnswer: The compressor must be inspected every 400 hours, says the manual [1]."
WHOLE = "The compressor must be inspected every 400 hours, says the manual [1]."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = build(tmp_path_factory.mktemp("memory"))
    if made is None:
        pytest.skip("no C compiler (cc, gcc) on Linux to make memory short")
    return made


def test_a_model_that_does_not_fit_is_made_smaller_answers_and_can_be_restored(
    program: Program, documents: Path, library: Path, tmp_path: Path
) -> None:
    path = write_gguf(tmp_path / "large.gguf", [SEARCH, ANSWER], layers=32)  # 32 MiB of KV cache in f16
    config = program.config(f'[profiles.large]\nkind = "llamacpp"\npath = "{path}"\nthreads = 1\n')
    program.run("engine", "stop")  # the next one is started where memory is short
    little = short(library, 12)

    told = program.run("--config", config, "ask", QUESTION, documents, **little)
    assert told.stdout.startswith(WHOLE), told.stderr
    assert "does not fit into memory" in told.stderr
    assert "Going on with kv_cache = q8_0." in told.stderr
    assert "Going on with kv_cache = q4_0." in told.stderr
    assert "docmind profiles --restore large takes that back." in told.stderr

    program.run("engine", "stop")
    again = program.json("--config", config, "ask", QUESTION, documents, **little)
    assert [(one["profile"], one["ok"]) for one in again["attempts"]] == [("large", True)], "the next load remembers"

    listed = program.run("--config", config, "profiles")
    assert "    memory ran out: kv_cache = q4_0; --restore large takes it back" in listed.stdout
    large = program.json("--config", config, "profiles")["profiles"]["large"]
    assert (large["kv_cache"], large["reduced"]["change"]) == ("f16", {"kv_cache": "q4_0"})
    assert "does not fit into memory" in large["reduced"]["why"]

    assert program.json("--config", config, "profiles", "--restore", "large") == {"restored": True}
    assert program.json("--config", config, "profiles")["profiles"]["large"]["reduced"] is None
    attempts = program.json("--config", config, "ask", QUESTION, documents)["attempts"]
    assert [one["code"] for one in attempts] == ["ERR_5015", "ERR_5015", ""]
    assert attempts[0]["reason"].endswith("Tried again with kv_cache = q8_0.")
    program.run("engine", "stop")


class Full(FakeServer):
    """An Ollama that searches, and runs out of memory in its answer while its window is larger than 4096."""

    def __init__(self) -> None:
        super().__init__(self._reply)

    def _reply(self, messages: list[dict[str, Any]]) -> str:
        if any(str(message["content"]).startswith("Observation:") for message in messages):
            return ANSWER
        if self.chats[-1].body["options"]["num_ctx"] > 4096:
            self.fault = Fault("error", after=10, message="CUDA error: out of memory", times=1)  # of the next reply
        return SEARCH


def test_an_answer_that_breaks_off_for_lack_of_memory_is_finished_by_the_same_profile_and_searched_for_once(
    program: Program, documents: Path
) -> None:
    with Full() as server:
        settings = f'[profiles.model]\nkind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        config = program.config(settings)
        answer = program.json("--config", config, "ask", QUESTION, documents)
        windows = [chat.body["options"]["num_ctx"] for chat in server.chats]
        program.json("--config", config, "bench", "--profile", "model", "--runs", "1")
        measured = server.chats[-1].body["options"]["num_ctx"]
    assert answer["answer"] == WHOLE
    assert [step["tool"] for step in answer["steps"]] == ["search_documents"]
    assert [(one["profile"], one["code"]) for one in answer["attempts"]] == [
        ("model", ""),
        ("model", "ERR_5015"),
        ("model", ""),
    ]
    assert (windows[:2], set(windows[2:])) == ([8192, 8192], {4096})
    assert measured == 4096, "what is measured is what answers"


def test_a_profile_that_is_not_reduced_has_nothing_to_restore(program: Program) -> None:
    config = program.config('[profiles.near]\nkind = "ollama"\nurl = "http://127.0.0.1:9"\n')
    done = program.run("--config", config, "profiles", "--restore", "near")
    assert (done.returncode, done.stdout) == (0, "near has its own settings already.\n")
    unknown = program.run("--config", config, "profiles", "--restore", "naer")
    assert unknown.returncode == 2
    assert "Known profiles: near." in unknown.stderr
