"""The prompts of a question are kept with it, and told to nobody who looks at the chat."""

from pathlib import Path

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.secrets import HIDDEN, blanked
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import stop
from docmind.agents.protocol import Ask, KeptTurn, Prompted
from engine_clients import entered, opened, result, using
from fakes import FakeServer

SCRIPT = ['Action: search_documents\nAction Input: {"query": "pump"}', "Answer: It is blue [1]."]


def prompts(turn: KeptTurn) -> list[Prompted]:
    return [timed.event for timed in turn.events if isinstance(timed.event, Prompted)]


async def test_prompts_are_in_the_store_alone(data_dir: Path, folder: Path) -> None:
    with FakeServer(SCRIPT) as server:
        client = await opened(data_dir, folder, using(server))
        chat = (await entered(client)).chat.id
        client.send(Ask(run="r", question="Which colour?"))
        events, _ = await result(client, "r")
        held = (await entered(client, chat)).turns
        await client.aclose()
        await stop(data_dir)
        with ChatStore(chats_file(data_dir)) as store:
            (kept,) = store.path(chat)
        client = await opened(data_dir, folder, using(server))
        loaded = (await entered(client, chat)).turns
        await client.aclose()
    assert not [event for event in events if isinstance(event, Prompted)]
    assert [prompts(turn) for turn in (*held, *loaded)] == [[], []]
    first, second = prompts(kept)
    assert [message.role for message in first.messages] == ["system", "user"]
    assert (first.profile, first.model, first.phase, first.same) == ("model", "tiny:latest", "step", 0)
    assert (second.same, [message.role for message in second.messages]) == (2, ["assistant", "user"])


def test_options_that_are_named_like_a_secret_are_blanked_at_any_depth() -> None:
    options = {"api_key": "a", "headers": [{"Authorization": "b", "X-Api-Key": "c", "Accept": "d"}], "max_tokens": 5}
    hidden = {"Authorization": HIDDEN, "X-Api-Key": HIDDEN, "Accept": "d"}
    assert blanked(options) == {"api_key": HIDDEN, "headers": [hidden], "max_tokens": 5}
