"""Small real documents of the formats that docmind reads, made byte by byte."""

import io
import zipfile
from collections.abc import Mapping, Sequence

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OOXML = "application/vnd.openxmlformats-officedocument"


def zipped(parts: Mapping[str, str]) -> bytes:
    """A ZIP file of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # The mimetype must be readable without unpacking.
            archive.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else None)
    return buffer.getvalue()


def _ooxml(parts: Mapping[str, str], main: str, kinds: Mapping[str, str], links: Mapping[str, Sequence[str]]) -> bytes:
    """An Office Open XML package: `kinds` are content types by part, `links` the targets that a part refers to."""
    overrides = "".join(f'<Override PartName="/{part}" ContentType="{_OOXML}.{kind}"/>' for part, kind in kinds.items())
    types = f"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
        <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
        <Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>"""
    relations = {"_rels/.rels": _relations([("officeDocument", main)])}
    for part, targets in links.items():
        folder, name = part.split("/")
        relations[f"{folder}/_rels/{name}.rels"] = _relations([(t.split("/")[0].rstrip("s"), t) for t in targets])
    return zipped({"[Content_Types].xml": types, **relations, **parts})


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    rows = (f'<Relationship Id="rId{n}" Type="{_R}/{kind}" Target="{t}"/>' for n, (kind, t) in enumerate(targets, 1))
    return f'<Relationships xmlns="{_RELS}">{"".join(rows)}</Relationships>'


def docx(*paragraphs: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    parts = {"word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}</w:body></w:document>'}
    return _ooxml(parts, "word/document.xml", {"word/document.xml": "wordprocessingml.document.main+xml"}, {})


def xlsx(sheet: str, rows: Sequence[Sequence[str]]) -> bytes:
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in row) + "</row>" for row in rows
    )
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{_S}" xmlns:r="{_R}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_S}"><sheetData>{cells}</sheetData></worksheet>',
    }
    kinds = {
        "xl/workbook.xml": "spreadsheetml.sheet.main+xml",
        "xl/worksheets/sheet1.xml": "spreadsheetml.worksheet+xml",
    }
    return _ooxml(parts, "xl/workbook.xml", kinds, {"xl/workbook.xml": ["worksheets/sheet1.xml"]})


def pptx(*slides: str) -> bytes:
    names = [f"ppt/slides/slide{number}.xml" for number in range(1, len(slides) + 1)]
    identifiers = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, len(slides) + 1))
    parts = {
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_P}" xmlns:r="{_R}">'
        f"<p:sldIdLst>{identifiers}</p:sldIdLst></p:presentation>"
    }
    for name, text in zip(names, slides, strict=True):
        shape = f"<p:sp><p:nvSpPr/><p:spPr/><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
        parts[name] = f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}"><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>'
    kinds = {"ppt/presentation.xml": "presentationml.presentation.main+xml"}
    kinds |= dict.fromkeys(names, "presentationml.slide+xml")
    links = {"ppt/presentation.xml": [name.removeprefix("ppt/") for name in names]}
    return _ooxml(parts, "ppt/presentation.xml", kinds, links)


def odt(*paragraphs: str) -> bytes:
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    body = "".join(f"<text:p>{text}</text:p>" for text in paragraphs)
    content = f"""<office:document-content xmlns:office="{namespace}:office:1.0" xmlns:text="{namespace}:text:1.0">
        <office:body><office:text>{body}</office:text></office:body></office:document-content>"""
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def epub(title: str, text: str) -> bytes:
    container = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
        <rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
    package = f"""<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
        <metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></metadata>
        <manifest><item id="one" href="one.xhtml" media-type="application/xhtml+xml"/></manifest>
        <spine><itemref idref="one"/></spine></package>"""
    chapter = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{title}</h1><p>{text}</p></body></html>'
    parts = {"META-INF/container.xml": container, "book.opf": package, "one.xhtml": chapter}
    return zipped({"mimetype": "application/epub+zip", **parts})


def pdf(*pages: str, encrypted: bool = False) -> bytes:
    """One line of text a page; `encrypted` needs a password that nobody has."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        resources = "<< /Font << /F1 3 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources}"
            f" /Contents {5 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'00' * 32}> /U <{'11' * 32}> /P -4 >>" if encrypted else ""
    return _pdf_file(objects, f"{lock} /ID [<00> <00>]")


def _pdf_file(objects: Sequence[str], trailer: str) -> bytes:
    out, offsets = "%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("latin-1")
