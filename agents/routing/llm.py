"""The one LLM that the agent sees: a LlamaIndex LLM in front of a Route."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import Any, NoReturn

from llama_index.core.llms import ChatMessage, ChatResponse, ChatResponseAsyncGen, CustomLLM, LLMMetadata
from pydantic import PrivateAttr

from ..backends.base import Delta
from ..react import STOP
from .router import Route
from .takeover import TakenOver


class RoutedLLM(CustomLLM):
    """Streams a reply from whichever backend the route uses.

    Each response carries its own piece only, so the cost of a token does not grow with the text; the last one carries
    the whole reply, which is what the agent parses. Thinking text travels as `thinking_delta`; notices of the route (a
    takeover, a loading model, a prompt, a meter) and a Delta without text, which says that the reply will come whole,
    as `raw`, so that they stay in order with the tokens.
    """

    _route: Route = PrivateAttr()
    _tools: Collection[str] = PrivateAttr()

    def __init__(self, route: Route, tools: Collection[str]) -> None:
        super().__init__()
        self._route, self._tools = route, tools

    @property
    def metadata(self) -> LLMMetadata:
        """Says what the agent asks for; the window is fitted by the route, backend by backend."""
        return LLMMetadata(model_name="routed", is_chat_model=True)

    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """The reply to `messages`. Raises DocmindError while iterating."""
        return self._responses(messages)

    async def _responses(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[ChatResponse, None]:
        pieces: list[str] = []
        async with aclosing(self._route.stream(messages, [STOP], self._tools)) as stream:
            async for item in stream:
                if not isinstance(item, Delta):
                    if isinstance(item, TakenOver):
                        pieces = [item.kept]
                    yield ChatResponse(message=ChatMessage(role="assistant"), delta="", raw=item)
                    continue
                pieces.append(item.text)
                if item.text or item.thinking or item.whole:
                    yield _piece(item)
        yield ChatResponse(message=ChatMessage(role="assistant", content="".join(pieces)), delta="")

    def complete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Not used: docmind only streams."""
        raise NotImplementedError

    stream_complete = complete


def _piece(delta: Delta) -> ChatResponse:
    return ChatResponse(
        message=ChatMessage(role="assistant", content=delta.text),
        delta=delta.text,
        additional_kwargs={"thinking_delta": delta.thinking} if delta.thinking else {},
        raw=None if delta.text or delta.thinking else delta,
    )
