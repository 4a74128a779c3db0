"""Which of a server's models can chat, by their names: the lists do not say."""

import re
from collections.abc import Sequence

from ..errors import Code, DocmindError

_NO_CHAT = re.compile(r"embed|rerank|minilm|whisper|(^|[/_-])(bge|gte|e5)[-_]", re.IGNORECASE)
"""The embedding, reranking and speech models that the servers' own libraries offer."""


def chat_models(names: Sequence[str]) -> list[str]:
    """The names without those of embedding, reranking and speech models."""
    return [name for name in names if not _NO_CHAT.search(name)]


def first_chat_model(names: Sequence[str]) -> str:
    """The first that can chat. Raises DocmindError (MODEL_NOT_FOUND)."""
    found = chat_models(names)
    if not found:
        raise DocmindError(
            Code.MODEL_NOT_FOUND,
            "The server has no model to chat with.",
            "Load one there (Ollama: `ollama pull llama3.2`), or name one as model in the profile.",
        )
    return found[0]
