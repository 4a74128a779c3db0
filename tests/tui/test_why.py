"""Why a profile answered, told from the events of its answer."""

from docmind.agents.protocol import Failed, Planned, Rule, Switched
from docmind.agents.records import Attempt
from docmind.tui.telling import failure
from docmind.tui.transcript.turn import Turn
from docmind.tui.why import why
from fakes.transcript import answered


def turn(rule: Rule = "best", banned: list[str] | None = None) -> Turn:
    made = Turn("r1", "Why?")
    made.take(Planned(run="r1", rule=rule, chain=["big", "fast", "quotes"], banned=banned or []), 0.0)
    return made


def switched(old: str, new: str, continues: bool = False) -> Switched:
    return Switched(run="r1", old=old, new=new, code="ERR_5001", reason=f"{old} is gone.", continues=continues)


def test_before_anything_is_asked_there_is_nothing_to_tell() -> None:
    assert why(Turn("r1", "Why?")).startswith("Nothing has been asked yet")


def test_the_rule_and_the_next_ones_are_told_while_it_is_asked() -> None:
    assert why(turn()).splitlines() == [
        "big is asked.",
        "big came first: it has the highest priority of the profiles on this machine.",
        "Next if it fails: fast, quotes.",
    ]


def test_each_step_of_the_way_is_told_with_its_reason() -> None:
    made = turn("chosen", ["slow"])
    made.take(switched("big", "fast"), 1.0)
    made.take(switched("fast", "quotes", continues=True), 2.0)
    made.take(answered("So it is."), 3.0)
    assert why(made).splitlines() == [
        "quotes answered.",
        "big came first: you have chosen it.",
        "big is gone. [ERR_5001] fast was asked next.",
        "fast is gone. [ERR_5001] quotes went on with its answer.",
        "No other profile would be next.",
        "Banned: slow.",
    ]


def test_one_that_was_passed_over_for_a_larger_window_is_still_next() -> None:
    made = Turn("r1", "Why?")
    made.take(Planned(run="r1", rule="best", chain=["small", "middle", "large", "quotes"]), 0.0)
    made.take(switched("small", "large"), 1.0)
    assert why(made).endswith("Next if it fails: middle, quotes.")


def test_an_answer_that_is_continued_has_a_way_of_its_own() -> None:
    made = turn()
    made.take(switched("big", "fast"), 1.0)
    made.take(Planned(run="r1", rule="chosen", chain=["big", "quotes"]), 2.0)
    assert why(made).splitlines() == [
        "big is asked.",
        "big came first: you have chosen it.",
        "Next if it fails: quotes.",
    ]


def test_a_question_that_failed_names_who_was_asked_last() -> None:
    made = turn("only")
    made.take(Failed(run="r1", code="ERR_5000", message="Every backend failed."), 1.0)
    assert why(made).startswith("big was asked last.\nbig came first: it is pinned")


def test_when_all_have_failed_each_is_listed_with_its_reason_and_what_to_do() -> None:
    attempts = [
        Attempt(profile="big", ok=True, tokens=5),
        Attempt(profile="big", ok=False, code="ERR_5001", reason="big: nothing answers."),
        Attempt(profile="fast", ok=False, code="ERR_5002", reason="fast gave no first word within 20 s."),
    ]
    failed = Failed(run="r1", code="ERR_5000", message="Every ...", hint="Start the server.", attempts=attempts)
    assert failure(failed).splitlines() == [
        "No profile could answer. [ERR_5000]",
        "  big: nothing answers. [ERR_5001]",
        "  fast gave no first word within 20 s. [ERR_5002]",
        "Start the server.",
    ]


def test_another_failure_is_told_as_it_is() -> None:
    assert failure(Failed(run="r1", code="ERR_4002", message="Too late.")) == (
        "Too late. [ERR_4002]\nThe question can be asked again."
    )


def test_a_profile_that_went_on_with_less_memory_is_told() -> None:
    made = turn()
    less = Switched(run="r1", old="big", new="big", code="ERR_5015", reason="big is full.", smaller="context = 4096")
    made.take(less, 1.0)
    assert "big is full. [ERR_5015] big went on with context = 4096." in why(made)
    assert why(made).endswith("Next if it fails: fast, quotes.")
