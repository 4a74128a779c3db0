"""Real LlamaIndex LLM classes that a `hosted` profile may name; they behave as `says` and `trouble` tell them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

Pieces = Generator[CompletionResponse, None, None]


class Streaming(CustomLLM):
    """Says its text word by word."""

    says: str = "It is 42."
    context_window: int = 4096
    max_tokens: int = 256
    trouble: str = ""
    """What happens after each word, or before a whole answer: a method of that name below."""
    log: str = ""
    """File that gets a line for each word."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.context_window, num_output=self.max_tokens, model_name="streaming")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Pieces:
        said = ""
        for word in self.says.split(" "):
            piece = f" {word}" if said else word
            said += piece
            self._note(piece)
            yield CompletionResponse(text=said, delta=piece)
            self._make_trouble()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self._make_trouble()
        return CompletionResponse(text=self.says)

    def _make_trouble(self) -> None:
        if self.trouble:
            getattr(self, "_" + self.trouble.replace(" ", "_"))()

    def _note(self, piece: str) -> None:
        if self.log:
            with Path(self.log).open("a") as file:
                print(piece.strip(), file=file)

    def _sleep(self) -> None:
        self._note("asleep")
        time.sleep(3600)

    def _slow(self) -> None:
        time.sleep(0.02)

    def _die(self) -> None:
        print("error: the sky fell", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    def _fail(self) -> None:
        raise RuntimeError("the model\x1b[31m is cross")

    def _memory(self) -> None:
        raise MemoryError

    def _overflow(self) -> None:
        raise ValueError("Requested tokens (5000) exceed context window of 4096")

    def _call_home(self) -> None:
        import urllib.request

        urllib.request.urlopen("http://203.0.113.7/model.bin", timeout=1)

    def _print(self) -> None:
        os.write(1, b'{"text": "forged"}\n')

    def _child(self) -> None:
        """Starts a process that would outlive this one; its id is in the log."""
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
        self._note(str(process.pid))
        self._note("started")
        time.sleep(3600)

    def _sleep_once(self) -> None:
        """For ever, but not again in the next process."""
        log = Path(self.log)
        if not log.exists() or "asleep" not in log.read_text():
            self._note("asleep")
            time.sleep(3600)

    def _look_up(self) -> None:
        socket.getaddrinfo("models.example", 443)

    def _look_up_nothing(self) -> None:
        socket.getaddrinfo("nowhere.invalid", 443)


class Whole(Streaming):
    """Cannot stream: answers in one."""

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Pieces:
        raise NotImplementedError


class WholeByWords(Streaming):
    """Cannot stream, and says so as LlamaIndex's Vllm does."""

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Pieces:
        raise ValueError("Not Implemented")


class Cumulative(Streaming):
    """Tells the text so far instead of the new piece."""

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Pieces:
        for response in super().stream_complete(prompt, formatted):
            yield CompletionResponse(text=response.text)


class Picky(Streaming):
    """Cannot be made."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        raise ValueError("a teapot has no context length")


class Hungry(Streaming):
    """Does not fit into memory."""

    def __init__(self, **kwargs: Any) -> None:
        raise MemoryError


class Lacking(Streaming):
    """Imports its engine when it is made, and the engine is not installed."""

    def __init__(self, **kwargs: Any) -> None:
        import no_such_engine  # type: ignore[import-not-found]  # noqa: F401


class Leaving(Streaming):
    """Ends the program, as some libraries do."""

    def __init__(self, **kwargs: Any) -> None:
        sys.exit(3)


class Dying(Streaming):
    """Crashes while it is made."""

    def __init__(self, **kwargs: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Strict(Streaming, extra="forbid"):
    """Refuses arguments that it does not know."""


class Telling(Streaming):
    """Tells how it was made."""

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        made = {"context_window": self.context_window, "max_tokens": self.max_tokens}
        return CompletionResponse(text=json.dumps(made))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Pieces:
        yield self.complete(prompt)


class Telltale(Streaming):
    """Says its key where everybody can hear it."""

    api_key: str = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        print("error: with", self.api_key, file=sys.stderr, flush=True)
        raise ValueError("refused " + self.api_key)


NOT_A_CLASS = 42
