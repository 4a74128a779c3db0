"""A LlamaIndex class behind kind `hosted`: what streams, what comes whole, and what goes wrong."""

import json
from collections.abc import Callable

import pytest

from docmind.agents.backends.base import look_at
from docmind.agents.backends.hosted import Hosted
from docmind.agents.backends.hosted_calls import Cutter
from docmind.agents.errors import Code
from docmind.agents.settings import Profile, Timeouts
from fakes.listening import listen

Open = Callable[..., Hosted]


async def test_a_class_that_streams_comes_in_pieces(host: Open) -> None:
    heard = await listen(host("Streaming", says="one two three"))

    assert [delta.text for delta in heard.deltas] == ["one", " two", " three", ""]


@pytest.mark.parametrize("name", ["Whole", "WholeByWords"])
async def test_a_class_that_cannot_stream_answers_whole_and_says_so(host: Open, name: str) -> None:
    backend = host(name, says="one two three")
    heard = await listen(backend)

    assert [delta.text for delta in heard.deltas] == ["one two three", ""]
    assert heard.deltas[0].whole
    assert backend.unstreamed
    assert (await backend.health()).detail == "answers whole"


async def test_a_class_known_not_to_stream_says_so_before_it_is_asked() -> None:
    assert Hosted("vllm", Profile(kind="hosted", class_="llama_index.llms.vllm.Vllm")).unstreamed


async def test_only_the_total_limit_counts_for_a_whole_answer(host: Open) -> None:
    limits = {"timeouts": Timeouts(first_token=0.05, stall=0.05, total=1)}
    patient, endless = host("Whole", limits, trouble="slow"), host("Whole", limits, trouble="sleep")
    for backend in (patient, endless):
        await backend.context()

    assert (await listen(patient)).text == "It is 42."
    heard = await listen(endless)
    assert heard.error is not None
    assert "timeouts.total" in heard.error.hint


async def test_a_class_that_tells_the_text_so_far_is_not_repeated(host: Open) -> None:
    assert (await listen(host("Cumulative", says="one two three"))).text == "one two three"


async def test_a_long_answer_in_one_piece_passes_the_pipe(host: Open) -> None:
    says = "é" * 20_000 + "\U0001f600" * 20_000

    assert (await listen(host("Whole", {"max_tokens": 10_000}, says=says))).text == says


@pytest.mark.parametrize("name", ["Streaming", "Whole"])
async def test_a_stop_sequence_ends_the_answer_before_it(host: Open, name: str) -> None:
    backend = host(name, says="Action: search\nObservation: made up")

    assert (await listen(backend, stop=["\nObservation:"])).text == "Action: search"
    assert (await listen(backend, stop=["never"])).text == "Action: search\nObservation: made up"
    assert (await listen(backend, stop=["Action"])).code == Code.INVALID_RESPONSE  # nothing is left, which is no answer


@pytest.mark.parametrize(
    ("stop", "expected"),
    [(["\nObs:"], "Action: search"), (["search"], "Action: "), (["\nObst"], None), (["s", "ct"], "A"), ([], None)],
)
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_a_stop_sequence_is_found_however_the_text_is_cut(stop: list[str], expected: str | None, size: int) -> None:
    text, cutter, kept = "Action: search\nObs: made up", Cutter(stop), ""
    for start in range(0, len(text), size):
        kept += cutter.feed(text[start : start + size])
        if cutter.cut:
            break

    assert kept + cutter.close() == (text if expected is None else expected)


async def test_the_profile_tells_the_class_its_window_and_its_limit(host: Open) -> None:
    backend = host("Telling", {"context": 1234, "max_tokens": 77})

    assert json.loads((await listen(backend)).text) == {"context_window": 1234, "max_tokens": 77}
    assert await backend.context() == 1234


async def test_options_win_over_what_the_profile_says(host: Open) -> None:
    heard = await listen(host("Telling", {"context": 1234}, context_window=99, max_tokens=5))

    assert json.loads(heard.text) == {"context_window": 99, "max_tokens": 5}


async def test_what_the_class_prints_is_no_part_of_the_answer(host: Open) -> None:
    heard = await listen(host("Streaming", says="one two", trouble="print"))

    assert (heard.text, heard.error) == ("one two", None)


@pytest.mark.parametrize(
    ("name", "trouble", "code", "words"),
    [
        ("Streaming", "fail", Code.SERVER_ERROR, "RuntimeError: the model is cross"),
        ("Whole", "fail", Code.SERVER_ERROR, "RuntimeError: the model is cross"),
        ("Streaming", "memory", Code.OUT_OF_MEMORY, "ran out of memory"),
        ("Streaming", "overflow", Code.CONTEXT_OVERFLOW, "exceed context window of 4096"),
        ("Streaming", "call_home", Code.REMOTE_REFUSED, "connect to 203.0.113.7"),
        ("Streaming", "look_up", Code.REMOTE_REFUSED, "connect to models.example"),
        ("Streaming", "die", Code.CRASHED, "exit status -9: error: the sky fell"),
        ("Whole", "die", Code.CRASHED, "exit status -9: error: the sky fell"),
        ("Picky", "", Code.CONFIG, "cannot be made with these options: ValueError: a teapot"),
        ("Hungry", "", Code.OUT_OF_MEMORY, "ran out of memory"),
        ("Lacking", "", Code.PACKAGE_MISSING, "No module named 'no_such_engine'"),
        ("Leaving", "", Code.CONFIG, "SystemExit: 3"),
        ("Dying", "", Code.CRASHED, "exit status -9"),
        ("NOT_A_CLASS", "", Code.CONFIG, "fakes.llms has no LLM class NOT_A_CLASS"),
        ("Nothing", "", Code.CONFIG, "fakes.llms has no LLM class Nothing"),
    ],
)
async def test_what_goes_wrong_is_told_plainly_and_harms_nothing_else(
    host: Open, name: str, trouble: str, code: Code, words: str
) -> None:
    heard = await listen(host(name, trouble=trouble))

    assert heard.code == code
    assert words in str(heard.error)
    assert heard.error is not None
    assert heard.error.hint


async def test_an_unknown_argument_is_named(host: Open) -> None:
    heard = await listen(host("Strict", nonsense=1))

    assert heard.code == Code.CONFIG
    assert "nonsense" in str(heard.error)


async def test_a_key_is_never_shown(host: Open) -> None:
    backend = host("Telltale")
    backend.key = "s3cr3t-k3y"
    heard = await listen(backend)

    assert "cannot be made" in str(heard.error)
    assert "s3cr3t" not in str(heard.error)


async def test_a_class_that_may_go_elsewhere_gets_as_far_as_the_network(host: Open) -> None:
    heard = await listen(host("Streaming", {"allow_remote": True}, trouble="look_up_nothing"))

    assert heard.code == Code.SERVER_ERROR
    assert "gaierror" in str(heard.error)


async def test_a_look_needs_no_llama_index_and_tells_what_the_backend_tells() -> None:
    profile = Profile(kind="hosted", class_="llama_index.llms.vllm.Vllm", model="some/model")
    look = look_at("vllm", profile)

    assert not isinstance(look, Hosted)
    assert await look.model() == "some/model"
    assert (await look.health()).code == (await Hosted("vllm", profile).health()).code


async def test_a_health_check_makes_nothing(host: Open) -> None:
    backend = host("Streaming")

    assert ((await backend.health()).state, backend.cold, backend.child) == ("ready", True, None)
    assert await backend.models() == ["Streaming"]
