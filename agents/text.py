"""Make foreign text safe to show: documents, model output, file names, server errors, settings.

A terminal obeys escape sequences wherever they come from, and invisible characters hide or reorder words. Everything
that comes from outside goes through `clean` (whole strings) or `StreamCleaner` (tokens) where it enters. Markup of the
screen's own library is not touched: show foreign text with markup off.
"""

import re
from collections.abc import Iterable

_STRING_LIMIT = 4096
"""Longest operating system command that is taken out whole, in characters: it bounds what a stream may hold back."""

_HIDDEN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_HIDDEN += r"\U000e0000-\U000e0fff\ud800-\udfff"
_C1_STRING = r"\x90\x98\x9d-\x9f"
_PAYLOAD = rf"[^\x00-\x1f\x7f-\x9f]{{0,{_STRING_LIMIT}}}"
_STRING_END = r"(?:\x07|\x1b\\|\x9c)"
_PARAMETERS = r"[0-?]{0,64}[ -/]{0,8}"

# All patterns begin with one set of characters, so that the scan over harmless text is fast. The one-byte (C1) forms
# count only when complete: in wrongly decoded text they are letters, and a line must not vanish.
_UNSAFE = re.compile(
    rf"""
    [{_HIDDEN}]
    (?: (?<=\r) \n
      | (?<=\x1b) (?: \[ {_PARAMETERS} [@-~]?                       # CSI
                    | [\]PX^_] {_PAYLOAD} {_STRING_END}?            # OSC, DCS, SOS, PM, APC
                    | [\ -/]{{0,8}} [0-~] )                         # the short ones
      | (?<=\x9b) {_PARAMETERS} [@-~]
      | (?<=[{_C1_STRING}]) {_PAYLOAD} {_STRING_END}
    )?
    """,
    re.VERBOSE,
)
_UNFINISHED = re.compile(
    rf"(?:\r|(?:\x1b\[|\x9b){_PARAMETERS}|\x1b[ -/]{{0,8}}|(?:\x1b[\]PX^_]|[{_C1_STRING}]){_PAYLOAD}\x1b?)\Z"
)
_STAND_INS = {"\r": "\n", "\r\n": "\n"} | dict.fromkeys("\x0b\x0c\x85\u2028\u2029", " ")
"""Characters that separate words leave a space, so that no words grow together and line numbers stay."""

_MARK = r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff"
_MARK += r"\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
_FIFTH_MARK = re.compile(f"[{_MARK}](?<=[{_MARK}]{{5}})")
_LAST_LETTER = re.compile(rf"[^{_MARK}]?[{_MARK}]*\Z")
_EMOJI = r"\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# Joiners shape emoji, and letters of the Arabic and Indic scripts; anywhere else they only hide.
_JOINED = rf"{_EMOJI}\u0620-\u064a\u066e-\u06d3\u0900-\u0dff"
_JOINERS = "\u200c\u200d"
_JOINER_TO_NOTHING = re.compile(f"[{_JOINERS}](?![{_JOINED}])")
_JOINER_OF_NOTHING = re.compile(rf"[{_JOINERS}](?<![{_JOINED}\ufe0f].)")

_UNUSUAL = re.compile(r"[^\t\n -~]")


def clean(text: str) -> str:
    """`text` without anything that a terminal would obey or a reader could not see.

    Removed: escape sequences as a whole (7-bit and C1), control characters except tab and newline, bidi controls,
    zero-width, tag and soft-hyphen characters, joiners outside emoji and joining scripts, combining marks after the
    fourth. CR and CRLF become LF, other line separators a space, lone surrogates U+FFFD. Cleaning again
    changes nothing.
    """
    return _settle(_remove(text)) if _UNUSUAL.search(text) else text


def _remove(text: str) -> str:
    return _UNSAFE.sub(_stand_in, text)


def _stand_in(found: re.Match[str]) -> str:
    unsafe = found[0]
    return "\ufffd" if "\ud800" <= unsafe <= "\udfff" else _STAND_INS.get(unsafe, "")


def _settle(text: str) -> str:
    """Cut what depends on its neighbours. The order matters: each step sees only neighbours that stay."""
    text = _FIFTH_MARK.sub("", _JOINER_TO_NOTHING.sub("", text))
    return _JOINER_OF_NOTHING.sub("", text)


class StreamCleaner:
    """`clean` for text that arrives in pieces: the joined results equal `clean` of the whole, however it was cut.

    Only the start of an unfinished sequence is held back, at most 4 Ki characters.
    """

    def __init__(self) -> None:
        self._held = ""  # raw: may be the start of a sequence
        self._joiner = ""  # cleaned: the next letter decides about it
        self._last = ""  # the last letter given out and its marks, which more marks may follow

    def feed(self, chunk: str) -> str:
        """The part of the text that is safe by now."""
        if not self._held and not self._joiner and not _UNUSUAL.search(chunk):
            self._last = chunk[-1:] or self._last
            return chunk
        text = self._held + chunk
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return self._continue(_remove(text[:cut]))

    def close(self) -> str:
        """What was held back; the cleaner is then as new."""
        rest = self._continue(_remove(self._held))
        self._held = self._joiner = self._last = ""
        return rest

    def _continue(self, text: str) -> str:
        text = self._joiner + text
        known = text.rstrip(_JOINERS)
        self._joiner = text[len(known) :][-1:]  # a joiner before another joins nothing
        whole = _settle(self._last + known)
        settled = whole[len(self._last) :]
        if found := _LAST_LETTER.search(whole[-5:]):
            self._last = found[0]
        return settled


def one_line(text: str, limit: int = 200) -> str:
    """Cleaned `text` for messages: white space folded, at most `limit` characters, the cut marked with '…'."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


SHORTEST_SECRET = 5


def redact(text: str, secrets: Iterable[str]) -> str:
    """`text` with every secret replaced. Shorter than five characters is a placeholder such as `none`, not a secret."""
    for secret in sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True):
        text = text.replace(secret, "[hidden]")
    return text


class StreamRedactor:
    """`redact` of one secret for text that arrives in pieces; what may be the beginning of the secret is held back."""

    def __init__(self, secret: str) -> None:
        self._secret, self._held = secret if len(secret) >= SHORTEST_SECRET else "", ""

    def feed(self, text: str) -> str:
        """The part of the text that is certain by now."""
        if not self._secret:
            return text
        text = redact(self._held + text, [self._secret])
        longest = min(len(self._secret) - 1, len(text))
        held = next((size for size in range(longest, 0, -1) if self._secret.startswith(text[-size:])), 0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def close(self) -> str:
        """The rest."""
        rest, self._held = self._held, ""
        return rest
