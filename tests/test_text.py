"""Nothing that a terminal would obey, or a reader could not see, survives cleaning; honest text does."""

import random
import re
import unicodedata

import pytest

from docmind.agents.text import StreamCleaner, StreamRedactor, clean, one_line, redact

PIECES = [
    *(
        "\x1b",
        "\x1b[",
        "\x1b]",
        "\x1bP",
        "\x9b",
        "\x9d",
        "\x90",
        "\x9c",
        "\x07",
        "\x1b\\",
        "\\",
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
    ),
    *(
        "a",
        "word ",
        "3",
        ";",
        "m",
        "[",
        "]",
        "\x00",
        "\x7f",
        "\x85",
        "\u0301",
        "\u064b",
        "\ufe0f",
        "\u200d",
        "\u200c",
        "\u200b",
    ),
    *(
        "\u202e",
        "\u2028",
        "\U000e0041",
        "\ud800",
        "\U0001f469",
        "\u2764",
        "\u0645",
        "\u0915",
        "\u00e9",
        "\u6f22",
        "\x1b[31m",
    ),
]
HARMLESS = set("\t\n\u200c\u200d\ufe0f")


def random_text(rng: random.Random) -> str:
    return "".join(rng.choices(PIECES, k=rng.randint(1, 14)))


def streamed(text: str, rng: random.Random) -> str:
    cleaner, out, at = StreamCleaner(), "", 0
    while at < len(text):
        size = rng.randint(1, 6)
        out += cleaner.feed(text[at : at + size])
        at += size
    return out + cleaner.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31;1mred\x1b[2Jb", "aredb"),
        ("a\x1b]52;c;aGFja2Vk\x07b", "ab"),
        ("a\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x9b31mc1\x9d52;c;aGk=\x9cb", "ac1b"),
        ("a\x1bP+q544e\x1b\\b\x1b_x\x9cc\x1b^y\x07d", "abcd"),
        ("a\x1b(0b\x1bcc", "abc"),
        ("a\x1b]0;a title that never ends", "a"),
        ("a\x1b]0;one line only\nthe next", "a\nthe next"),
        ("a\x1b[1;3", "a"),
        ("a\x1b\x1b[m[31mb", "a[31mb"),
        ("\x07\x08\x00\x0e\x7fa", "a"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree\n"),
        ("one\x0ctwo\u2028three\x85four", "one two three four"),
        ("a\u202eevil\u202c\u2066x\u2069\u200bz\ufeff\U000e0041", "aevilxz"),
        ("soft\u00adhyphen", "softhyphen"),
        ("name\udcff\ud800", "name\ufffd\ufffd"),
        ("e" + "\u0301" * 60 + "!", "e" + "\u0301" * 4 + "!"),
        ("a\u200db \u200d", "ab "),
        ("a\u200cb", "ab"),
    ],
)
def test_what_a_terminal_obeys_or_nobody_sees_is_removed(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "plain ünïcödé 漢字 العربية ไทย\n\tindented",
        "family \U0001f469\u200d\U0001f469\u200d\U0001f467 heart \u2764\ufe0f\u200d\U0001f525",
        "Persian \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 Hindi \u0915\u094d\u200d\u0937",
        "",
    ],
)
def test_honest_text_of_any_script_stays_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert streamed(text, random.Random(1)) == text


def test_wrongly_decoded_letters_do_not_swallow_the_rest_of_a_document() -> None:
    assert clean("the \x9eivot of the matter\n" * 3) == "the ivot of the matter\n" * 3


def test_a_sequence_without_end_hides_at_most_four_thousand_characters() -> None:
    text = "a\x1b]0;" + "x" * 10_000
    assert 5_000 < len(clean(text)) < 6_000
    assert streamed(text, random.Random(2)) == clean(text)


def test_random_text_comes_out_clean_and_cleaning_twice_changes_nothing() -> None:
    rng = random.Random(3)
    for _ in range(10_000):
        text = random_text(rng)
        cleaned = clean(text)
        hidden = [c for c in cleaned if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in HARMLESS]
        assert not hidden, ascii(text)
        assert clean(cleaned) == cleaned, ascii(text)


def test_a_stream_gives_the_same_text_however_it_is_cut() -> None:
    rng = random.Random(4)
    for _ in range(10_000):
        text = random_text(rng)
        assert streamed(text, rng) == clean(text), ascii(text)


def test_joiners_and_marks_in_any_order_are_cleaned_alike_in_a_stream() -> None:
    rng = random.Random(5)
    for _ in range(20_000):
        text = "".join(rng.choices("a\u200b\u200c\u200d\u0301\ufe0f\u0645\u064b\U0001f469", k=rng.randint(1, 12)))
        assert streamed(text, rng) == clean(text) == clean(clean(text)), ascii(text)


def test_a_stream_passes_plain_tokens_on_at_once() -> None:
    cleaner = StreamCleaner()
    assert [cleaner.feed(token) for token in ("The ", "pump ", "m\u00e4rz", "")] == ["The ", "pump ", "m\u00e4rz", ""]
    assert cleaner.close() == ""


def test_a_stream_holds_a_cut_sequence_back_until_it_is_whole() -> None:
    cleaner = StreamCleaner()
    assert cleaner.feed("safe\x1b[3") == "safe"
    assert cleaner.feed("1mred") == "red"


def test_one_line_folds_white_space_and_marks_the_cut() -> None:
    assert one_line("  two\n\n lines\x1b[m \t here ") == "two lines here"
    assert one_line("x" * 50, 10) == "x" * 9 + "…"
    assert one_line("x" * 10, 10) == "x" * 10


def test_secrets_are_hidden_and_placeholders_are_not_taken_for_secrets() -> None:
    assert redact("key sk-12345678 refused", ["sk-12345678", ""]) == "key [hidden] refused"
    assert redact("none of it", ["none"]) == "none of it"
    assert not re.search("sk-1|tail", redact("sk-12345tail", ["sk-12345", "sk-12345tail"]))


@pytest.mark.parametrize(
    "text", ["my key is sk-abc-123.", "sk-abc-12 is none", "sk-abc-sk-abc-123", "ends in sk-abc-1"]
)
def test_a_secret_is_taken_out_of_a_stream_however_it_was_cut(text: str) -> None:
    for seed in range(200):
        cuts, redactor, shown, rest = random.Random(seed), StreamRedactor("sk-abc-123"), "", text
        while rest:
            size = cuts.randint(1, 5)
            shown += redactor.feed(rest[:size])
            rest = rest[size:]
        assert shown + redactor.close() == redact(text, ["sk-abc-123"])
