"""A whole answer as it looks, at three widths. After a wanted change: pytest --snapshot-update, and read the diff."""

import pytest
from rich.segment import Segment
from syrupy.assertion import SnapshotAssertion

from fakes.transcript import CITATION, TranscriptApp, answered, finished, say, searched

ANSWER = """# Cooling loop

The pump **moved** upstream of the exchanger [1]; see [the manual](https://example.org/manual) for `flow_limit`.

1. Drain the loop.
   - Both valves, *slowly*
   - The exchanger
2. Swap the pump. ~~Prime it.~~

| part | before | after |
|---|---|---|
| pump | downstream | upstream of the heat exchanger, beside the tank |
| 流量 | 12 l/min | 18 l/min |

> It regulates itself.

```python
def flow(limit: int) -> str:
    return f"{limit} l/min"  # as printed on the plate
```
"""


@pytest.mark.parametrize("columns", [40, 80, 120])
async def test_an_answer(columns: int, app: TranscriptApp, snapshot: SnapshotAssertion) -> None:
    async with app.run_test(size=(columns, 60)):
        app.transcript.ask("r1", "What changed in the cooling loop between revision B and C?")
        searched(app)
        say(app, ANSWER)
        app.transcript.show(answered(ANSWER, citations=[CITATION]))
        assert "\n".join(app.shown()) == snapshot


async def test_roles_are_seen_in_the_style_of_the_text(app: TranscriptApp) -> None:
    async with app.run_test(size=(80, 40)):
        app.transcript.ask("r1", "What changed?")
        say(app, ANSWER)
        pieces = _pieces(app)
        bold = {piece.text.strip() for piece in pieces if piece.style and piece.style.bold}
        assert {"You", "What changed?", "Cooling loop", "moved"} <= bold
        assert _colour(pieces, "[1]") != _colour(pieces, "moved")
        assert _colour(pieces, "You") != _colour(pieces, "moved")


async def test_another_theme_colours_what_is_shown_already(app: TranscriptApp) -> None:
    async with app.run_test(size=(80, 40)) as pilot:
        app.transcript.load([finished("What changed?", ANSWER)])
        before, dark = app.shown(), _colour(_pieces(app), "You")
        app.theme = "textual-light"
        await pilot.pause()
        assert app.shown() == before
        assert _colour(_pieces(app), "You") != dark


def _pieces(app: TranscriptApp) -> list[Segment]:
    return [piece for y in range(app.transcript.page) for piece in app.transcript.render_line(y)]


def _colour(pieces: list[Segment], text: str) -> object:
    return next(piece.style.color for piece in pieces if piece.style and piece.text.strip() == text)
