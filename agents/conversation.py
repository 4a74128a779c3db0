"""One question in, a stream of events out. The only place where the agent runs."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from functools import partial

from llama_index.core.agent.react.formatter import ReActChatFormatter
from llama_index.core.agent.react.types import ActionReasoningStep, BaseReasoningStep, ObservationReasoningStep
from llama_index.core.agent.workflow import ReActAgent
from llama_index.core.memory import ChatMemoryBuffer
from workflows import Context
from workflows.errors import WorkflowCancelledByUser, WorkflowRuntimeError
from workflows.handler import WorkflowHandler

from . import citations
from .chats.live_turn import Exchange
from .errors import Code, DocmindError
from .library.index import Library
from .library.rarity import rarity
from .parser import TolerantParser
from .prompt import SYSTEM
from .protocol import Answered, AnyRunEvent
from .records import Timings
from .resuming import NOTHING, Unfinished
from .routing.fit import PASSAGES_SHARE
from .routing.llm import RoutedLLM
from .routing.router import Route
from .settings import AgentSettings
from .text import one_line
from .tokens import CHARS_PER_TOKEN, estimate
from .tools import LookUps, parameters
from .turn import Turn

LONGEST_NAME = 100
"""Characters of a model's name that are shown."""
BACKSTOP = 3
"""Calls beyond max_steps, where the route stops models: two for `quotes`, one that LlamaIndex never uses."""


class Conversation:
    """Answers questions about one library."""

    def __init__(self, settings: AgentSettings, library: Library) -> None:
        self._settings, self._library = settings, library

    async def ask(
        self, run: str, question: str, route: Route, past: Sequence[Exchange] = (), before: Unfinished = NOTHING
    ) -> AsyncGenerator[AnyRunEvent, None]:
        """The events of one question, `Answered` last. What fits of `past`, oldest first, goes into the prompts.

        `before`: how far a former attempt has come; its steps are not done again, and its text goes on.
        Raises DocmindError; what was said until then stands.
        """
        look_ups = LookUps(self._library, self._settings.passages, partial(_budget, route))
        look_ups.shown |= {passage.n: passage for step in before.steps for passage in step.returned.passages}
        tools = look_ups.tools()
        turn = Turn(run, parameters(tools), before)
        route.remember(past)
        if before.is_begun:
            route.take_up(before.said)
        for state in turn.enter("thinking"):
            yield state
        agent = ReActAgent(
            tools=list(tools),
            llm=RoutedLLM(route, parameters(tools)),
            output_parser=TolerantParser(parameters(tools), question, looked_up=bool(before.steps)),
            formatter=ReActChatFormatter(system_header=SYSTEM),
        )
        context = Context(agent)
        await context.store.set(agent.reasoning_key, _reasoning(before))
        most = self._settings.max_steps + BACKSTOP
        handler = agent.run(user_msg=question, memory=_memory(), max_iterations=most, ctx=context)
        async with _running(handler):
            async for happened in handler.stream_events():
                for event in turn.translate(happened):
                    yield event
            await handler
        yield await self._answered(run, turn, look_ups, route)

    async def _answered(self, run: str, turn: Turn, look_ups: LookUps, route: Route) -> Answered:
        answer, cited = await asyncio.to_thread(
            citations.check, turn.answer, look_ups.shown, partial(rarity, self._library)
        )
        seconds = 0.0 if turn.whole else route.streamed_s
        speed = round(route.usage.completion_tokens / seconds, 1) if seconds else 0.0
        return Answered(
            run=run,
            answer=answer,
            profile=route.backend.name,
            model=one_line(await route.backend.model(), LONGEST_NAME),
            citations=cited,
            steps=turn.steps,
            attempts=route.attempts,
            usage=route.usage,
            cut=route.cut,
            timings=Timings(first_token_ms=turn.first_token_ms, total_ms=turn.elapsed_ms, tokens_per_s=speed),
        )


def _reasoning(before: Unfinished) -> list[BaseReasoningStep]:
    """The steps of a former attempt as the agent has them."""
    steps = list[BaseReasoningStep]()
    for step in before.steps:
        steps += [
            ActionReasoningStep(thought=step.thought, action=step.called.tool, action_input=step.called.input),
            ObservationReasoningStep(observation=step.observation),
        ]
    return steps


def _memory() -> ChatMemoryBuffer:
    """Without the past, which the route adds as each window allows; and without a limit, for the same reason."""
    return ChatMemoryBuffer.from_defaults(token_limit=sys.maxsize, tokenizer_fn=_as_tokens)


def _as_tokens(text: str) -> list[None]:
    """Only its length counts; LlamaIndex's own tokenizer takes 0.1 s to load and is no better for other models."""
    return [None] * estimate(text)


async def _budget(route: Route) -> int:
    """Characters that one tool call may show, for the window of the backend in use. Raises DocmindError."""
    return int(await route.backend.usable_context() * PASSAGES_SHARE * CHARS_PER_TOKEN)


@contextlib.asynccontextmanager
async def _running(handler: WorkflowHandler) -> AsyncIterator[None]:
    """Ends the agent's run with the block, whatever ends the block. Raises DocmindError for the agent's own limits."""
    try:
        yield
    except WorkflowRuntimeError as error:
        hint = "Ask again in other words, or with another profile."
        raise DocmindError(Code.NO_ANSWER, f"The agent gave up: {one_line(str(error), 200)}", hint) from error
    finally:
        if not handler.is_done():
            await handler.cancel_run()
            with contextlib.suppress(WorkflowCancelledByUser):
                await handler
