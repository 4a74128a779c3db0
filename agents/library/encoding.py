"""Bytes of a text file -> text: byte order mark, UTF-16 without one, UTF-8, what the text itself declares, a guess."""

import codecs
import itertools
import re

_MARKS = [  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_SAMPLE = 32_768
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\b\x1b")) + b"\x7f"
_DECLARATION = re.compile(rb"""(?:charset|coding)\s*[=:]\s*["']?([A-Za-z][\w.-]{2,30})""")
_FOREIGN = re.compile(rb"[^\n\x80-\xff]{0,40}[\x80-\xff][^\n]{0,1000}")
_STRETCHES = 30
_NEARLY = 0.05
"""Guesses whose share of disorder differs by less than this are equally good."""


class NotText(Exception):
    """The bytes are no text in any encoding."""


def decode(data: bytes) -> str:
    """The text of `data`; bytes that the encoding does not allow become U+FFFD. Raises NotText."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    if wide := _utf16(data[:_SAMPLE]):
        return data.decode(wide, "replace")
    if _is_binary(data[:_SAMPLE]):
        raise NotText
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A bad byte far inside is damage, not another encoding.
        name = "utf-8" if _mostly_utf8(data, error) else _declared(data) or _guess(_telling(data))
    return data.decode(name, "replace")


def _utf16(sample: bytes) -> str:
    """UTF-16 of Western text has a zero in nearly every second byte."""
    half = len(sample) // 2
    even, odd = sample[0 : 2 * half : 2].count(0), sample[1 : 2 * half : 2].count(0)
    if half < 2 or max(even, odd) < 0.4 * half or min(even, odd) > 0.05 * half:
        return ""
    name = "utf-16-le" if odd > even else "utf-16-be"
    shown = sum(character.isprintable() or character.isspace() for character in sample.decode(name, "replace"))
    return name if shown > 0.95 * half else ""


def _is_binary(sample: bytes) -> bool:
    """More than a few control characters and more than 2 %; those in a text are removed later by `clean`."""
    return len(sample) - len(sample.translate(None, _CONTROL)) > max(3, 0.02 * len(sample))


def _mostly_utf8(data: bytes, error: UnicodeDecodeError) -> bool:
    """True when there are multi-byte UTF-8 characters before the bad one, or it is cut off at the end."""
    cut_off = error.end == len(data) and error.reason == "unexpected end of data"
    return cut_off or not data[: error.start].isascii()


def _declared(data: bytes) -> str:
    """What HTML (charset=), XML (encoding=) or a source file (coding:) says of itself, if Python knows it."""
    match = _DECLARATION.search(data[:1024])
    name = match[1].decode() if match else ""
    try:
        b"a".decode(name)
    except (LookupError, UnicodeError):
        return ""
    return name


def _telling(data: bytes) -> bytes:
    """The first stretches that hold more than ASCII: the rest says nothing about the encoding."""
    return b"\n".join(match[0] for match in itertools.islice(_FOREIGN.finditer(data), _STRETCHES))


def _guess(sample: bytes) -> str:
    """charset-normalizer's guess; among equal ones the more coherent, then Windows' Western code page."""
    from charset_normalizer import from_bytes

    matches = list(from_bytes(sample))
    if not matches:
        return "cp1252"
    good = [match for match in matches if match.chaos <= matches[0].chaos + _NEARLY]
    return max(good, key=lambda match: (match.coherence, match.encoding == "cp1252")).encoding
