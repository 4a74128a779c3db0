"""What the events of a turn come to is what the screen shows of them."""

from hypothesis import given
from hypothesis import strategies as st

from docmind.agents.chats.folding import fold
from docmind.agents.protocol import (
    AnyRunEvent,
    Failed,
    Meter,
    Retracted,
    Switched,
    Thought,
    Token,
    ToolCalled,
    ToolReturned,
)
from docmind.tui.transcript.turn import Turn
from fakes.chats import answered, stopped, timed

RUN = "r1"
_calls = st.sampled_from(["1", "2", "3"])
_events: st.SearchStrategy[AnyRunEvent] = st.one_of(
    st.text("abc ", max_size=4).map(lambda text: Token(run=RUN, text=text)),
    st.just(Thought(run=RUN, text="hm")),
    _calls.map(lambda call: ToolCalled(run=RUN, call=call, tool="search", input={})),
    _calls.map(lambda call: ToolReturned(run=RUN, call=call, passages=[], seconds=0.0)),
    st.one_of(st.none(), st.integers(0, 9)).map(lambda last: Retracted(run=RUN, last=last)),
    st.just(Switched(run=RUN, old="a", new="b", code="ERR_5002", reason="slow")),
)


@given(st.lists(_events, max_size=20))
def test_the_text_of_an_answer_is_the_one_on_the_screen(events: list[AnyRunEvent]) -> None:
    called = set[str]()
    shown, kept = Turn(RUN, "?"), list[AnyRunEvent]()
    for event in events:
        if isinstance(event, ToolCalled):
            if event.call in called:
                continue  # each call has a name of its own
            called.add(event.call)
        kept.append(event)
        shown.take(event, 0.0)
    assert fold(timed(*kept)).answer == shown.answer


def test_text_that_came_after_a_retraction_is_taken_back_though_a_call_has_returned_since() -> None:
    said, retracted = Token(run=RUN, text="Blue"), Retracted(run=RUN, last=None)
    called = ToolCalled(run=RUN, call="1", tool="search", input={})
    returned = ToolReturned(run=RUN, call="1", passages=[], seconds=0.0)
    assert fold(timed(said, called, retracted, said, returned, retracted)).answer == ""
    assert fold(timed(said, called, returned, said, retracted)).answer == "Blue"


def test_the_end_of_a_turn_says_its_state_and_who_answered() -> None:
    asked = Meter(run=RUN, profile="fast", context_used=1, context_window=2)
    said = Token(run=RUN, text="Blu")
    switched = Switched(run=RUN, old="fast", new="slow", code="ERR_5002", reason="x", continues=True)
    failed = Failed(run=RUN, code="ERR_5000", message="Every profile failed.")
    assert fold([]) == ("", "", "", "broken")
    assert fold(timed(asked, said)) == ("Blu", "fast", "", "broken")
    assert fold(timed(asked, said, switched)) == ("Blu", "slow", "", "broken")
    assert fold(timed(asked, said, stopped(RUN))) == ("Blu", "fast", "", "stopped")
    assert fold(timed(asked, said, failed)) == ("Blu", "fast", "", "broken")
    assert fold(timed(asked, said, answered(RUN, "Blue.", "best"))) == ("Blue.", "best", "tiny", "done")
