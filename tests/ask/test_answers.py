"""`docmind ask` from the question to the verified citation, over every kind of backend."""

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeServer, Reply
from fakes.gguf import write_gguf
from program import Program

QUESTION = "How often must the compressor be inspected?"
SEARCH = 'Thought: I need to look.\nAction: search_documents\nAction Input: {"query": "compressor inspected"}\n'
ANSWER = "Thought: I can answer now.\nAnswer: The compressor must be inspected every 400 hours [1]."
SCRIPT = [SEARCH, ANSWER]


def configuration(kind: str, server: FakeServer | None = None, path: Path | None = None) -> str:
    """A configuration with one profile, `model`."""
    where = f'path = "{path}"\nthreads = 1' if server is None else f'url = "{getattr(server, f"{kind}_url")}"'
    return f'profile = "model"\n[profiles.model]\nkind = "{kind}"\n{where}\n'


def assert_the_answer_is_verified(answer: dict[str, Any]) -> None:
    assert answer["answer"] == "The compressor must be inspected every 400 hours [1]."
    assert answer["profile"] == "model"
    assert answer["steps"] == [{"tool": "search_documents", "input": {"query": "compressor inspected"}, "passages": 1}]
    (citation,) = answer["citations"]
    assert citation["path"] == "manual.md"
    assert citation["lines"] == [5, 5]
    assert citation["quote"] == "The compressor must be inspected every 400 hours of operation."
    assert citation["verified"] is True
    (attempt,) = answer["attempts"]
    assert (attempt["profile"], attempt["ok"]) == ("model", True)
    assert attempt["tokens"] == answer["usage"]["completion_tokens"] > 0


def test_the_real_agent_on_the_real_llama_cpp_searches_and_answers_with_a_verified_citation(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    model = write_gguf(tmp_path / "scripted.gguf", SCRIPT)
    config = program.config(configuration("llamacpp", path=model))
    answer = program.json("--config", config, "ask", QUESTION, documents)
    assert_the_answer_is_verified(answer)
    assert answer["model"] == "scripted"
    assert answer["usage"]["estimated"] is False


@pytest.mark.parametrize("kind", ["ollama", "openai"])
def test_a_model_server_is_asked_step_by_step(program: Program, documents: Path, kind: str) -> None:
    with FakeServer(SCRIPT) as server:
        config = program.config(configuration(kind, server))
        answer = program.json("--config", config, "ask", QUESTION, documents)
        prompts = [json.dumps(chat.body["messages"]) for chat in server.chats]
    assert_the_answer_is_verified(answer)
    assert len(prompts) == 2
    assert QUESTION in prompts[0]
    assert "every 400 hours of operation" not in prompts[0]
    assert "every 400 hours of operation" in prompts[1]


def test_a_further_model_is_asked_with_the_key_of_its_profile(program: Program, documents: Path) -> None:
    with FakeServer(SCRIPT, models=["second"], key="sk-1") as server:
        settings = 'model = "gone"\nmodels = ["second"]\napi_key_env = "MY_KEY"\n'
        config = program.config(configuration("openai", server) + settings)
        answer = program.json("--config", config, "ask", QUESTION, documents, MY_KEY="sk-1")
        chosen = program.json(
            "--config", config, "ask", QUESTION, documents, "--profile", "model/second", MY_KEY="sk-1"
        )
    assert [attempt["profile"] for attempt in answer["attempts"]] == ["model", "model/second"]
    assert answer["profile"] == chosen["profile"] == "model/second"


def test_the_json_object_has_exactly_the_promised_fields(program: Program, documents: Path) -> None:
    with FakeServer(SCRIPT) as server:
        answer = program.json("--config", program.config(configuration("ollama", server)), "ask", QUESTION, documents)
    shape = {name: sorted(value) if isinstance(value, dict) else type(value).__name__ for name, value in answer.items()}
    assert shape == {
        "answer": "str",
        "profile": "str",
        "model": "str",
        "citations": "list",
        "steps": "list",
        "attempts": "list",
        "usage": ["completion_tokens", "estimated", "prompt_tokens"],
        "timings": ["first_token_ms", "tokens_per_s", "total_ms"],
        "cut": "bool",
    }
    assert sorted(answer["citations"][0]) == ["lines", "n", "page", "path", "quote", "verified"]
    assert sorted(answer["attempts"][0]) == ["code", "ok", "profile", "reason", "tokens"]
    assert 0 < answer["timings"]["first_token_ms"] <= answer["timings"]["total_ms"]


def test_without_any_model_the_documents_answer_in_their_own_words(program: Program, documents: Path) -> None:
    answer = program.json("ask", QUESTION, documents, "--profile", "quotes")
    assert answer["profile"] == "quotes"
    assert "“The compressor must be inspected every 400 hours of operation.” [1]" in answer["answer"]
    assert answer["citations"][0]["verified"] is True


def test_documents_that_say_nothing_about_a_question_are_said_to_say_nothing(program: Program, documents: Path) -> None:
    answer = program.json("ask", "Who painted the ceiling of the Sistine Chapel?", documents, "--profile", "quotes")
    assert "say nothing about this question" in answer["answer"]
    assert answer["citations"] == []


def test_a_claim_that_the_passage_does_not_support_is_marked_unverified(program: Program, documents: Path) -> None:
    wrong = "Thought: x\nAnswer: The compressor must be inspected every 900 hours [1]."
    with FakeServer([SEARCH, wrong]) as server:
        answer = program.json("--config", program.config(configuration("ollama", server)), "ask", QUESTION, documents)
    assert answer["answer"].endswith("every 900 hours [1].")
    assert answer["citations"][0]["verified"] is False


def test_a_citation_of_a_passage_that_was_never_shown_is_dropped_with_a_mark(program: Program, documents: Path) -> None:
    made_up = "Thought: x\nAnswer: It is inspected every 400 hours [1], says the law [7]."
    with FakeServer([SEARCH, made_up]) as server:
        answer = program.json("--config", program.config(configuration("ollama", server)), "ask", QUESTION, documents)
    assert answer["answer"] == "It is inspected every 400 hours [1], says the law [?]."
    assert [citation["n"] for citation in answer["citations"]] == [1]


def test_a_model_that_never_follows_the_format_still_looks_at_the_documents(program: Program, documents: Path) -> None:
    def freely(messages: list[dict[str, object]]) -> str:
        seen = any(str(message["content"]).startswith("Observation:") for message in messages)
        return "It is every 400 hours [1]." if seen else "I would guess every year."

    with FakeServer(freely) as server:
        answer = program.json("--config", program.config(configuration("openai", server)), "ask", QUESTION, documents)
    assert answer["answer"] == "It is every 400 hours [1]."
    assert answer["steps"][0]["input"] == {"query": QUESTION}


def test_a_model_that_never_comes_to_an_answer_is_relieved_by_quotes(program: Program, documents: Path) -> None:
    with FakeServer(lambda _: SEARCH) as server:
        answer = program.json("--config", program.config(configuration("openai", server)), "ask", QUESTION, documents)
        calls = len(server.chats)
    assert calls == 8
    assert answer["profile"] == "quotes"
    assert "every 400 hours of operation" in answer["answer"]
    assert [(a["profile"], a["ok"], a["code"]) for a in answer["attempts"]] == [
        ("model", True, ""),
        ("model", False, "ERR_4001"),
        ("quotes", True, ""),
    ]


def test_thinking_text_never_becomes_part_of_the_answer(program: Program, documents: Path) -> None:
    thinking = [Reply(SEARCH, thinking="Answer: no"), Reply(ANSWER, thinking="Answer: maybe")]
    with FakeServer(thinking) as server:
        answer = program.json("--config", program.config(configuration("openai", server)), "ask", QUESTION, documents)
    assert_the_answer_is_verified(answer)


def test_a_pipe_gets_plain_text_with_the_sources_below(program: Program, documents: Path) -> None:
    with FakeServer(SCRIPT) as server:
        done = program.run("--config", program.config(configuration("ollama", server)), "ask", QUESTION, documents)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "The compressor must be inspected every 400 hours [1].",
        "",
        "Sources",
        "  [1] manual.md 5   The compressor must be inspected every 400 hours of operation.",
    ]
    assert 'searched "compressor inspected"   1 passage ' in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_pipe_gets_the_answer_while_it_is_written(program: Program, documents: Path) -> None:
    with FakeServer([SEARCH, ANSWER + " And so on." * 40], gap=0.01) as server:
        config = program.config(configuration("ollama", server))
        command = program.command("--config", config, "ask", QUESTION, documents)
        with subprocess.Popen(
            command, env=program.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout
            pieces = read_to_the_end(os.dup(process.stdout.fileno()))
    assert b"".join(pieces).splitlines()[0].endswith(b"400 hours [1]." + b" And so on." * 40)
    assert len([piece for piece in pieces if b"And so on" in piece]) > 3, "the answer came in one piece"


def test_a_file_gets_nothing_that_was_taken_back(program: Program, documents: Path, tmp_path: Path) -> None:
    with (
        FakeServer([SEARCH, f"I think that it is daily.\n{SEARCH}", ANSWER]) as server,
        open(tmp_path / "out", "w") as out,
    ):
        config = program.config(configuration("ollama", server))
        command = program.command("--config", config, "ask", QUESTION, documents)
        subprocess.run(command, env=program.environ, stdout=out, stderr=subprocess.DEVNULL, check=True)
    lines = (tmp_path / "out").read_text().splitlines()
    assert lines[:2] == ["The compressor must be inspected every 400 hours [1].", ""]


def test_a_terminal_gets_the_answer_while_it_is_written_and_the_steps_dimmed(program: Program, documents: Path) -> None:
    with FakeServer([SEARCH, ANSWER + " And so on." * 20], gap=0.01) as server:
        config = program.config(configuration("ollama", server))
        screen, terminal = pty.openpty()
        command = program.command("--config", config, "ask", QUESTION, documents)
        process = subprocess.Popen(
            command, env=program.environ, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        )
        os.close(terminal)
        pieces = read_to_the_end(screen)
        assert process.wait() == 0
    seen = b"".join(pieces).decode()
    assert "\x1b[2m" in seen.split("searched", 1)[0][-10:]
    assert "every 400 hours [1]. And so on." in seen
    assert seen.index("And so on.") < seen.index("Sources")
    with_text = [piece for piece in pieces if b"And so on" in piece]
    assert len(with_text) > 3, "the answer came in one piece"


def read_to_the_end(screen: int) -> list[bytes]:
    """What a program writes to its terminal, piece by piece; Linux ends it with an error."""
    pieces: list[bytes] = []
    try:
        while piece := os.read(screen, 65536):
            pieces.append(piece)
    except OSError:
        pass
    finally:
        os.close(screen)
    return pieces


def test_names_and_questions_need_not_be_utf_8(program: Program, tmp_path: Path) -> None:
    folder = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"caf\xe9"))
    os.mkdir(folder)
    Path(folder, "pump.md").write_text("The compressor is inspected every 400 hours.\n")
    question = os.fsdecode(b"How often is the compressor of the caf\xe9 inspected?")
    done = program.run("ask", question, folder, "--profile", "quotes")
    assert done.returncode == 0, done.stderr
    assert "every 400 hours" in done.stdout
    assert program.run("search", os.fsdecode(b"compressor \xe9"), folder).returncode == 0


def test_an_answer_that_stays_in_the_thought_is_shown_after_all(program: Program, documents: Path) -> None:
    def thinking(messages: list[dict[str, object]]) -> str:
        seen = any(str(message["content"]).startswith("Observation:") for message in messages)
        return "Thought: Every 400 hours [1].</think>" if seen else SEARCH

    with FakeServer(thinking) as server:
        answer = program.json("--config", program.config(configuration("openai", server)), "ask", QUESTION, documents)
    assert answer["answer"] == "Every 400 hours [1]."
    assert answer["profile"] == "model"
