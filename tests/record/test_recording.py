"""What the running engine writes down of a question, and that nothing of the record disturbs an answer."""

from collections.abc import Sequence
from pathlib import Path

from docmind.agents.client import Client, stop
from docmind.agents.protocol import CANCELLED, Answered, Ask, Cancel, Failed, Token
from docmind.agents.record.store import read, record_file
from docmind.agents.records import Call
from engine_clients import opened, result, using, wait_for
from fakes import FakeServer, Fault
from fakes.wires import PROMPT_TOKENS

SEARCH = 'Thought: Zinc.\nAction: search_documents\nAction Input: {"query": "pump"}'
ANSWER = "Thought: I know.\nAnswer: The pump is cerulean [1]."
QUESTION = "Which colour has the turquoise pump?"


async def asked(client: Client, run: str = "r1") -> Answered | Failed:
    client.send(Ask(run=run, question=QUESTION, profile="model"))
    _, end = await result(client, run)
    return end


async def recorded(client: Client, data_dir: Path) -> Sequence[Call]:
    """The record, once the engine has written everything."""
    await client.aclose()
    await stop(data_dir)
    return read(record_file(data_dir))


async def test_every_call_of_a_question_is_recorded(data_dir: Path, folder: Path) -> None:
    async with FakeServer([SEARCH, ANSWER]) as server:
        client = await opened(data_dir, folder, using(server))
        assert isinstance(await asked(client), Answered)
        calls = await recorded(client, data_dir)
    assert [(call.run, call.profile, call.model, call.outcome) for call in calls] == [
        ("r1", "model", server.model, "ok")
    ] * 2
    assert {call.prompt_tokens for call in calls} == {PROMPT_TOKENS}
    assert all(0 < (call.first_token_ms or 0) <= call.total_ms for call in calls)


async def test_failures_are_recorded_with_their_code_and_so_is_the_profile_that_went_on(
    data_dir: Path, folder: Path
) -> None:
    async with FakeServer(fault=Fault("status", status=401)) as server:
        client = await opened(data_dir, folder, using(server))
        assert isinstance(await asked(client), Answered)
        calls = await recorded(client, data_dir)
    assert (calls[0].profile, calls[0].outcome, calls[0].code) == ("model", "failed", "ERR_5006")
    assert {(call.profile, call.outcome) for call in calls[1:]} == {("quotes", "ok")}


async def test_a_stopped_answer_is_recorded_as_cancelled(data_dir: Path, folder: Path) -> None:
    async with FakeServer([SEARCH, ANSWER + " more" * 500], gap=0.01) as server:
        client = await opened(data_dir, folder, using(server))
        client.send(Ask(run="r1", question=QUESTION))
        await wait_for(client, Token)
        client.send(Cancel(run="r1"))
        _, end = await result(client, "r1")
        calls = await recorded(client, data_dir)
    assert isinstance(end, Failed)
    assert end.code == CANCELLED
    assert [call.outcome for call in calls] == ["ok", "cancelled"]


async def test_no_word_of_question_documents_or_answer_is_recorded(data_dir: Path, folder: Path) -> None:
    async with FakeServer([SEARCH, ANSWER]) as server:
        client = await opened(data_dir, folder, using(server))
        assert isinstance(await asked(client), Answered)
        assert await recorded(client, data_dir)
    written = _written(data_dir)
    for word in (b"turquoise", b"blue", b"cerulean", b"zinc", b"pump"):
        assert word not in written


def _written(data_dir: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data_dir.glob("record.db*")).lower()


async def test_a_record_that_cannot_be_written_is_logged_once_and_disturbs_no_answer(
    data_dir: Path, folder: Path
) -> None:
    record_file(data_dir).mkdir(parents=True)  # where the file should be
    async with FakeServer([SEARCH, ANSWER]) as server:
        client = await opened(data_dir, folder, using(server))
        for run in ("r1", "r2"):
            end = await asked(client, run)
            assert isinstance(end, Answered)
            assert [attempt.ok for attempt in end.attempts] == [True]
        await client.aclose()
        await stop(data_dir)
    log = (data_dir / "engine.log").read_text()
    assert log.count("Calls are not recorded.") == 1
