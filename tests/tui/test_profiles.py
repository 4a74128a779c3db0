"""`docmind profiles` shows what is configured and where each value comes from, and touches nothing."""

import json
import re
import socket
from pathlib import Path

import pytest

from docmind.agents.record.loads import Loads
from docmind.agents.views import Load
from docmind.tui.cli import main
from fakes import FakeServer

FILE = """\
profile = "near"
[profiles.near]
kind = "ollama"
url = "http://127.0.0.1:11434"
model = "llama3.1:8b"
[profiles.far]
kind = "openai"
url = "https://127.0.0.1:9/v1"
allow_remote = true
options = {api_key = "sk-very-secret", headers = {Authorization = "sk-very"}, temperature = 0.5, until = 2026-01-01}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def test_the_table_marks_the_profile_in_use_and_ends_with_quotes(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profiles", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "  profile  kind    model        where",
        "* near     ollama  llama3.1:8b  http://127.0.0.1:11434",
        "  far      openai               https://127.0.0.1:9/v1",
        "  quotes   quotes               built in",
    ]


BROKEN = """\
[profiles.elsewhere]
kind = "openai"
url = "https://example.org/v1"
[profiles.missing]
kind = "llamacpp"
path = "/nowhere/model.gguf"
"""


def test_a_model_file_with_a_name_that_no_file_can_have_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.odd]\nkind = "llamacpp"\npath = "/{"a" * 300}.gguf"\n')
    assert main(["profiles", "--config", str(config)]) == 0
    assert "a.gguf: File name too long." in capsys.readouterr().out


def test_a_profile_that_cannot_answer_is_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text(BROKEN)
    main(["profiles", "--config", str(config)])
    _, elsewhere, refused, missing, no_file, _ = capsys.readouterr().out.splitlines()
    assert elsewhere.startswith("  elsewhere ")
    assert refused.startswith("    cannot answer: Profile elsewhere names the server example.org, which is not on this")
    assert missing.startswith("  missing ")
    assert no_file == "    cannot answer: There is no file /nowhere/model.gguf."
    main(["profiles", "--config", str(config), "--json"])
    profiles = json.loads(capsys.readouterr().out)["profiles"]
    assert "allow_remote = true" in profiles["elsewhere"]["problem"]
    assert profiles["missing"]["problem"] == "There is no file /nowhere/model.gguf."
    assert profiles["quotes"]["problem"] == ""


def test_a_hosted_class_is_shown_with_what_is_wrong_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[profiles.own]\nkind = "hosted"\nclass = "llama_index.llms.llama_cpp.LlamaCPP"\n')
    main(["profiles", "--config", str(config)])
    _, row, problem, _ = capsys.readouterr().out.splitlines()
    assert row.endswith("hosted         llama_index.llms.llama_cpp.LlamaCPP")
    assert problem.startswith("    cannot answer: Profile own names no model file")


def test_without_a_profile_it_says_how_to_add_one(
    capsys: pytest.CaptureFixture[str], no_own_configuration: Path
) -> None:
    main(["profiles"])
    said = capsys.readouterr().err
    assert "finds running on this machine" in said
    example = said[said.index("[profiles.") :]
    path = re.search(r"into (/\S+)", said)
    assert path
    file = Path(path[1])
    assert file.is_relative_to(no_own_configuration)
    file.parent.mkdir(parents=True)
    file.write_text(example)
    assert main(["profiles"]) == 0
    assert "llamacpp" in capsys.readouterr().out


def test_json_tells_the_origin_of_every_value(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCMIND_PROFILES__FAR__CONTEXT", "4096")
    main(["profiles", "--json", "--config", str(config)])
    shown = json.loads(capsys.readouterr().out)
    origins = shown["origins"]
    assert shown["profiles"]["far"]["context"] == 4096
    assert origins["profiles.far.context"] == "DOCMIND_PROFILES__FAR__CONTEXT"
    assert origins["profiles.near.model"] == f"{config}:5"
    assert origins["profiles.near.timeouts.stall"] == "default"
    for section in ("library", "agent", "engine"):
        assert {f"{section}.{name}" for name in shown[section]} <= set(origins)


def test_secrets_among_the_options_are_hidden(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["profiles", "--json", "--config", str(config)])
    out = capsys.readouterr().out
    assert "sk-very" not in out
    assert json.loads(out)["profiles"]["far"]["options"]["temperature"] == 0.5


def test_options_that_only_count_tokens_are_shown_and_tokens_to_sign_in_with_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {"max_new_tokens": 512, "stop_token_ids": [1, 2], "tokenizer_mode": "slow", "skip_special_tokens": True}
    tokens = {"hf_token": "hf_very", "tokens": ["hf_very"], "secret_number": 4711, "Auth-Token": "hf_very"}
    options = ", ".join(f"{name} = {json.dumps(value)}" for name, value in {**counts, **tokens}.items())
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.own]\nkind = "hosted"\nclass = "some.Class"\noptions = {{{options}}}\n')
    main(["profiles", "--json", "--config", str(config)])
    shown = json.loads(capsys.readouterr().out)["profiles"]["own"]["options"]
    assert shown == counts | dict.fromkeys(tokens, "[hidden]")


def test_listing_opens_no_socket_and_writes_nothing(
    config: Path, monkeypatch: pytest.MonkeyPatch, no_own_configuration: Path
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    before = sorted(no_own_configuration.rglob("*"))
    assert main(["profiles", "--config", str(config)]) == 0
    assert sorted(no_own_configuration.rglob("*")) == before


def test_json_tells_how_each_profile_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    with FakeServer() as server:
        near = f'[profiles.near]\nkind = "ollama"\nurl = "{server.ollama_url}"\n'
        config.write_text(near + '[profiles.dead]\nkind = "openai"\nurl = "http://127.0.0.1:9/v1"\n')
        main(["profiles", "--json", "--config", str(config)])
    profiles = json.loads(capsys.readouterr().out)["profiles"]
    near_health, dead = profiles["near"]["health"], profiles["dead"]["health"]
    assert (near_health["state"], near_health["level"], near_health["model"]) == ("ready", "full", "tiny:latest")
    assert near_health["took_ms"] > 0
    assert (dead["state"], dead["level"], dead["code"]) == ("down", "none", "ERR_5001")
    assert not server.chats


def test_how_a_model_was_loaded_the_last_time_is_told(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loads = Loads(tmp_path / "data")
    loads.add(
        Load(profile="near", model="m", at=5.0, seconds=12.0, size=8_200_000_000, vram=5_100_000_000, gpu_percent=62)
    )
    loads.close()
    arguments = ["profiles", "--config", str(config), "--data-dir", str(tmp_path / "data")]
    assert main(arguments) == 0
    assert "    last loaded in 12.0 s, GPU 62 %, 5.1 of 8.2 GB" in capsys.readouterr().out.splitlines()
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["profiles"]
    near, far = told["near"], told["far"]
    assert near["last_load"] == {
        "model": "m", "at": 5.0, "seconds": 12.0, "size": 8_200_000_000, "vram": 5_100_000_000, "gpu_percent": 62,
    }  # fmt: skip
    assert near["loads_in_s"] == 12.0
    assert (far["last_load"], far["loads_in_s"]) == (None, None)


def test_where_a_model_is_and_whether_it_would_fit_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FakeServer(in_vram=0.62) as warm, FakeServer(loading=True) as cold:
        path = tmp_path / "config.toml"
        path.write_text(
            "".join(
                f'[profiles.{name}]\nkind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
                for name, server in {"warm": warm, "cold": cold}.items()
            )
        )
        assert main(["profiles", "--config", str(path), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)["profiles"]
    assert told["warm"]["health"]["loaded"]["gpu_percent"] == 62
    assert (told["warm"]["health"]["state"], told["cold"]["health"]["state"]) == ("ready", "cold")
    assert told["cold"]["health"]["loaded"] is None
