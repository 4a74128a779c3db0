"""A question about some papers, as the engine tells of it."""

from docmind.agents.protocol import Answered, Library, Meter, Profiles, State, Thought, ToolCalled, ToolReturned
from docmind.agents.records import Attempt, Citation, Passage, ProfileState, Timings, Usage
from docmind.tui.engine_link import LinkState

QUESTION = "What changed in the cooling loop between revision B and C?"
PROFILES = [
    ProfileState(
        name="balanced", kind="ollama", model="llama3.1:8b", where="http://127.0.0.1:11434", context=8192, state="ready"
    ),
    ProfileState(
        name="fast", kind="llamacpp", model="llama-3.2-3b-instruct-q8_0.gguf", where="~/models/llama-3.2-3b.gguf",
        context=4096, state="cold", tokens_per_s=41.4,
    ),
    ProfileState(
        name="server", kind="openai", model="Qwen/Qwen3-8B", where="http://gpu-box:8000/v1", state="down",
        code="ERR_5001", reason="Nobody listens at http://gpu-box:8000/v1.", hint="Start the server, or correct `url`.",
    ),
    ProfileState(
        name="big-writer-of-reports", kind="ollama", model="日本語モデル:70b", context=131_072, state="loading",
        reason="It loads the model.", tokens_per_s=3.6,
    ),
    ProfileState(name="studio", kind="openai", where="http://127.0.0.1:1234/v1", state="checking"),
    ProfileState(name="quotes", kind="quotes", model="quotes", state="ready"),
]  # fmt: skip
READY = (LinkState("ready"), Library(ready=True, files=312, chunks=18_204), Profiles(profiles=PROFILES))
"""The engine is there, the documents are read."""

MANUAL = Passage(
    n=1, path="manual-revC.pdf", page=12, heading="Cooling > Pump",
    text="The pump moved upstream of the heat exchanger.\nSince then it regulates itself.",
)  # fmt: skip
CHANGES = Passage(
    n=2, path="notes/changes.md", lines=(40, 42), heading="Revision C",
    text="- The flow limit rose from 12 to 18 l/min.\n- Two valves were removed.\n- The tank stays where it is.",
)  # fmt: skip
NOTES = Passage(n=3, path="notes/meeting.txt", lines=(7, 7), text="Somebody should look at the tank.")
PASSAGES = [MANUAL, CHANGES, NOTES]
CITATIONS = [
    Citation(n=1, path=MANUAL.path, page=12, lines=None, quote="moved upstream of the heat exchanger", verified=True),
    Citation(n=2, path=CHANGES.path, page=None, lines=(40, 40), quote="rose from 12 to 18 l/min", verified=True),
    Citation(n=3, path=NOTES.path, page=None, lines=(7, 7), quote="look at the tank", verified=False),
]
SHORT = "The pump moved upstream [1], and the flow limit rose to 18 l/min [2]. The tank leaks [3]."
LONG = """## Between the revisions

The pump **moved** upstream of the exchanger [1], and the flow limit rose from 12 to *18 l/min* [2]; see
[the manual](https://example.org/manual) for `flow_limit`.

1. Drain the loop.
   - Both valves
   - The exchanger (Wärmeu\u0308bertrager, 熱交換器)
2. Swap the pump.

| part | before | after |
|---|---|--:|
| pump | downstream | upstream |
| 流量の上限 | 12 l/min | 18 l/min |
| de\u0301bit | 3 | 4 |

> It regulates itself.

```python
def flow(limit: int) -> str:
    return f"{limit} l/min"  # 毎分
```"""


def looked_up(run: str) -> list[State | Thought | ToolCalled | ToolReturned]:
    """It searches, and finds three passages."""
    return [
        State(run=run, state="searching"),
        ToolCalled(run=run, call="a", tool="search_documents", input={"query": "cooling loop revision"}),
        ToolReturned(run=run, call="a", passages=PASSAGES, seconds=0.04),
    ]


def metered(run: str) -> Meter:
    return Meter(run=run, profile="balanced", context_used=3100, context_window=8192, tokens=82, seconds=2.0)


def answered(run: str, answer: str = SHORT, profile: str = "balanced") -> Answered:
    return Answered(
        run=run, answer=answer, profile=profile, model="llama3.1:8b", citations=CITATIONS, steps=[],
        attempts=[Attempt(profile=profile, ok=True)], usage=Usage(prompt_tokens=3018, completion_tokens=82),
        timings=Timings(first_token_ms=640, total_ms=3210, tokens_per_s=41),
    )  # fmt: skip
