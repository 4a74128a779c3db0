"""A copy of a chat: the same, under names of its own."""

from docmind.agents.chats.copying import copied
from docmind.agents.chats.folding import fold
from docmind.agents.chats.records import ChatInfo, KeptTurn, TimedEvent
from docmind.agents.protocol import CANCELLED, Failed, Token


def test_an_answer_that_goes_on_is_stopped_in_the_copy_with_what_it_has_said() -> None:
    info = ChatInfo(
        id="c1", title="Pumps", roots=[b"/papers"], made_at=1.0, changed_at=2.0, head="r1", state="going on"
    )
    events = [TimedEvent(0.5, Token(run="r1", text="The blue"))]
    turn = KeptTurn(run="r1", chat="c1", parent=None, question="Which?", asked_at=1.0, state="going on", events=events)

    new, (kept,), _ = copied(info, [turn], {}, 3.0)

    assert (new.state, kept.state, kept.run == "r1") == ("stopped", "stopped", False)
    end = kept.events[-1].event
    assert isinstance(end, Failed)
    assert (end.run, end.code) == (kept.run, CANCELLED)
    assert fold(kept.events)[0] == "The blue"
