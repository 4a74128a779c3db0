"""A backend that failed is left alone for a while, over several questions, and comes back."""

from pathlib import Path

from fakes import FakeServer, Fault
from program import Program

QUESTION = "How often must the compressor be inspected?"


def openai(server: FakeServer) -> str:
    return f'[profiles.model]\nkind = "openai"\nurl = "{server.openai_url}"\nmodel = "{server.model}"\n'


def test_a_server_that_is_gone_is_left_alone_and_docmind_profiles_says_so(program: Program, documents: Path) -> None:
    with FakeServer(fault=Fault("refuse")) as server:
        config = program.config(openai(server))
        program.json("--config", config, "ask", QUESTION, documents)
        listed = program.json("--config", config, "profiles")["profiles"]
        table = program.run("--config", config, "profiles").stdout
    assert (listed["model"]["breaker"], listed["quotes"]["breaker"]) == ("open", "closed")
    assert 0 < listed["model"]["next_try_s"] <= 5
    assert "nothing answers" in listed["model"]["opened_by"]
    assert "breaker open: next try in" in table


def test_a_server_that_comes_back_answers_the_next_question(program: Program, documents: Path) -> None:
    script = ['Action: search_documents\nAction Input: {"query": "compressor"}', "Answer: Every 400 hours [1]."]
    with FakeServer(fault=Fault("refuse")) as gone:
        config, port = program.config(openai(gone)), gone.port
        assert program.json("--config", config, "ask", QUESTION, documents)["profile"] == "quotes"
    with FakeServer(script, port=port):
        assert program.json("--config", config, "ask", QUESTION, documents)["profile"] == "model"
