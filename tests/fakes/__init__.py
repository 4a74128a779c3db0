"""Real parts for the tests: HTTP servers that speak the wires of Ollama and OpenAI, with faults, and a tiny GGUF file.

    with FakeServer(["Thought: ...\nAction: ...", "Thought: ...\nAnswer: ..."]) as server:
        Profile(kind="ollama", url=server.ollama_url, model=server.model)

A list of replies is read by ReAct step: the first one until the conversation holds an observation, then the second ...
"""

from .faults import BEFORE_HEADERS, Fault
from .server import FakeServer, Request
from .wires import Reply

__all__ = ["BEFORE_HEADERS", "FakeServer", "Fault", "Reply", "Request"]
