"""What the scripted models say: two tool calls, then an answer in which no word comes twice."""

from fakes.wires import Reply

DOCUMENT = """\
# Heat pump HP-42

The compressor must be inspected every 400 hours of operation, at 55 °C at most.
The flow limit rose from 12 to 18 litres per minute in revision C.
"""
QUESTION = "When is service due?"
SEARCH = 'Thought: First I search.\nAction: search_documents\nAction Input: {"query": "compressor inspected hours"}'
READ = 'Thought: One look more.\nAction: read_document\nAction Input: {"path": "manual.md", "lines": "1-4"}'
ANSWER = (
    "The compressor must be inspected every 400 hours of operation, at 55 °C at most [1]. Since revision C its "
    "flow may rise up from twelve “litres” – naïvely called 12 – to eighteen in each minute [1]. Nothing else matters."
)
TOOLS = ["search_documents", "read_document"]
STEPS = (SEARCH, READ, f"Thought: Now I know enough.\nAnswer: {ANSWER}")
ACTION, FINAL = 1, 2
"""The steps that faults strike; one tool call has been finished before each of them."""


def tokens(step: int) -> int:
    """Tokens of a step's reply."""
    return len(Reply(STEPS[step]).tokens())


def said(step: int, count: int) -> str:
    """The text of a reply's first tokens."""
    return "".join(piece for _, piece in Reply(STEPS[step]).tokens()[:count])


ALL_TOKENS = sum(tokens(step) for step in range(len(STEPS)))
