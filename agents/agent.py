"""The heavy half of the engine, imported at once and in a thread: whatever brings LlamaIndex."""

from .conversation import Conversation
from .measuring import measure
from .routing.router import Route
from .summarising import summarise
from .titling import title

__all__ = ["Conversation", "Route", "measure", "summarise", "title"]
