"""What each format holds: bytes of a file -> its kind and its text, in segments that never share a chunk.

Runs in the child process (`read_child`), where a hang or a crash costs one file.
"""

import contextlib
import os
import re
from collections.abc import Iterator

import msgspec

from ..text import clean, one_line
from .encoding import NotText, decode


class Unreadable(Exception):
    """The file cannot be read; the argument says why, in words for the user."""


class Binary(Exception):
    """The file holds no text by its nature: it is left out, not failed."""


class Segment(msgspec.Struct, frozen=True):
    """A page, or the whole of a document without pages. `text` is cleaned."""

    text: str
    page: int | None = None
    """From 1."""
    lined: bool = False
    """The lines of `text` are the lines of the file."""
    markdown: bool = False


class Document(msgspec.Struct, frozen=True):
    """What a file holds, in order."""

    kind: str
    segments: list[Segment]


_MARKDOWN = frozenset({"md", "markdown", "mdown", "mkd", "mdx", "rmd", "qmd"})
# Extension -> what kreuzberg takes it for. Text formats that people read as they are (CSV, JSON, XML, TeX) stay text.
_MIME = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "epub": "application/epub+zip",
    "doc": "application/msword",
    "ppt": "application/vnd.ms-powerpoint",
    "xls": "application/vnd.ms-excel",
    "msg": "application/vnd.ms-outlook",
    "rtf": "application/rtf",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
    "eml": "message/rfc822",
    "ipynb": "application/x-ipynb+json",
}
_TEXTUAL = frozenset({"html", "htm", "xhtml", "eml", "ipynb", "rtf"})
_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-"
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.I)
# kreuzberg puts the metadata of a web page before its text: "---", lines of "key: value", the last one as a heading.
_WEB_METADATA = re.compile(r"\A---\n(?:[^\n]*\n){0,200}?## [\w-]+: [^\n]*\n+")
_EMBEDDED = re.compile(r"\(data:[^)]*\)")
"""A picture inside the document: megabytes of letters and digits that are no text."""
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\((?:<[^>\n]*>|(?:[^\s()\n]|\([^\s()\n]*\))*)(?:\s+\"[^\"\n]*\")?\)")
"""A link or picture in the Markdown that kreuzberg makes; its text may not hold brackets."""
_FOOTNOTE = re.compile(r"\[\[?\w{1,4}\]?\]\(#[^)\s]*\)")


def read(data: bytes, name: bytes) -> Document:
    """The document in `data`; its first bytes count more than its name. Raises Unreadable, Binary."""
    extension = os.fsdecode(os.path.splitext(name)[1][1:]).lower()
    document = _read(data, extension)
    if not any(segment.text.strip() for segment in document.segments):
        raise Unreadable("holds no text" + (": a scan, or only images" if document.kind == "pdf" else ""))
    return document


def _read(data: bytes, extension: str) -> Document:
    if _PDF in data[:1024]:
        return Document("pdf", list(_pages(data)))
    if data.startswith((_ZIP, _OLE)):
        return _office(data, extension)
    if extension in ("eml", "rtf"):  # these say themselves how each part is encoded
        return _extracted(data, extension, _MIME[extension])
    try:
        text = decode(data)
    except NotText:
        if extension in _MIME or extension == "pdf":
            raise Unreadable(f"is damaged, or no {extension} file") from None
        raise Binary from None
    if _HTML.match(text):
        return _extracted(text.encode(errors="replace"), "html", _MIME["html"])
    if extension in _TEXTUAL:
        return _extracted(text.encode(errors="replace"), extension, _MIME[extension])
    return _plain(clean(text), extension)


def _plain(text: str, extension: str) -> Document:
    if extension in _MARKDOWN:
        return Document("markdown", [Segment(text, lined=True, markdown=True)])
    misnamed = extension in _MIME or extension == "pdf"
    return Document("text" if misnamed else extension or "text", [Segment(text, lined=True)])


def _pages(data: bytes) -> Iterator[Segment]:
    import pypdfium2  # type: ignore[import-untyped]

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        protected = "password" in str(error).lower()
        raise Unreadable("is encrypted: it needs a password" if protected else "is a damaged PDF") from error
    for number in range(len(pdf)):
        try:
            text = pdf[number].get_textpage().get_text_bounded()
        except pypdfium2.PdfiumError:
            continue  # one damaged page; the others may be whole
        yield Segment(clean(text), number + 1)


def _office(data: bytes, extension: str) -> Document:
    import kreuzberg

    mime = ""
    with contextlib.suppress(RuntimeError, kreuzberg.KreuzbergError):
        mime = kreuzberg.detect_mime_type_from_bytes(data)  # type: ignore[attr-defined]
    kind = next((kind for kind, known in _MIME.items() if known == mime), extension)
    if kind not in _MIME or kind in _TEXTUAL:
        raise Unreadable("is in a format that docmind cannot read")
    return _extracted(data, kind, _MIME[kind])


def _extracted(data: bytes, kind: str, mime: str) -> Document:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(output_format="markdown", disable_ocr=True, use_cache=False)  # type: ignore[call-arg]
    try:
        content = kreuzberg.extract_bytes_sync(data, mime, config).content
    except kreuzberg.KreuzbergError as error:
        if "Security limit" in str(error):
            raise Unreadable("unpacks to far more than a document holds: a zip bomb?") from error
        raise Unreadable(f"is damaged, encrypted, or no {kind} file ({one_line(str(error), 120)})") from error
    if mime == "text/html":
        content = _WEB_METADATA.sub("", content, count=1)
    elif kind == "ipynb":
        content = "\n".join(map(_mended, content.split("\n")))
    return Document(kind, [Segment(clean(_unlinked(_EMBEDDED.sub("()", content))), markdown=True)])


def _unlinked(markdown: str) -> str:
    """The text without link targets, which make up half of a web page and are read by nobody."""
    without = _LINK.sub(r"\1", _FOOTNOTE.sub("", markdown))
    return _LINK.sub(r"\1", without)  # a picture may be the text of a link


def _mended(line: str) -> str:
    """kreuzberg (4.10) takes the UTF-8 of a notebook's Markdown cells, but not of its code, for Latin-1."""
    try:
        return line.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return line
