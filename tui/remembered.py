"""What the screen remembers from one start to the next: the draft, earlier questions, and choices such as the theme."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from docmind.agents.errors import Code, DocmindError
from docmind.agents.library.store import library_file
from docmind.agents.text import clean, one_line

MOST_QUESTIONS = 1000
"""Questions that the history gives."""
_MOST_BYTES = 8 * 2**20
"""A history that has grown larger is shortened."""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen on the screen; None: nothing."""

    theme: str | None = None
    config_theme: str | None = None
    """The theme of the settings at that time: when it is another one now, the settings win."""
    sidebar: bool | None = None

    def theme_in_force(self, configured: str) -> str:
        """The chosen theme, until the one in the settings changes."""
        return self.theme if self.theme and self.config_theme == configured else configured


class Remembered:
    """Files of mode 0600 in the data folder. What is missing or damaged counts as empty.

    Raises DocmindError (NO_FOLDER) for a root that does not exist. The methods that write raise DocmindError (DISK).
    Several screens may use the same files: nobody reads half a file, and the questions of all are kept (but for one
    that is added in the moment in which a history of 8 MB is shortened). Each set of folders has a draft of its own.
    """

    def __init__(self, data_dir: Path, roots: Sequence[Path]) -> None:
        self._folder = data_dir / "screen"
        self._draft = self._folder / f"draft-{library_file(data_dir, roots).stem}.txt"
        self._history = self._folder / "history.jsonl"
        self._choices = self._folder / "choices.json"

    def draft(self) -> str:
        """What was typed and not sent."""
        return clean(_read(self._draft).decode(errors="replace"))

    def save_draft(self, text: str) -> None:
        """Keeps it; an empty one is forgotten."""
        with self._writing():
            if text:
                self._replace(self._draft, text.encode(errors="replace"))
            else:
                self._draft.unlink(missing_ok=True)

    def history(self) -> list[str]:
        """Questions of all folders, the newest last; the same one in a row only once."""
        questions: list[str] = []
        for line in _read(self._history).splitlines():
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):  # cut off by a full disk
                question = clean(msgspec.json.decode(line, type=str))
                if [question] != questions[-1:]:
                    questions.append(question)
        return questions[-MOST_QUESTIONS:]

    def add_to_history(self, question: str) -> None:
        """Adds the newest."""
        line = msgspec.json.encode(question.encode(errors="replace").decode()) + b"\n"
        with self._writing():
            # One write at the end of the file: lines of two screens do not mix.
            file = os.open(self._history, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(file, line)
                size = os.fstat(file).st_size
            finally:
                os.close(file)
            if size > _MOST_BYTES:
                self._shorten()

    def choices(self) -> Choices:
        """As they were saved last."""
        try:
            return msgspec.json.decode(_read(self._choices), type=Choices)
        except msgspec.DecodeError:
            return Choices()

    def save_choices(self, choices: Choices) -> None:
        """Keeps them."""
        with self._writing():
            self._replace(self._choices, msgspec.json.encode(choices))

    def _shorten(self) -> None:
        """To the newest questions that fill half of the space."""
        kept, size = list[bytes](), 0
        for question in reversed(self.history()):
            line = msgspec.json.encode(question) + b"\n"
            size += len(line)
            if kept and size > _MOST_BYTES // 2:
                break
            kept.append(line)
        self._replace(self._history, b"".join(reversed(kept)))

    def _replace(self, file: Path, content: bytes) -> None:
        """The old content or the new one, never a part. Raises OSError."""
        handle, new = tempfile.mkstemp(dir=self._folder)  # of mode 0600
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.replace(new, file)
        except BaseException:
            os.unlink(new)
            raise

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            yield
        except OSError as error:
            where = one_line(os.fspath(self._folder), 500)
            hint = "Drafts and earlier questions are not kept until it can be written; see --data-dir."
            raise DocmindError(Code.DISK, f"{where} cannot be written: {error.strerror}.", hint) from error


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
