import codecs
import random

import pytest

from docmind.agents.library.encoding import NotText, decode

GERMAN = "Größe und Länge der Brücke über die Straße: die Prüfung ergab übermäßig große Änderungen."
FRENCH = "Le café de l'été était fermé à cause de la grève générale. Où êtes-vous allés ?"
POLISH = "Zażółć gęślą jaźń. Wszystkie części są już gotowe, możemy zaczynać próbę w środę."
RUSSIAN = "Привет, это проверка кодировки текста на русском языке."
JAPANESE = "これは日本語のテキストです。文字コードの判定を試します。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "cp1252"),
        (FRENCH, "latin-1"),
        ("Café crème", "latin-1"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
    ],
)
def test_text_in_its_encoding_is_recognised(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_a_late_accent_in_a_long_text_is_recognised() -> None:
    text = "plain words " * 20_000 + GERMAN
    assert decode(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    "declaration",
    ['<meta charset="cp1250">', '<?xml version="1.0" encoding="windows-1250"?>', "# -*- coding: cp1250 -*-"],
)
def test_what_a_text_declares_beats_a_guess(declaration: str) -> None:
    text = f"{declaration}\nŁ ń ś"
    assert decode(text.encode("cp1250")) == text


def test_a_declaration_of_nonsense_is_passed_over() -> None:
    for name in ("rot13", "nothing-known", "hex"):
        text = f"charset={name}\n{FRENCH}"
        assert decode(text.encode("cp1252")) == text


def test_one_bad_byte_does_not_spoil_utf8() -> None:
    assert decode(GERMAN.encode() + b"\xff" + GERMAN.encode()) == f"{GERMAN}\ufffd{GERMAN}"


def test_utf8_that_is_cut_off_stays_utf8() -> None:
    assert decode("Straße, Ende é".encode()[:-1]) == "Straße, Ende \ufffd"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"\x7fELF" + bytes(200),
        b"\x00\x01" * 500,
        random.Random(1).randbytes(5000),
    ],
)
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(NotText):
        decode(data)


def test_a_few_nul_bytes_do_not_make_a_text_binary() -> None:
    assert decode(b"a line of text\0" + b"and many more lines of it\n" * 20).startswith("a line of text\0and")


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE])
def test_damaged_wide_text_still_gives_text(mark: bytes) -> None:
    assert "\ufffd" in decode(mark + b"\x00\xd8\x00")
