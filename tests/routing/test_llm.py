"""The agent's LLM is a LlamaIndex LLM, as far as the agent needs one."""

import pytest

from docmind.agents.routing.llm import RoutedLLM
from docmind.agents.routing.router import Route
from docmind.agents.settings import AgentSettings
from fakes.routed import TOOLS, candidates


async def test_it_is_a_chat_model_that_only_streams() -> None:
    async with candidates() as chain:
        llm = RoutedLLM(Route("run", chain, AgentSettings(), []), TOOLS)
    assert llm.metadata.is_chat_model
    with pytest.raises(NotImplementedError):
        llm.complete("What?")
