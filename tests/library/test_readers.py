import json

import pytest

from docmind.agents.library.readers import Binary, Document, Unreadable, read
from fakes.documents import docx, epub, odt, pdf
from fakes.formats import every_format, web_page

FLOW = "The flow is 18 litres."
HTML = web_page(FLOW)


def text_of(document: Document) -> str:
    return "\n".join(segment.text for segment in document.segments)


@pytest.mark.parametrize(("name", "data"), every_format(FLOW).items())
def test_every_format_gives_its_text(name: str, data: bytes) -> None:
    document = read(data, name.encode())
    assert FLOW in text_of(document)
    assert document.kind == name.removeprefix("a.")


def test_markdown_keeps_its_lines() -> None:
    document = read(b"# Pump\r\n\r\nOne.\r\nTwo.\r\n", b"a.MD")
    (segment,) = document.segments
    assert (document.kind, segment.lined, segment.markdown) == ("markdown", True, True)
    assert segment.text.split("\n") == ["# Pump", "", "One.", "Two.", ""]


def test_a_pdf_comes_page_by_page() -> None:
    pages = read(pdf("first", "second"), b"a.pdf").segments
    assert [(page.page, page.text) for page in pages] == [(1, "first"), (2, "second")]


def test_a_notebook_keeps_its_accents_in_text_and_code() -> None:
    cells: list[object] = [
        {"cell_type": kind, "metadata": {}, "outputs": [], "source": [f"{kind} Größe"]} for kind in ("markdown", "code")
    ]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False)
    text = text_of(read(notebook.encode(), b"a.ipynb"))
    assert "markdown Größe" in text
    assert "code Größe" in text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_web_page_may_be_in_any_encoding(encoding: str) -> None:
    page = "<html><body><p>Die Größe der Brücke über die Straße.</p></body></html>"
    assert text_of(read(page.encode(encoding), b"a.html")).strip() == "Die Größe der Brücke über die Straße."


def test_a_web_page_gives_neither_scripts_nor_metadata_nor_embedded_pictures() -> None:
    picture = f'<img alt="chart" src="data:image/png;base64,{"A" * 1000}">'
    text = text_of(read(HTML.replace("<p>", picture + "<p>").encode(), b"a.html"))
    assert "evil" not in text
    assert "title" not in text
    assert "AAAA" not in text


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("pdf.txt", pdf(FLOW), "pdf"),
        ("word.txt", docx(FLOW), "docx"),
        ("word.xyz", docx(FLOW), "docx"),
        ("word.xlsx", docx(FLOW), "docx"),
        ("book.docx", epub("Pump", FLOW), "epub"),
        ("text.pdf", FLOW.encode(), "text"),
        ("text.docx", FLOW.encode(), "text"),
    ],
)
def test_what_is_inside_counts_more_than_the_name(name: str, data: bytes, kind: str) -> None:
    document = read(data, name.encode())
    assert (document.kind, FLOW in text_of(document)) == (kind, True)


@pytest.mark.parametrize("name", ["page.docx", "page.xls", "page.txt", "page", "page.xhtml"])
@pytest.mark.parametrize("start", ["", "\n<!DOCTYPE HTML>\n", "\ufeff<!doctype html public>"])
def test_a_web_page_is_one_whatever_its_name(name: str, start: str) -> None:
    document = read((start + HTML).encode(), name.encode())
    assert (document.kind, " ".join(text_of(document).split())) == ("html", f"# Pump {FLOW}")


@pytest.mark.parametrize("text", ["A page begins with <html>.", "<htmlx>one</htmlx>"])
def test_a_text_about_web_pages_is_none(text: str) -> None:
    assert text_of(read(text.encode(), b"a.txt")) == text


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("locked.pdf", pdf(FLOW, encrypted=True), "password"),
        ("cut.pdf", pdf(FLOW)[:100], "damaged"),
        ("cut.docx", docx(FLOW)[:300], "damaged"),
        ("scan.pdf", pdf(""), "no text"),
        ("blank.txt", b" \n\t\n", "no text"),
        ("noise.xlsx", bytes(range(256)) * 4, "damaged"),
        ("other.odp", odt(FLOW).replace(b"opendocument.text", b"opendocument.xxxx"), "cannot read"),
        ("bomb.docx", docx("a" * 150_000_000), "zip bomb"),
    ],
)
def test_what_cannot_be_read_says_why(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data, name.encode())


def test_a_picture_named_like_a_text_is_binary() -> None:
    with pytest.raises(Binary):
        read(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, b"picture.txt")


def test_text_cannot_command_the_terminal() -> None:
    assert text_of(read(b"red \x1b[31malert\x07 \x00here", b"a.txt")) == "red alert here"


def test_the_links_of_a_web_page_are_read_without_their_targets() -> None:
    body = (
        '<p>The <a href="https://example.org/a_(b)?q=1" title="A pump">heat pump</a> hums.'
        '<sup><a href="#n1">[1]</a></sup>'
        ' <a href="/x"><img src="/y.png" alt="a drawing"></a> It is [sic] old.</p>'
    )
    text = text_of(read(HTML.replace("<p>", body + "<p>").encode(), b"a.html"))
    assert "heat pump hums." in " ".join(text.split())
    assert "a drawing" in text
    assert "[sic]" in text.replace("\\", "")
    assert not any(part in text for part in ("example.org", "#n1", "/x", "/y.png", "A pump"))
