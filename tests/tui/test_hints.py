"""The keys that the last line names."""

from docmind.tui.hints import hints


def test_what_can_be_stopped_comes_first() -> None:
    assert hints({}, "prompt", busy=True)[:2] == [("Esc", "stop"), ("F1", "help")]
    assert hints({}, "text", busy=True)[:2] == [("Esc", "stop"), ("Tab", "prompt")]


def test_the_keys_of_the_user_are_named() -> None:
    named = hints({"next_stop": "ctrl+down", "copy_answer": "a"}, "text", busy=False)
    assert ("Ctrl+Down/k", "move") in named
    assert ("a", "copy") in named


def test_in_the_search_esc_closes_it_before_it_stops_anything() -> None:
    assert ("Esc", "close") in hints({}, "search", busy=True)
