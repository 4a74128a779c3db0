"""What stands around an answer: the steps, the failures, where it comes from."""

import msgspec
import pytest

from docmind.agents.protocol import Answered, ChatInfo, Entered, Saving, State, Switched, ToolCalled, ToolReturned
from docmind.agents.records import Attempt, Citation, Passage, Timings, Usage
from docmind.tui.answer import TextPrinter

Captured = pytest.CaptureFixture[str]

QUOTED = Answered(
    run="1",
    answer="The documents say:\n\n“It is blue.” [1]",
    profile="quotes",
    model="quotes",
    citations=[Citation(n=1, path="guide.docx", page=None, lines=None, quote="It is blue.", verified=True)],
    steps=[],
    attempts=[Attempt(profile="quotes", ok=True)],
    usage=Usage(completion_tokens=9),
    timings=Timings(first_token_ms=1234.5, total_ms=2345.6, tokens_per_s=99.9),
)
UNASKED = "  No model is set up: these are quotations. `docmind profiles` shows how to add one."


def shown(answered: Answered, needs_model: bool) -> None:
    with TextPrinter(needs_model) as printer:
        printer.show(answered)


def test_quotations_that_nobody_chose_are_explained_and_their_speed_is_not_told(capsys: Captured) -> None:
    shown(QUOTED, needs_model=True)
    assert capsys.readouterr().err.splitlines() == [UNASKED, "  quotes"]


def test_quotations_that_were_chosen_or_come_after_a_failure_are_not_explained(capsys: Captured) -> None:
    shown(QUOTED, needs_model=False)
    tried = [Attempt(profile="found", ok=False), Attempt(profile="quotes", ok=True)]
    shown(msgspec.structs.replace(QUOTED, attempts=tried), needs_model=True)
    assert capsys.readouterr().err.splitlines() == ["  quotes"] * 2


def test_the_speed_of_a_model_is_told_in_round_figures(capsys: Captured) -> None:
    attempts = [Attempt(profile="fast", ok=True)]
    shown(msgspec.structs.replace(QUOTED, profile="fast", model="llama", attempts=attempts), needs_model=True)
    assert capsys.readouterr().err == "  fast · llama   first 1.2 s, all 2.3 s   100 tok/s\n"


def test_an_answer_that_was_cut_off_is_told(capsys: Captured) -> None:
    shown(msgspec.structs.replace(QUOTED, profile="fast", model="fast", cut=True), needs_model=False)
    assert capsys.readouterr().err.endswith("   cut off: max_tokens or context is used up\n")


def test_a_failed_profile_is_named_once_with_what_to_do(capsys: Captured) -> None:
    reason, hint = "Profile gg runs a GGUF file, and llama.cpp is not installed.", "Install it."
    with TextPrinter() as printer:
        printer.show(Switched(run="1", old="gg", new="balanced", code="ERR_5013", reason=reason, hint=hint))
        printer.show(Switched(run="1", old="balanced", new="quotes", code="ERR_5001", reason="balanced is down."))
    assert capsys.readouterr().err.splitlines() == [
        f"  {reason} Trying balanced.",
        f"  {hint}",
        "  balanced is down. Trying quotes.",
    ]


def test_a_source_without_page_and_lines_shows_the_heading_of_its_passage(capsys: Captured) -> None:
    passage = Passage(n=1, path="guide.docx", text="It is blue.", heading="Parts > Pump")
    with TextPrinter() as printer:
        printer.show(ToolCalled(run="1", call="a", tool="search_documents", input={"query": "blue"}))
        printer.show(ToolReturned(run="1", call="a", passages=[passage], seconds=0.0123))
        printer.show(QUOTED)
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == "  [1] guide.docx > Parts > Pump"
    assert captured.err.splitlines()[0] == '  searched "blue"   1 passage   0.01 s'


def test_a_wait_for_a_hot_card_is_told_once_where_no_terminal_shows_it(capsys: Captured) -> None:
    with TextPrinter(needs_model=False) as printer:
        for degrees in (91, 92):
            printer.show(State(run="r", state="cooling", detail=f"GPU 0 is at {degrees} °C"))
        printer.show(State(run="r", state="thinking"))
    assert capsys.readouterr().err == "  waiting until it is cooler (GPU 0 is at 91 °C)\n"


def test_what_is_wrong_with_the_saved_chats_is_told(capsys: Captured) -> None:
    chat = ChatInfo(id="c1", title="", roots=[], made_at=0.0, changed_at=0.0)
    with TextPrinter() as printer:
        printer.show(Entered(chat=chat, turns=[]))
        printer.show(Entered(chat=chat, turns=[], notice="The chats were damaged, and are mended."))
        printer.show(Saving(run="", problem="The disk is full."))
    mended, unsaved = capsys.readouterr().err.splitlines()
    assert mended == "  The chats were damaged, and are mended."
    assert unsaved.startswith("  This chat is not being saved now. The disk is full.")
