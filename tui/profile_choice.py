"""Which profile answers the next question, how all of them are, and the way back from one that cannot answer."""

from collections.abc import Iterable

from docmind.agents.errors import Code, DocmindError
from docmind.agents.records import ProfileState
from docmind.agents.text import one_line


class ProfileChoice:
    """Pure: the screen asks it and feeds it with what the engine says."""

    def __init__(self, configured: str | None) -> None:
        self.chosen = configured
        """None: the engine takes the first of the fallback chain that answers."""
        self.states: dict[str, ProfileState] = {}
        """By name, in the order of the chain; empty while it is not known."""
        self._former: str | None = None
        self._trying = ""

    @property
    def current(self) -> ProfileState | None:
        """The one that the next question goes to first; None while that is not known."""
        if self.chosen:
            return self.states.get(self.chosen) or ProfileState(name=self.chosen, kind="")
        return next((state for state in self.states.values() if state.state != "down"), None)

    @property
    def next_ones(self) -> list[str]:
        """Names of those that take over when the current one fails, in their order."""
        current = self.current
        return [name for name in self.states if current and name != current.name]

    def know(self, states: Iterable[ProfileState]) -> None:
        """The engine checks these: all, or some of those that are known already. What was found before stays shown."""
        listed = list(states)
        if not {state.name for state in listed} <= set(self.states):
            self.states = {state.name: self.states.get(state.name, state) for state in listed}

    def found(self, state: ProfileState) -> DocmindError | None:
        """What the check of a profile found; why there was a way back to the former one, if so."""
        self.states[state.name] = state
        if state.name != self._trying:
            return None
        self._trying = ""
        if state.state != "down":
            return None
        self.chosen = self._former
        current = self.current
        back = f" {current.name} stays." if current else ""
        return DocmindError(Code(state.code or Code.UNAVAILABLE), f"{state.reason}{back}", state.hint)

    def switch(self, name: str) -> None:
        """For the next question, at once. Raises DocmindError (CONFIG) for an unknown name."""
        if self.states and name not in self.states:
            hint = f"Known profiles: {', '.join(map(one_line, self.states))}."
            raise DocmindError(Code.CONFIG, f"There is no profile '{one_line(name)}'.", hint)
        if not self._trying:
            self._former = self.chosen
        self._trying, self.chosen = name, name

    def numbered(self, number: int) -> str | None:
        """The name of the profile with this number, from 1."""
        return dict(enumerate(self.states, 1)).get(number)
