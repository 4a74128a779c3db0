"""What the agent does, told as docmind's events: the state of one question while it is worked on."""

import itertools
import time
from collections.abc import Collection, Iterator

import msgspec
from llama_index.core.agent.workflow import AgentOutput, AgentStream, ToolCall, ToolCallResult

from .backends.base import Delta
from .protocol import (
    AnyRunEvent,
    Message,
    Meter,
    Prompted,
    Retracted,
    RunState,
    State,
    Thought,
    Token,
    ToolCalled,
    ToolReturned,
)
from .react import ReactSplitter, without_open_fence
from .records import Step
from .resuming import NOTHING, Unfinished
from .routing.takeover import TakenOver
from .text import one_line
from .tools import Found

STATES: dict[str, RunState] = {
    "search_documents": "searching",
    "read_document": "reading",
    "list_documents": "reading",
}


class Turn:
    """Translates LlamaIndex's workflow events. `tools` are the tool names, as the splitter needs them."""

    def __init__(self, run: str, tools: Collection[str], before: Unfinished = NOTHING) -> None:
        """`before`: how far a former attempt has come, which is shown already."""
        self._run, self._tools = run, tools
        self._state: RunState | None = None
        self._prompt: list[Message] = []
        self._started = time.perf_counter()
        self.steps: list[Step] = []
        self.whole = False
        """Whether a model was asked that cannot stream: how fast it wrote cannot be seen."""
        self._begin_step()
        self._take_up(before)

    def _take_up(self, before: Unfinished) -> None:
        for _, called, returned in before.steps:
            self.steps.append(Step(tool=called.tool, input=called.input, passages=len(returned.passages)))
        self._answer += [before.said] * bool(before.said)
        self._thinks = bool(before.thought)

    def _begin_step(self) -> None:
        self._splitter = ReactSplitter(self._tools)
        self._answer: list[str] = []
        self._thought: list[str] = []
        self._thinks = False
        """Whether any thought of this step has been shown."""
        self.first_token_ms = 0.0

    @property
    def answer(self) -> str:
        """The answer so far, as it was shown."""
        return without_open_fence("".join(self._answer).strip())

    @property
    def elapsed_ms(self) -> float:
        """Since the question arrived."""
        return round(1e3 * (time.perf_counter() - self._started), 1)

    def translate(self, happened: object) -> Iterator[AnyRunEvent]:
        """Our events for one of the agent's."""
        match happened:
            case AgentStream(raw=State() as state):
                self._state = state.state
                yield state
            case AgentStream(raw=Meter() as meter):
                yield meter
            case AgentStream(raw=Prompted() as prompted):
                yield self._shortened(prompted)
            case AgentStream(raw=Delta(whole=True)):
                self.whole = True
                yield from self.enter("waiting")
            case AgentStream(raw=TakenOver() as taken):
                yield from self._begin_again(taken.kept)
                if taken.switched:
                    yield taken.switched
                yield from self.enter("thinking")
            case AgentStream():
                yield from self._stream(happened)
            case AgentOutput():
                yield from self._end_step(redo=bool(happened.tool_calls or happened.retry_messages))
            case ToolCallResult():  # before ToolCall: LlamaIndex may make one a kind of the other
                yield self._returned(happened)
                yield from self.enter("thinking")
            case ToolCall():
                yield from self.enter(STATES[happened.tool_name])
                yield ToolCalled(
                    run=self._run, call=happened.tool_id, tool=happened.tool_name, input=happened.tool_kwargs
                )

    def enter(self, state: RunState) -> Iterator[State]:
        """A change of state, if it is one."""
        if state != self._state:
            self._state = state
            yield State(run=self._run, state=state)

    def _shortened(self, prompted: Prompted) -> Prompted:
        """A step's prompt begins with that of the step before; what is kept does not grow with the square of them."""
        before, self._prompt = self._prompt, prompted.messages
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, prompted.messages, strict=False))
        same = sum(1 for _ in pairs)
        return msgspec.structs.replace(prompted, same=same, messages=prompted.messages[same:])

    def _stream(self, happened: AgentStream) -> Iterator[AnyRunEvent]:
        if happened.thinking_delta:
            yield from self._think(happened.thinking_delta)
        yield from self._tell(self._splitter.feed(happened.delta))

    def _tell(self, pieces: Iterator[tuple[str, str]]) -> Iterator[AnyRunEvent]:
        for section, text in pieces:
            if section == "thought":
                self._thought.append(text)
                yield from self._think(text)
            elif section == "reset":  # what was shown as the answer was thought
                said, self._answer = self._answer, []
                self._thought += said
                if said:
                    yield Retracted(run=self._run)
                    yield Thought(run=self._run, text="".join(said))
            elif section == "answer" and self.steps:  # before any look-up it is no answer yet: see TolerantParser
                yield from self._show(text)

    def _think(self, text: str) -> Iterator[AnyRunEvent]:
        self._thinks = True
        yield from self.enter("thinking")
        yield Thought(run=self._run, text=text)

    def _show(self, text: str) -> Iterator[AnyRunEvent]:
        if not self._answer:
            self.first_token_ms = self.elapsed_ms
        yield from self.enter("writing")
        self._answer.append(text)
        yield Token(run=self._run, text=text)

    def _end_step(self, redo: bool) -> Iterator[AnyRunEvent]:
        yield from self._tell(self._splitter.close())
        if redo:
            yield from self._take_back()
        elif not self.answer:  # the model put its answer into the thought
            yield from self._show("".join(self._thought).strip())

    def _begin_again(self, kept: str) -> Iterator[AnyRunEvent]:
        """Another backend goes on after `kept`: what was shown beyond that, or in its place, is taken back."""
        shown, first_token_ms = "".join(self._answer), self.first_token_ms
        told = bool(shown) or self._thinks
        self._begin_step()
        again = list(self._tell(self._splitter.feed(kept)))
        stays = "".join(self._answer)
        if kept and shown.startswith(stays):
            self.first_token_ms, self._thinks = first_token_ms, True
            if beyond := len(shown) - len(stays):
                yield Retracted(run=self._run, last=beyond)
            return
        yield from [Retracted(run=self._run, thoughts=True)] * told
        yield from again

    def _take_back(self) -> Iterator[Retracted]:
        """The step is over without an answer; text that was shown as one was none."""
        if self._answer:
            yield Retracted(run=self._run)
        self._begin_step()

    def _returned(self, result: ToolCallResult) -> ToolReturned:
        output = result.tool_output
        found = output.raw_output if isinstance(output.raw_output, Found) else Found("")
        self.steps.append(Step(tool=result.tool_name, input=result.tool_kwargs, passages=len(found.passages)))
        return ToolReturned(
            run=self._run,
            call=result.tool_id,
            passages=list(found.passages),
            seconds=found.seconds,
            error=one_line(str(output.content), 300) if output.is_error else "",
            text="" if found.passages else found.text,
        )
