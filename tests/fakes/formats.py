"""One text in every format that docmind reads."""

import json

from .documents import docx, epub, odt, pdf, pptx, xlsx


def web_page(text: str) -> str:
    """With a heading, a title and a script."""
    head = "<head><title>T</title></head>"
    return f"<html>{head}<body><script>evil()</script><h1>Pump</h1><p>{text}</p></body></html>"


def notebook(*lines: str) -> str:
    """With one cell of Markdown."""
    cell = {"cell_type": "markdown", "metadata": {}, "source": list(lines)}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def every_format(text: str) -> dict[str, bytes]:
    """File name -> its content; the extension is the kind that docmind says it is."""
    mail = f"From: a@b.example\nTo: c@d.example\nSubject: Pump\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    return {
        "a.docx": docx("Pump", text),
        "a.xlsx": xlsx("Pump", [["what", "how"], ["flow", text]]),
        "a.pptx": pptx("Pump", text),
        "a.odt": odt("Pump", text),
        "a.epub": epub("Pump", text),
        "a.pdf": pdf("Pump", text),
        "a.html": web_page(text).encode(),
        "a.ipynb": notebook("# Pump\n", text).encode(),
        "a.eml": mail.encode(),
        "a.txt": text.encode(),
        "a.rst": f"Pump\n====\n\n{text}\n".encode(),
        "a.csv": f"what,how\nflow,{text}\n".encode(),
        "a.json": json.dumps({"flow": text}).encode(),
        "a.py": f"# {text}\n".encode(),
    }
