from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docmind.agents.difference import Aligned, aligned, words

PUMP = "The pump moved upstream of the heat exchanger. The flow limit rose from 12 to 18 l/min."


def told(found: Aligned | None) -> str:
    """With signs around what is different, as the screen has them."""
    assert found
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(signs[change.kind].format(change.text) for change in found.changes).strip()


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (PUMP, PUMP, PUMP),
        (PUMP, PUMP.replace("18", "18.5"), PUMP.replace(" 18", "[- 18-]{+ 18.5+}")),
        (PUMP, PUMP.replace(" heat", ""), PUMP.replace(" heat", "[- heat-]")),
        (PUMP, PUMP.replace("moved", "moved far"), PUMP.replace("moved", "moved{+ far+}")),
        (PUMP, PUMP.replace(" ", "\n  "), PUMP.replace(" ", "\n  ")),
        (
            "流量は12から18に上昇した。",
            "流量は12から20に低下した。",
            "流量は12から[-18-]{+20+}に[-上昇-]{+低下+}した。",
        ),
    ],
)
def test_the_difference_is_told_word_by_word(old: str, new: str, difference: str) -> None:
    assert told(aligned(old, new)) == difference


def test_what_stands_before_and_behind_is_left_out() -> None:
    above, below = "Water flows through the loop. " * 9, " Nobody watches it." * 9
    newer = PUMP.replace("The pump", "A pump").replace("l/min", "bar")
    found = aligned(PUMP, above + newer + below)
    assert found
    assert (above + newer + below)[found.start : found.end] == newer
    assert told(found) == PUMP.replace("The", "[-The-]{+ A+}", 1).replace(" l/min", "[- l/min-]{+ bar+}")


def test_a_word_left_between_changes_is_changed_with_them() -> None:
    old = "These words stay here. Then the cat of the house sat on a mat."
    new = "These words stay here. Now some dog of the farm lay in my bed."
    changes = "[- Then the cat of the house sat on a mat-]{+ Now some dog of the farm lay in my bed+}"
    assert told(aligned(old, new)) == f"These words stay here.{changes}."


@pytest.mark.parametrize("new", ["", " \n", "The tank is green; nobody knows why, and perhaps nobody ever will."])
def test_another_text_is_no_newer_version(new: str) -> None:
    assert aligned(PUMP, new) is None


def kept(found: Aligned, kinds: Collection[str]) -> list[str]:
    return words("".join(change.text + " " for change in found.changes if change.kind in kinds))


_WORDS = ["pump", "valve", "the", "of", "12", "18.5", ".", ",", "[-x-]", "流", "é"]
_TEXT = st.lists(st.sampled_from(_WORDS), max_size=40).map(" ".join)


@given(_TEXT, _TEXT, _TEXT)
def test_old_and_new_text_can_be_read_from_the_difference(old: str, above: str, new: str) -> None:
    if found := aligned(old, f"{above} {new}"):
        assert kept(found, ("same", "removed")) == words(old)
        assert kept(found, ("same", "added")) == words(f"{above} {new}"[found.start : found.end])
