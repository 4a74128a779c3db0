"""Which profile answers the next question, how all of them are, and the way back from one that cannot answer."""

from collections.abc import Iterable
from typing import Any

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
        self.pinned = False
        """Whether only the chosen one may answer."""
        self.banned: set[str] = set()
        """Names of those that never answer."""
        self._former: str | None = None
        self._trying = ""

    @property
    def current(self) -> ProfileState | None:
        """The one that the next question goes to first; None while that is not known."""
        if self.chosen:
            return self.states.get(self.chosen) or ProfileState(name=self.chosen, kind="")
        allowed = (state for name, state in self.states.items() if name not in self.banned)
        return next((state for state in allowed if state.state != "down"), None)

    @property
    def wanted(self) -> dict[str, Any]:
        """Which profiles may answer: the fields of Ask and of Continue."""
        return {"profile": self.chosen, "fallback": not self.pinned, "banned": sorted(self.banned)}

    @property
    def next_ones(self) -> list[str]:
        """Names of those that take over when the current one fails, in their order; not of those known to be down."""
        current = self.current
        if current is None or self.pinned:
            return []
        able = (state for name, state in self.states.items() if name != current.name and name not in self.banned)
        return [state.name for state in able if state.state != "down"]

    def know(self, states: Iterable[ProfileState]) -> None:
        """The engine checks these: all, or some of those that are known already. What was found before stays shown."""
        listed = list(states)
        if not {state.name for state in listed} <= set(self.states):
            self.states = {state.name: self.states.get(state.name, state) for state in listed}

    def found(self, state: ProfileState) -> DocmindError | None:
        """What the check of a profile found; why there was a way back to the former one, if so.

        A pinned one stays: no other may answer in its place.
        """
        self.states[state.name] = state
        if state.name != self._trying:
            return None
        self._trying = ""
        if state.state != "down" or self.pinned:
            return None
        self.chosen = None if self._former in self.banned else self._former
        current = self.current
        back = f" {current.name} stays." if current else ""
        return DocmindError(Code(state.code or Code.UNAVAILABLE), f"{state.reason}{back}", state.hint)

    def switch(self, name: str) -> None:
        """For the next question, at once; unpins, and lifts its ban. Raises DocmindError for an unknown name."""
        self._check(name)
        self.pinned = False
        self.banned.discard(name)
        if not self._trying:
            self._former = self.chosen
        self._trying, self.chosen = name, name

    def pin(self, name: str = "") -> bool:
        """Only this one, by default the current one; or no longer. Whether it is so now. Raises DocmindError."""
        name = self.meant(name)
        if self.pinned and name == self.chosen:
            self.pinned = False
        else:
            self.switch(name)
            self.pinned = True
        return self.pinned

    def ban(self, name: str = "") -> bool:
        """Never this one, by default the current one; or again. Whether it is so now. Raises DocmindError."""
        name = self.meant(name)
        if name in self.banned:
            self.banned.remove(name)
            return False
        if not {*self.states} - self.banned - {name}:
            raise DocmindError(Code.CONFIG, "The last profile cannot be banned.", "Lift another ban first: /ban NAME.")
        self.banned.add(name)
        if name == self.chosen:
            self.chosen, self.pinned = None, False
        return True

    def roll_back(self, old: str, new: str) -> bool:
        """Back to one that did well, unless the user has chosen something else or banned it. Whether it is so."""
        current = self.current
        if self.pinned or current is None or current.name != old or new in self.banned:
            return False
        self.chosen = new
        return True

    def rule(self, name: str) -> str:
        """`pinned`, `banned` or nothing."""
        if self.pinned and name == self.chosen:
            return "pinned"
        return "banned" if name in self.banned else ""

    def meant(self, name: str) -> str:
        """The name, by default the current one's. Raises DocmindError for an unknown one."""
        if not name and (current := self.current):
            return current.name
        if not name:
            raise DocmindError(Code.CONFIG, "No profile is known yet.", "Name one, or wait for docmind to find some.")
        self._check(name)
        return name

    def _check(self, name: str) -> None:
        """Raises DocmindError (CONFIG)."""
        if self.states and name not in self.states:
            hint = f"Known profiles: {', '.join(map(one_line, self.states))}."
            raise DocmindError(Code.CONFIG, f"There is no profile '{one_line(name)}'.", hint)

    def numbered(self, number: int) -> str | None:
        """The name of the profile with this number, from 1."""
        return dict(enumerate(self.states, 1)).get(number)
