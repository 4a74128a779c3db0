"""`docmind ask` when something is wrong: fallback, messages and exit statuses."""

import asyncio
import fcntl
import json
import signal
import subprocess
from pathlib import Path

import pytest

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.protocol import ChatInfo
from fakes import BEFORE_HEADERS, FakeServer, Fault
from fakes.gguf import write_gguf
from fakes.waiting import until
from program import Program

QUESTION = "How often must the compressor be inspected?"
FROM_THE_MANUAL = "“The compressor must be inspected every 400 hours of operation.” [1]"


def openai(server: FakeServer, name: str = "model") -> str:
    return f'[profiles.{name}]\nkind = "openai"\nurl = "{server.openai_url}"\nmodel = "{server.model}"\n'


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("refuse"), "ERR_5001"),
        (Fault("html"), "ERR_5003"),
        (Fault("garbage"), "ERR_5003"),
        (Fault("empty"), "ERR_5003"),
        (Fault("status", status=401), "ERR_5006"),
        (Fault("status", status=404, message="model not found"), "ERR_5007"),
        (Fault("status", status=429), "ERR_5008"),
        (Fault("status", status=500), "ERR_5009"),
        (Fault("status", status=503), "ERR_5018"),
    ],
    ids=lambda value: f"{value.kind}{value.status}" if isinstance(value, Fault) else value,
)
def test_a_failing_backend_is_reported_and_quotes_answers(
    program: Program, documents: Path, fault: Fault, code: str
) -> None:
    with FakeServer(fault=fault) as server:
        answer = program.json("--config", program.config(openai(server)), "ask", QUESTION, documents)
    assert FROM_THE_MANUAL in answer["answer"]
    first, last = answer["attempts"]
    assert (first["profile"], first["ok"], first["code"]) == ("model", False, code)
    assert first["reason"]
    assert (last["profile"], last["ok"]) == ("quotes", True)


def test_a_backend_that_stalls_is_left_after_its_time_limit(program: Program, documents: Path) -> None:
    with FakeServer(fault=Fault("stall", after=BEFORE_HEADERS)) as server:
        config = program.config(openai(server) + "timeouts.first_token = 0.3\n")
        answer = program.json("--config", config, "ask", QUESTION, documents)
    assert answer["attempts"][0]["code"] == "ERR_5002"
    assert answer["profile"] == "quotes"


def test_the_next_profile_takes_over_before_quotes_does(program: Program, documents: Path) -> None:
    script = ['Action: search_documents\nAction Input: {"query": "compressor"}', "Answer: Every 400 hours [1]."]
    with FakeServer(fault=Fault("status", status=500)) as broken, FakeServer(script) as working:
        text = f'fallback = ["broken", "working"]\n{openai(broken, "broken")}{openai(working, "working")}'
        answer = program.json("--config", program.config(text), "ask", QUESTION, documents)
        asked = len(broken.chats)
    assert answer["answer"] == "Every 400 hours [1]."
    assert [(a["profile"], a["ok"]) for a in answer["attempts"]] == [("broken", False), ("working", True)]
    assert asked == 1, "a backend that failed was asked again"


def test_without_fallback_the_failure_is_the_result(program: Program, documents: Path) -> None:
    with FakeServer(fault=Fault("refuse")) as server:
        config = program.config(openai(server))
        done = program.run("--config", config, "ask", QUESTION, documents, "--profile", "model", "--no-fallback")
    assert done.returncode == 4
    assert done.stdout == ""
    assert "Every backend failed. model: " in done.stderr
    assert "[ERR_5000]" in done.stderr


def test_a_failure_in_json_says_what_was_tried(program: Program, documents: Path) -> None:
    with FakeServer(fault=Fault("refuse")) as server:
        config = program.config(openai(server))
        done = program.run("--config", config, "ask", QUESTION, documents, "--json", "--no-fallback")
    assert done.returncode == 4
    failure = json.loads(done.stdout)
    assert failure["error"]["code"] == "ERR_5000"
    assert [(attempt["profile"], attempt["code"]) for attempt in failure["attempts"]] == [("model", "ERR_5001")]


def test_a_step_that_breaks_before_the_user_sees_an_answer_is_done_by_the_next_backend(
    program: Program, documents: Path
) -> None:
    search = 'Thought: I have to look for it.\nAction: search_documents\nAction Input: {"query": "compressor"}'
    with (
        FakeServer([search], fault=Fault("reset", after=4)) as broken,
        FakeServer([search, "Answer: 400 [1]."]) as other,
    ):
        text = f'fallback = ["broken", "other"]\n{openai(broken, "broken")}{openai(other, "other")}'
        answer = program.json("--config", program.config(text), "ask", QUESTION, documents)
    assert answer["answer"] == "400 [1]."
    assert [(a["profile"], a["ok"]) for a in answer["attempts"]] == [("broken", False), ("other", True)]


def test_what_a_broken_step_began_does_not_colour_the_next_backends_answer(program: Program, documents: Path) -> None:
    search = 'Thought: x\nAction: search_documents\nAction Input: {"query": "compressor"}'

    def search_and_break_in_the_next_search(_: list[dict[str, object]]) -> str:
        broken.fault = Fault("reset", after=7)
        return search

    with FakeServer(search_and_break_in_the_next_search) as broken, FakeServer(["Answer: 400 [1]."]) as other:
        text = f'fallback = ["broken", "other"]\n{openai(broken, "broken")}{openai(other, "other")}'
        answer = program.json("--config", program.config(text), "ask", QUESTION, documents)
    assert answer["answer"] == "400 [1]."
    assert answer["profile"] == "other"


def test_a_question_does_not_wait_for_another_update_of_the_index(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    program.json("index", documents)
    (index,) = (program.data_dir / "libraries").glob("*.db")
    (documents / "new.txt").write_text("Something new.")
    with open(index.with_suffix(".lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = program.run("ask", QUESTION, documents, "--profile", "quotes")
    (documents / "new.txt").unlink()
    assert done.returncode == 0
    assert FROM_THE_MANUAL in done.stdout
    assert "The answer comes from what was read before." in done.stderr


def test_a_key_never_shows_even_when_the_server_repeats_it(program: Program, documents: Path) -> None:
    key = "sk-SECRET-0123456789"
    leaking = Fault("status", status=401, message=f"bad key sk-SEC\u200bRET-0123456789 {key}")
    with FakeServer([f"Answer: your key is {key}."], key=key) as server:
        config = program.config(openai(server) + 'api_key_env = "MY_KEY"\n')
        told = program.run("--config", config, "ask", QUESTION, documents, MY_KEY=key)
        server.fault = leaking
        refused = program.run("--config", config, "ask", QUESTION, documents, "--no-fallback", MY_KEY=key)
    assert "your key is [hidden]." in told.stdout
    assert refused.returncode == 4
    everything = told.stdout + told.stderr + refused.stdout + refused.stderr
    everything += (program.data_dir / "engine.log").read_text()
    assert key not in everything


def test_a_gguf_that_crashes_llama_cpp_does_not_take_docmind_with_it(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    model = write_gguf(tmp_path / "crash.gguf", ["Answer: 42"], duplicate_token=True)
    config = program.config(f'[profiles.model]\nkind = "llamacpp"\npath = "{model}"\nthreads = 1\n')
    answer = program.json("--config", config, "ask", QUESTION, documents)
    assert answer["attempts"][0]["code"] == "ERR_5012"
    assert FROM_THE_MANUAL in answer["answer"]


@pytest.mark.parametrize(
    ("content", "code"), [(None, "ERR_5011"), (b"GGUF\x03\0", "ERR_5011"), (b"MZ" * 99, "ERR_5011")]
)
def test_an_unusable_model_file_is_reported(
    program: Program, documents: Path, tmp_path: Path, content: bytes | None, code: str
) -> None:
    model = tmp_path / "model.gguf"
    if content is not None:
        model.write_bytes(content)
    config = program.config(f'[profiles.model]\nkind = "llamacpp"\npath = "{model}"\n')
    answer = program.json("--config", config, "ask", QUESTION, documents)
    assert answer["attempts"][0]["code"] == "ERR_5011"
    assert "model.gguf" in answer["attempts"][0]["reason"]


def test_a_missing_folder_is_wrong_usage(program: Program, tmp_path: Path) -> None:
    done = program.run("ask", QUESTION, tmp_path / "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "[ERR_2001]" in done.stderr


def test_an_empty_folder_has_a_status_of_its_own(program: Program, tmp_path: Path) -> None:
    done = program.run("ask", QUESTION, tmp_path, "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["code"] == "ERR_2002"


def test_an_unknown_profile_is_wrong_usage(program: Program, documents: Path) -> None:
    done = program.run("ask", QUESTION, documents, "--profile", "fats")
    assert done.returncode == 2
    assert "fats" in done.stderr


def test_an_empty_question_is_wrong_usage(program: Program, documents: Path) -> None:
    assert program.run("ask", "  ", documents).returncode == 2


def test_a_server_elsewhere_is_never_asked_unless_the_profile_allows_it(program: Program, documents: Path) -> None:
    config = program.config('[profiles.far]\nkind = "openai"\nurl = "http://192.0.2.1:8000/v1"\nmodel = "m"\n')
    answer = program.json("--config", config, "ask", QUESTION, documents, "--profile", "far")
    assert answer["attempts"][0]["code"] == "ERR_5014"


def test_ctrl_c_stops_the_answer_at_the_server_too(program: Program, documents: Path) -> None:
    script = ['Action: search_documents\nAction Input: {"query": "compressor"}', "Answer: Every" + " and so on" * 5000]
    with FakeServer(script, gap=0.01) as server:
        command = program.command("--config", program.config(openai(server)), "ask", QUESTION, documents)
        process = subprocess.Popen(command, env=program.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        server.wait_until(lambda: len(server.chats) == 2, timeout=60)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        server.wait_until(lambda: server.disconnects)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_a_line_that_is_lost_does_not_stop_the_answer(program: Program, documents: Path) -> None:
    script = ['Action: search_documents\nAction Input: {"query": "compressor"}', "Answer: Every" + " and so on" * 100]
    with FakeServer(script, gap=0.01) as server:
        command = program.command("--config", program.config(openai(server)), "ask", "What goes on?", documents)
        process = subprocess.Popen(command, env=program.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        server.wait_until(lambda: len(server.chats) == 2, timeout=60)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)

        def asked() -> list[ChatInfo]:
            with ChatStore(chats_file(program.data_dir)) as store:
                return [chat for chat in store.chats([documents]) if chat.title == "What goes on?"]

        asyncio.run(until(lambda: [chat.state for chat in asked()] == ["done"]))


def test_an_engine_that_is_stopped_in_mid_answer_leaves_what_was_said(program: Program, documents: Path) -> None:
    script = ['Action: search_documents\nAction Input: {"query": "compressor"}', "Answer: Every" + " and so on" * 5000]
    with FakeServer(script, gap=0.01) as server:
        command = program.command("--config", program.config(openai(server)), "ask", QUESTION, documents)
        process = subprocess.Popen(command, env=program.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        server.wait_until(lambda: len(server.chats) == 2, timeout=60)
        program.close()
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"The engine was stopped before the answer was complete. [ERR_3003]" in errors
    assert output.startswith(b"Every and so on")
