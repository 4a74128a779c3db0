"""The turns of a chat as a tree: which follow which, and which stand in each other's place."""

from collections.abc import Iterator, Sequence

from ..protocol import Branches, KeptTurn
from .live_turn import LiveTurn


class Tree(dict[str, LiveTurn]):
    """Run -> turn, in the order in which they were asked. A damaged store may hold a circle: each is passed once."""

    def back_from(self, run: str | None) -> Iterator[LiveTurn]:
        """The turns from this one back to a first question."""
        passed = set[str]()
        while run and run not in passed and (turn := self.get(run)):
            yield turn
            passed.add(run)
            run = turn.turn.parent

    def newest_below(self, run: str) -> LiveTurn:
        """The last one that was asked of those that follow this turn, or itself."""
        newest = {each.turn.parent: each.turn.run for each in self.values()}
        passed = set[str]()
        while run in newest and run not in passed:
            passed.add(run)
            run = newest[run]
        return self[run]

    def beside(self, run: str) -> list[LiveTurn]:
        """The turn and those in its place on other branches."""
        return [each for each in self.values() if each.turn.parent == self[run].turn.parent]

    def branches(self, turns: Sequence[KeptTurn]) -> Branches:
        """Of those of the turns that have others in their place."""
        beside: dict[str | None, list[str]] = {turn.parent: [] for turn in turns}
        for run, each in self.items():
            if each.turn.parent in beside:
                beside[each.turn.parent].append(run)
        return {turn.run: beside[turn.parent] for turn in turns if len(beside[turn.parent]) > 1}
