"""A chat of a thousand answers, as its screen bears it: python benchmarks/long_chat.py [--answers 1000]

`docmind` runs in a real pty of 120x40. Another client asks in the chat that it shows, the next question as soon as the
answer before has come. Each searches documents of made-up words, is thought about, and gets another answer of some
1,700 characters with a list, code and three sources. Told: the memory of the engine and of the screen, and how long the
screen takes for a key, when the chat is short and when it is long.
"""

import argparse
import asyncio
import itertools
import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import psutil
from collection import questions, sections, write
from pty_probe import FAST, Probe

from docmind.agents.chats.schema import chats_file
from docmind.agents.chats.store import ChatStore
from docmind.agents.client import connect
from docmind.agents.configuration import load
from docmind.agents.protocol import Answered, Ask, Enter, Open
from docmind.agents.record.stats import percentile
from engine_clients import result
from fakes import FakeServer
from program import Program

SHORT, WARM = 10, 50
"""Answers of a short chat, and before memory is measured for the first time."""
AHEAD = 5
"""Answers that the screen may be behind; nobody asks faster than is shown."""
KEYS = 40
REACH_MB = 20.0
LETTERS = "kvxzwqj"
CODE = "\n\n```python\ndef flow(limit: int) -> int:\n    return max(limit, {n})  # litres a minute\n```\n"


class Model:
    """What the model server says: a search, then an answer that was never given before."""

    def __init__(self, answers: int) -> None:
        self._texts = list(itertools.islice(sections(seed=7, characters=1_500), answers))
        self._given = itertools.count()

    def __call__(self, messages: list[dict[str, Any]]) -> str:
        said = [str(message.get("content") or "") for message in messages]
        if not any(text.startswith("Observation:") for text in said):
            words = re.sub(r"[^\w ]", "", said[-1].splitlines()[-1])[:80]
            return f'Thought: I look for {words}.\nAction: search_documents\nAction Input: {{"query": "{words}"}}\n'
        number = next(self._given)
        first, second, third, *others = self._texts[number % len(self._texts)].split(". ")
        listed = "".join(f"\n- **{sentence[:20]}**{sentence[20:]}" for sentence in others[:3])
        told = f"{first} [1]. {second} [2]. {third} [3]. {'. '.join(others[3:])}\n{listed}{CODE.format(n=number)}"
        return f"Thought: Now I know.\nAnswer: {told}\nThis was answer {number}."


class Chat:
    """A screen on a new chat, and the client that asks in it."""

    def __init__(self, home: Path, server: FakeServer, answers: int) -> None:
        self.program, self._documents = Program(home / "home"), home / "papers"
        write(self._documents, 0.4, 8)
        profile = f'kind = "ollama"\nurl = "{server.ollama_url}"\nmodel = "{server.model}"\n'
        self._config = self.program.config(f'profile = "model"\n[profiles.model]\n{profile}')
        self._questions, self._asked, self._shown = questions(answers), 1, 0

    def screen(self) -> Probe:
        command = self.program.command("--config", self._config, self._documents)
        return Probe(command, self.program.environ | FAST)

    def grow(self, probe: Probe, answers: int) -> None:
        """Until the chat has so many, and the screen shows the last."""
        asking = threading.Thread(target=lambda: asyncio.run(self._ask(answers)))
        asking.start()
        while asking.is_alive():
            probe.rest(0.05)
            self._shown = max([self._shown, *map(int, re.findall(r"This was answer (\d+)\.", probe.text()))])
        probe.wait(rf"This was answer {answers - 1}\..*tok/s", timeout=300)
        probe.rest(2)

    async def _ask(self, answers: int) -> None:
        os.environ["XDG_RUNTIME_DIR"] = self.program.environ["XDG_RUNTIME_DIR"]
        loaded = load(self._config, {"DOCMIND_DATA_DIR": os.fspath(self.program.data_dir)}, {})
        with ChatStore(chats_file(loaded.data_dir)) as store:
            chat = store.chats()[0].id
        client = await connect(loaded.data_dir)
        client.send(Open(settings=loaded.settings, roots=[os.fsencode(self._documents)]))
        client.send(Enter(chat=chat))
        for number in range(self._asked, answers):
            while number - self._shown > AHEAD:  # noqa: ASYNC110 (the other thread looks at the screen)
                await asyncio.sleep(0.01)
            client.send(Ask(run=f"r{number}", question=f"{self._questions[number]}?"))
            _, end = await result(client, f"r{number}")
            assert isinstance(end, Answered), end
        self._asked = answers
        await client.aclose()

    def memory_mb(self, probe: Probe) -> tuple[float, float]:
        """Of the engine and of the screen."""
        folder = str(self.program.data_dir.resolve())
        (engine,) = [p for p in psutil.process_iter(["cmdline"]) if folder in (p.info["cmdline"] or [])]
        return engine.memory_info().rss / 1e6, probe.rss_mb()


def key_times(probe: Probe) -> dict[str, list[float]]:
    """Milliseconds from a key to what it changes, by what it does."""
    times: dict[str, list[float]] = {"a letter is shown": [], "PageUp": [], "to the beginning": [], "to the end": []}
    typed = ""
    for letter in itertools.islice(itertools.cycle(LETTERS), KEYS):
        times["a letter is shown"].append(probe.echo_ms(typed, letter))
        typed += letter
    probe.keys(*["backspace"] * KEYS)
    probe.until(lambda: LETTERS[:2] not in probe.text())
    for _ in range(KEYS // 8):
        times["to the beginning"].append(pressed(probe, "ctrl+home", lambda: "Firstquestion" in probe.text()))
        times["to the end"].append(pressed(probe, "ctrl+end", lambda: "Firstquestion" not in probe.text()))
        for _ in range(3):
            top = probe.text().splitlines()[1:5]
            times["PageUp"].append(pressed(probe, "pageup", partial(_is_new, probe, top)))
    probe.keys("/search flow")
    times["search in the chat"] = [pressed(probe, "enter", lambda: bool(re.search(r"\d+ of [\d,]+", probe.text())))]
    probe.keys("escape", "escape", "ctrl+end")
    probe.rest(1)
    return times


def _is_new(probe: Probe, top: list[str]) -> bool:
    return probe.text().splitlines()[1:5] != top


def pressed(probe: Probe, key: str, done: Callable[[], bool]) -> float:
    start = time.perf_counter()
    probe.keys(key)
    probe.until(done)
    return (time.perf_counter() - start) * 1000


def spread(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} / {percentile(sorted(times), 95):.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=1000)
    answers = parser.parse_args().answers
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as home, FakeServer(Model(answers + WARM)) as server:
        chat = Chat(Path(home), server, answers + WARM)
        try:
            with chat.screen() as probe:
                probe.wait(r"model · .*●")
                probe.wait("8 files")
                probe.keys("Firstquestion?", "enter")
                probe.wait(r"This was answer 0\..*tok/s")
                chat.grow(probe, SHORT)
                short = key_times(probe)
                chat.grow(probe, WARM)
                before = chat.memory_mb(probe)
                chat.grow(probe, WARM + answers)
                after, long = chat.memory_mb(probe), key_times(probe)
        finally:
            chat.program.close()
    print(f"| memory | after {WARM} answers | after {answers:,} more | reach |\n|---|---|---|---|")
    for name, first, last in zip(("engine", "screen"), before, after, strict=True):
        missed = "  MISSED" if last - first > REACH_MB else ""
        print(f"| {name} | {first:.1f} MB | {last - first:+.1f} MB | <= {REACH_MB:g} MB{missed} |")
    print(f"\n| key, median / P95 | {SHORT} answers | {WARM + answers:,} answers |\n|---|---|---|")
    for what, times in short.items():
        print(f"| {what} | {spread(times)} | {spread(long[what])} |")


if __name__ == "__main__":
    main()
