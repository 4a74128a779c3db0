"""What `docmind bench` asks. Never changed without need: figures compare only where the prompts are the same."""

_PASSAGE = """\
The orchard was planted on the north slope in 1911, with 240 trees in twelve rows. The first frost after the planting
killed nineteen of them; the rest bore fruit in their fifth year. Water came from a spring above the upper wall and ran
through a wooden channel, which froze each winter and was laid anew each April. In 1934 the channel gave way to an iron
pipe of 380 metres, buried at the depth of a spade and a half. The pipe was cheaper to keep but slower to fill: after a
dry week it took six hours until the lowest row had water. So the owners built a cistern of 42 cubic metres beside the
seventh row, and watered the lower half from it at night. In the years of the cistern the yield rose from 18 to 23 kilos
a tree. When the road was widened in 1968, the two lowest rows were felled, and the cistern, now at the edge of the
orchard, was given a pump. The pump runs on the mill's current and must be greased every 300 hours."""

PROMPTS = (
    "In two sentences: what does a heat pump do?",
    f"{_PASSAGE}\n\nBy this text alone, in at most three sentences: why was the cistern built, what did it bring?",
    "Explain to a new colleague, in about 120 words, how to search a folder of reports for one figure.",
)
"""A short question; a passage to read, as an agent's step has; a longer answer to write."""


def prompt(number: int, run: str) -> str:
    """The prompt of a run, from 0. It begins with the run's id, so that no server has its beginning in a cache."""
    return f"[{run[:8]}]\n{PROMPTS[number % len(PROMPTS)]}"
