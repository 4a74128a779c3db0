"""What an answer leaves: its chat goes on with `--continue`, its run file has what the models were really sent."""

import json
from pathlib import Path
from typing import Any

from fakes import FakeServer
from program import Program

QUESTION = "How often must the compressor be inspected?"
SEARCH = 'Thought: I need to look.\nAction: search_documents\nAction Input: {"query": "compressor inspected"}\n'
ANSWER = "Thought: I can answer now.\nAnswer: Every 400 hours [1]."
AGAIN = "Thought: I can answer now.\nAnswer: It is 400 hours [1]."


def configuration(server: FakeServer) -> str:
    profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\napi_key_env = "MY_KEY"'
    options = '[profiles.model.options]\ntemperature = 0.3\nseed_token = "not-for-others"\n'
    return f'profile = "model"\n[profiles.model]\n{profile}\n{options}'


def chats(program: Program) -> list[dict[str, Any]]:
    """Newest first; the engine is ended, so that everything is written."""
    program.close()
    return list(program.json("chats", "list")["chats"])


def messages(server: FakeServer) -> list[list[tuple[str, str]]]:
    return [[(each["role"], each["content"]) for each in chat.body["messages"]] for chat in server.chats]


def test_the_run_file_has_the_prompts_that_were_sent_and_replays_the_events(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "run.json"
    with FakeServer([SEARCH, ANSWER]) as server:
        config = program.config(configuration(server))
        answer = program.json("--config", config, "ask", QUESTION, documents, MY_KEY="sk-my-own-key")
        program.close()
        program.json("export", "--run", saved)
        sent = messages(server)
    run = json.loads(saved.read_bytes())
    assert [[(each["role"], each["content"]) for each in call["messages"]] for call in run["calls"]] == sent
    assert len(sent) == 2
    assert run["calls"][0]["options"] == {"temperature": 0.3, "seed_token": "[hidden]"}
    assert (run["question"], run["answer"], run["state"]) == (QUESTION, answer["answer"], "done")
    assert [passage["path"] for passage in run["passages"]] == ["manual.md"]
    assert program.json("replay", saved)["events"] == run["events"]
    assert program.run("replay", saved, "--at-once").stdout.startswith("Every 400 hours [1].\n")


def test_it_is_asked_anew_with_another_profile_and_both_are_shown(
    program: Program, documents: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "run.json"
    with FakeServer([SEARCH, ANSWER]) as server:
        config = program.config(configuration(server))
        program.json("--config", config, "ask", QUESTION, documents)
        program.close()
        program.json("export", "--run", saved)
        both = program.json("--config", config, "replay", saved, "--rerun", "quotes", documents)
        shown = program.run("--config", config, "replay", saved, "--rerun", "quotes", documents, COLUMNS="120")
    assert (both["then"]["profile"], both["now"]["profile"]) == ("model", "quotes")
    assert both["then"]["answer"] == "Every 400 hours [1]."
    assert "400 hours of operation" in both["now"]["answer"]
    heads = shown.stdout.splitlines()[2].split(" │ ")
    assert [head.split(" ·")[0] for head in heads] == ["then: model", "now: quotes"]


def test_a_rerun_with_a_profile_that_is_down_says_so(program: Program, documents: Path, tmp_path: Path) -> None:
    saved = tmp_path / "run.json"
    program.json("ask", QUESTION, documents, "--profile", "quotes")
    program.close()
    program.json("export", "--run", saved)
    config = program.config('[profiles.gone]\nkind = "ollama"\nurl = "http://127.0.0.1:1"\n')
    done = program.run("--config", config, "replay", saved, "--rerun", "gone", documents)
    assert done.returncode == 4
    assert "[ERR_5000]" in done.stderr


def test_continue_asks_in_the_last_chat_which_knows_what_was_said(program: Program, documents: Path) -> None:
    with FakeServer([SEARCH, ANSWER, SEARCH, AGAIN]) as server:
        config = program.config(configuration(server))
        program.json("--config", config, "ask", QUESTION, documents)
        program.json("--config", config, "ask", "--continue", "And in hours?")
        (*_, prompt, _) = messages(server)
    assert [content for _, content in prompt[1:]] == [QUESTION, "Every 400 hours.", "And in hours?"]
    first, *_ = chats(program)
    turns = program.json("chats", "show", first["id"])["turns"]
    assert [turn["question"] for turn in turns] == [QUESTION, "And in hours?"]
    assert turns[1]["parent"] == turns[0]["run"]


def test_continue_takes_the_name_of_a_chat_in_front_of_the_question(program: Program, documents: Path) -> None:
    asked = ["ask", "--profile", "quotes"]
    program.json(*asked, "First?", documents)
    program.json(*asked, "Second?", documents)
    second, first, *_ = chats(program)
    program.json(*asked, f"--continue={first['id']}", "Third?")
    program.json(*asked, "--continue", first["id"][:8], "Fourth?", documents)
    assert [(chat["id"], chat["turns"]) for chat in chats(program)[:2]] == [(first["id"], 3), (second["id"], 1)]


def test_continue_without_such_a_chat_asks_nothing(program: Program, documents: Path, tmp_path: Path) -> None:
    before = len(chats(program))
    named, folder = ["--continue=nothing", "Why?"], ["--continue", "Why?", str(tmp_path)]
    for arguments in (named, ["--continue", "nothing", "Why?"], folder):
        done = program.run("ask", *arguments)
        assert done.returncode == 1
        assert "[ERR_6005]" in done.stderr
    assert len(chats(program)) == before
