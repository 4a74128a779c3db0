"""The keys that the last line names."""

from docmind.tui.hints import hints


def test_what_can_be_stopped_comes_first() -> None:
    assert hints({}, in_text=False, busy=True)[:2] == [("Esc", "stop"), ("F1", "help")]
    assert hints({}, in_text=True, busy=True)[:2] == [("Esc", "stop"), ("Tab", "prompt")]


def test_the_keys_of_the_user_are_named() -> None:
    named = hints({"next_stop": "ctrl+down", "copy_answer": "a"}, in_text=True, busy=False)
    assert ("Ctrl+Down/k", "move") in named
    assert ("a", "copy") in named
