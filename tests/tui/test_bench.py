"""`docmind bench`: the real program and its engine, against servers whose behaviour is known."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from docmind.agents.record.store import read, record_file
from docmind.agents.records import BENCH
from fakes import FakeServer, Fault, Reply
from program import Program


def config(program: Program, **servers: FakeServer) -> Path:
    """A profile for each server, by its name."""
    return program.config(
        "".join(
            f'[profiles.{name}]\nkind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
            for name, server in servers.items()
        )
    )


def test_profiles_are_measured_side_by_side_and_one_that_is_down_is_a_line(program: Program) -> None:
    with FakeServer(["one two three"]) as up, FakeServer(fault=Fault("refuse")) as down:
        done = program.run("bench", "--runs", "4", "--config", config(program, up=up, down=down))
    assert done.returncode == 0, done.stderr
    head, first, second, _, errors, reason = done.stdout.splitlines()
    assert head.split("  ")[0] == "profile"
    assert first.split()[:4] == ["up", "4", "100.0", "%"]
    assert first.endswith(up.model)
    assert second.split() == ["down", "3", "0.0", "%", *"------", down.model]
    assert errors == "down: 3 unavailable (ERR_5001); the last one:"
    assert "nothing answers" in reason
    assert len(up.chats) == 5  # the first one does not count


def test_json_holds_counts_times_and_speed(program: Program) -> None:
    with FakeServer([Reply("one two three four five", thinking="well well")]) as server:
        shown = program.json("bench", "--runs", "3", "--config", config(program, near=server))
    assert (shown["runs"], shown["complete"], shown["reasons"]) == (3, True, {})
    (near,) = shown["profiles"]
    assert (near["profile"], near["models"], near["calls"], near["success"]) == ("near", [server.model], 3, 1.0)
    assert near["completion_tokens"] == 3 * 7
    assert near["first_token_ms"].keys() == near["total_ms"].keys() == {"avg", "p50", "p95", "p99"}
    assert near["tokens_per_s"] > 0


def test_no_two_prompts_are_the_same_but_for_their_first_line_they_come_again(program: Program) -> None:
    with FakeServer() as server:
        program.json("bench", "--runs", "6", "--config", config(program, near=server))
    prompts = [request.body["messages"][-1]["content"] for request in server.chats]
    assert len(set(prompts)) == 7
    rests = [prompt.partition("\n")[2] for prompt in prompts[1:]]
    assert rests[:3] == rests[3:]
    assert len(set(rests)) == 3


def test_failures_in_between_lower_the_success_rate(program: Program) -> None:
    with FakeServer(fault=Fault("status", status=500, times=2)) as server:
        (near,) = program.json("bench", "--runs", "4", "--config", config(program, near=server))["profiles"]
    assert (near["calls"], near["ok"], near["success"], near["errors"]) == (4, 2, 0.5, {"ERR_5009": 2})


def test_a_server_that_answers_whole_has_no_speed(program: Program) -> None:
    with FakeServer(fault=Fault("nostream")) as server:
        file = program.config(f'[profiles.near]\nkind = "openai"\nurl = "{server.openai_url}"\n')
        (near,) = program.json("bench", "--runs", "2", "--config", file)["profiles"]
    assert (near["ok"], near["tokens_per_s"]) == (2, None)
    assert near["completion_tokens"] > 2


def test_an_answer_without_end_is_left_and_counts(program: Program) -> None:
    with FakeServer(["word " * 5000], gap=0.002) as server:
        (near,) = program.json("bench", "--runs", "1", "--config", config(program, near=server))["profiles"]
        server.wait_until(lambda: len(server.disconnects) == 2)
    assert (near["ok"], near["completion_tokens"]) == (1, 256)


def test_what_was_measured_until_ctrl_c_is_kept(program: Program, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"

    def third_run_hangs(_: object) -> str:
        server.gap = 60.0 if len(server.chats) == 4 else 0.0  # the first call does not count
        return "one two"

    with FakeServer(third_run_hangs) as server:
        command = program.command("bench", "--json", "--save", saved, "--config", config(program, near=server))
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=program.environ, stdout=pipe, stderr=pipe) as process:
            server.wait_until(lambda: len(server.chats) == 4, timeout=60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Interrupted." in err
    shown = json.loads(out)
    assert shown["complete"] is False
    assert shown["profiles"][0]["calls"] == 2
    assert json.loads(saved.read_text()) == shown


def test_when_no_profile_answers_the_result_is_printed_and_the_status_says_so(program: Program) -> None:
    with FakeServer(fault=Fault("refuse")) as server:
        done = program.run("bench", "--json", "--config", config(program, near=server))
    assert done.returncode == 4
    assert json.loads(done.stdout)["profiles"][0]["success"] == 0
    assert "[ERR_5000]" in done.stderr


def test_a_saved_result_is_compared_with_the_next_one(program: Program, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    with FakeServer() as server:
        file = config(program, near=server)
        program.run("bench", "--runs", "2", "--save", saved, "--config", file)
        done = program.run("bench", "--runs", "3", "--against", saved, "--config", file)
        shown = program.json("bench", "--runs", "1", "--against", saved, "--config", file)
    _, now, before, change = done.stdout.splitlines()
    assert (now.split()[:2], before.split()[:2], change.split()[0]) == (["near", "3"], ["before", "2"], "change")
    assert change.count(" %") == 6
    assert shown["against"] == json.loads(saved.read_text())


@pytest.mark.parametrize("content", ["no JSON", '{"profiles": 1}', None])
def test_a_file_that_is_no_result_is_told_before_anything_is_measured(
    program: Program, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "other.json"
    if content:
        file.write_text(content)
    with FakeServer() as server:
        done = program.run("bench", "--against", file, "--config", config(program, near=server))
    assert done.returncode == 2
    assert "is not the result of an earlier `docmind bench`" in done.stderr
    assert not server.requests


def test_only_profiles_with_a_model_can_be_measured(program: Program) -> None:
    with FakeServer() as server:
        file = config(program, near=server)
        for name in ("quotes", "far"):
            done = program.run("bench", "--profile", name, "--config", file)
            assert done.returncode == 2
            assert f"There is no profile '{name}' with a model." in done.stderr
            assert "Profiles with a model: near." in done.stderr


def test_only_the_named_profiles_are_asked(program: Program) -> None:
    with FakeServer() as near, FakeServer() as far:
        shown = program.json(
            "bench", "--runs", "1", "--profile", "far", "--config", config(program, near=near, far=far)
        )
    assert [each["profile"] for each in shown["profiles"]] == ["far"]
    assert not near.chats


def test_the_calls_are_in_the_record_as_measurements(program: Program) -> None:
    with FakeServer() as server:
        program.json("bench", "--runs", "2", "--config", config(program, marked=server))
    program.close()
    phases = [call.phase for call in read(record_file(program.data_dir)) if call.profile == "marked"]
    assert phases == [BENCH] * 3
