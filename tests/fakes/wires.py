"""The wires: Ollama's NDJSON (/api/chat), OpenAI's server-sent events (/v1/chat/completions), and the latter as
llama-server writes them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

PROMPT_TOKENS = 10
"""What both wires report for every prompt, unless the reply says something else."""


@dataclass(frozen=True)
class Reply:
    """One scripted answer."""

    text: str
    thinking: str = ""
    usage: bool = True
    """Whether the server reports token counts."""
    finish: str = "stop"
    """Why the answer ends."""
    refusal: str = ""
    """What OpenAI's API says instead of an answer."""
    claimed: int | None = None
    """Completion tokens that the server reports where it miscounts."""
    prompt: int = PROMPT_TOKENS
    """Prompt tokens that the server reports."""

    def tokens(self) -> list[tuple[str, str]]:
        """(field, piece) in the order of sending; a word with the white space before it is a token."""
        parts = (("thinking", self.thinking), ("content", self.text), ("refusal", self.refusal))
        return [(field, piece) for field, text in parts for piece in re.findall(r"\s*\S+|\s+", text)]

    @property
    def count(self) -> int:
        """Completion tokens, as the server reports them."""
        return len(self.tokens()) if self.claimed is None else self.claimed


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()  # raw UTF-8: a cut may fall into a character


class Wire(Protocol):
    """How one API writes a reply."""

    model: str
    content_type: str
    garbage: bytes

    def preamble(self) -> bytes: ...

    def token(self, field: str, piece: str) -> bytes: ...

    def end(self, reply: Reply) -> Iterator[bytes]: ...

    def whole(self, reply: Reply) -> dict[str, Any]: ...

    def error(self, message: str) -> bytes: ...

    def error_body(self, message: str, status: int) -> dict[str, Any]: ...


class OllamaWire:
    """One JSON object a line; the last one has done = true."""

    content_type = "application/x-ndjson"
    garbage = b'{"model": <<<garbage>>>\n'

    def __init__(self, model: str) -> None:
        self.model = model

    def _line(self, message: dict[str, str], **more: Any) -> dict[str, Any]:
        stamp = "2026-01-01T00:00:00.000000001Z"
        return {
            "model": self.model,
            "created_at": stamp,
            "message": {"role": "assistant", **message},
            "done": False,
        } | more

    def _stats(self, reply: Reply) -> dict[str, Any]:
        counts = {"prompt_eval_count": reply.prompt, "eval_count": reply.count} if reply.usage else {}
        return {"done": True, "done_reason": reply.finish, "total_duration": 10**9, "load_duration": 10**6, **counts}

    def preamble(self) -> bytes:
        return self.token("content", "")

    def token(self, field: str, piece: str) -> bytes:
        return _json(self._line({"content": "", field: piece})) + b"\n"

    def end(self, reply: Reply) -> Iterator[bytes]:
        yield _json(self._line({"content": ""}, **self._stats(reply))) + b"\n"

    def whole(self, reply: Reply) -> dict[str, Any]:
        message = {"content": reply.text} | ({"thinking": reply.thinking} if reply.thinking else {})
        return self._line(message, **self._stats(reply))

    def error(self, message: str) -> bytes:
        return _json({"error": message}) + b"\n"

    def error_body(self, message: str, status: int) -> dict[str, Any]:
        return {"error": message}


class OpenAIWire:
    """`data: {...}` events; a finish_reason ends the answer, then usage if asked for, then [DONE]."""

    content_type = "text/event-stream"
    garbage = b'data: {"choices": [{"delta": <<<garbage>>>\n\n'

    def __init__(self, model: str, thinking_field: str, include_usage: bool) -> None:
        self.model, self.thinking_field, self.include_usage = model, thinking_field, include_usage

    def _object(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": "chatcmpl-1", "object": kind, "created": 1767225600, "model": self.model, "choices": choices}

    def _event(self, delta: dict[str, str | None], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return self._data(self._object("chat.completion.chunk", [choice]))

    @staticmethod
    def _data(value: dict[str, Any]) -> bytes:
        return b"data: " + _json(value) + b"\n\n"

    @staticmethod
    def _usage(reply: Reply) -> dict[str, int]:
        total = reply.prompt + reply.count
        return {"prompt_tokens": reply.prompt, "completion_tokens": reply.count, "total_tokens": total}

    def preamble(self) -> bytes:
        return self._event({"role": "assistant", "content": ""})

    def token(self, field: str, piece: str) -> bytes:
        return self._event({self.thinking_field if field == "thinking" else field: piece})

    def end(self, reply: Reply) -> Iterator[bytes]:
        yield self._event({}, reply.finish)
        if self.include_usage and reply.usage:
            yield self._data(self._object("chat.completion.chunk", []) | {"usage": self._usage(reply)})
        yield b"data: [DONE]\n\n"

    def whole(self, reply: Reply) -> dict[str, Any]:
        message = {"role": "assistant", "content": reply.text}
        if reply.thinking:
            message[self.thinking_field] = reply.thinking
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        return self._object("chat.completion", [choice]) | ({"usage": self._usage(reply)} if reply.usage else {})

    def error(self, message: str) -> bytes:
        return self._data({"error": {"message": message, "code": 500}}) + b"data: [DONE]\n\n"

    def error_body(self, message: str, status: int) -> dict[str, Any]:
        return {"error": {"message": message, "type": "server_error", "code": status}}


class LlamaServerWire(OpenAIWire):
    """llama.cpp's own server: no text in the first event, timings in the last one, no [DONE] after an error."""

    def preamble(self) -> bytes:
        return self._event({"role": "assistant", "content": None})

    def end(self, reply: Reply) -> Iterator[bytes]:
        timings = {"timings": {"prompt_n": PROMPT_TOKENS, "predicted_n": reply.count, "predicted_per_second": 50.0}}
        finished = self._object("chat.completion.chunk", [{"index": 0, "delta": {}, "finish_reason": reply.finish}])
        if self.include_usage and reply.usage:
            yield self._data(finished)
            finished = self._object("chat.completion.chunk", []) | {"usage": self._usage(reply)}
        yield self._data(finished | timings)
        yield b"data: [DONE]\n\n"

    def error(self, message: str) -> bytes:
        return self._data({"error": {"code": 500, "message": message, "type": "server_error"}})
