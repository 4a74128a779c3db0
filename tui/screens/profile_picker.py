"""Every profile with its state, model, kind, window and speed; Enter or its number takes it for the next question."""

from collections.abc import Callable, Iterable, Sequence

from textual.content import Content
from textual.widgets import Input

from docmind.agents.records import ProfileState
from docmind.agents.text import one_line
from docmind.agents.views import LoadedModel

from ..server_told import badge, expiry, loading_time, size
from ..signs import SIGNS, STYLES
from ..telling import breaker_told
from .picker import Picker, Row

_NAME, _MODEL, _KIND = 16, 26, 9
"""Columns."""
_NARROW = 96
"""Columns of the screen below which the kind and the speed are left out."""


class ProfilePicker(Picker):
    """`show` takes what is found about a profile while it is open."""

    def __init__(
        self, profiles: Sequence[ProfileState], current: str, rule: Callable[[str], str] = lambda name: ""
    ) -> None:
        """`rule`: whether a profile is `pinned` or `banned`, or neither."""
        super().__init__("Models", current)
        self._rule = rule
        self._states = {state.name: state for state in profiles}

    def on_resize(self) -> None:
        self.fill()

    def show(self, profiles: Iterable[ProfileState]) -> None:
        """What is known now, in the order of the fallback chain."""
        states = {state.name: state for state in profiles}
        if states != self._states:
            self._states = states
            self.fill()

    def rows(self) -> Iterable[Row]:
        for number, state in enumerate(self._states.values(), 1):
            yield Row(state.name, f"{state.name} {state.model} {state.kind}", self._shown(number, state))

    def about(self, name: str) -> Content:
        state = self._states[name]
        lines = [f"{state.kind} · {state.where}" if state.where else state.kind]
        if state.reason:
            lines.append(f"{state.reason} [{state.code}]" if state.code else state.reason)
        lines += [state.hint] if state.hint else []
        lines += [f"memory ran out: {state.reduced}; /restore {state.name} takes it back"] if state.reduced else []
        lines += [f"It {loading_time(state.loads_in_s)}."] if state.loads_in_s and state.state == "cold" else []
        lines += [_loaded(state.loaded)] if state.loaded else []
        lines += [breaker] if (breaker := breaker_told(state)) else []
        return Content("\n".join(one_line(line, 300) for line in lines))

    def on_input_changed(self, event: Input.Changed) -> None:
        """A number takes a profile when nothing else is typed; where there is none, it is a filter as any word."""
        names = dict(zip("123456789", self._states, strict=False))
        if event.value in names:
            event.prevent_default()
            self.dismiss(names[event.value])

    def _shown(self, number: int, state: ProfileState) -> Content:
        """`1  balanced   ● ready     llama3.1:8b   8k   ollama   41 tok/s`"""
        key = str(number) if number <= 9 else " "
        mark = "▸" if state.name == self._current else " "
        shown = "open" if state.breaker == "open" and state.state != "down" else state.state
        context = f"{state.context / 1024:.0f}k" if state.context else ""
        parts: list[str | Content | tuple[str, str]] = [
            f"{mark}{key}  ",
            (_column(state.name, _NAME), "bold"),
            (f"{SIGNS[shown]} ", STYLES[shown]),
            _column(self._rule(state.name) or shown, 10),
            _column(state.model, _MODEL),
            f"{context:>5}",
        ]
        memory = "reduced" if state.reduced else _fit(state)
        if self.app.size.width >= _NARROW:
            speed = f"{state.tokens_per_s:.0f} tok/s" if state.tokens_per_s and state.kind != "quotes" else ""
            parts += [f"   {_column(state.kind, _KIND)}", f"{memory:<9}", f"{speed:>10}"]
        else:
            parts.append(f"   {memory}")
        return Content.assemble(*parts)


def _fit(state: ProfileState) -> str:
    """Where the model is, or whether it would fit."""
    return badge(state.loaded) if state.loaded else state.fit or ""


def _loaded(model: LoadedModel) -> str:
    return " · ".join(filter(None, ["loaded", badge(model), size(model), expiry(model)]))


def _column(text: str, width: int) -> str:
    """Cut or filled to `width` cells, the last one empty."""
    content = Content(one_line(text, 200)).truncate(width - 1, ellipsis=True)
    return content.plain + " " * (width - content.cell_length)
