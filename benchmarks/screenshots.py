"""Makes the pictures of the README: python benchmarks/screenshots.py

They show the real program: it asks about the folder docs, without a model.
"""

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from docmind.agents.client import stop
from docmind.agents.configuration import load
from docmind.tui.app import DocmindApp, Start
from docmind.tui.transcript.view import Transcript

DOCS = Path(__file__).parent.parent / "docs"
QUESTION = "When does a citation count as verified?"


async def until(condition: Callable[[], bool], pilot: Pilot[int]) -> None:
    """Raises TimeoutError after half a minute."""
    async with asyncio.timeout(30):
        while not condition():
            await pilot.pause(0.1)


def save(app: DocmindApp, name: str) -> None:
    """Without fonts from elsewhere: the reader's own are used."""
    picture = app.export_screenshot(title="docmind", simplify=True)
    picture = re.sub(r"@font-face\s*{.*?}", "", picture, flags=re.DOTALL)
    (DOCS / "images" / f"{name}.svg").write_text(picture, encoding="utf-8")


async def take(data_dir: Path) -> None:
    """Drives the program and saves what it shows."""
    environ = {"DOCMIND_DATA_DIR": str(data_dir), "DOCMIND_PROFILE": "quotes"}
    app = DocmindApp(Start(load(None, environ, {}), [DOCS], "~/docmind/docs", []))
    async with app.run_test(size=(120, 34)) as pilot:
        transcript = app.screen.query_one(Transcript)
        await pilot.press(*("space" if letter == " " else letter for letter in QUESTION), "enter")
        await until(lambda: bool(transcript.citation()), pilot)
        await pilot.pause(1)
        save(app, "chat")
        await pilot.press("f3")
        await pilot.pause(1)
        save(app, "source")
        await pilot.press("escape", "f5", "down")
        await pilot.pause(0.5)
        save(app, "themes")


def main() -> None:
    os.environ.pop("NO_COLOR", None)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        try:
            asyncio.run(take(data_dir))
        finally:
            asyncio.run(stop(data_dir))


if __name__ == "__main__":
    main()
