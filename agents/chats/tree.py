"""The turns of a chat as a tree: which follow which, and which stand in each other's place."""

from collections.abc import Iterator, Sequence

from ..protocol import Branched, Branches, KeptTurn
from .live_turn import LiveTurn, newest


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

    def turned(self, old: str | None, new: str | None, run: str) -> Branched:
        """From the branch that ends with the turn `old` to the one that ends with `new`, and holds `run`."""
        before, path = list(self.back_from(old)), list(self.back_from(new))
        shown = {turn.turn.run for turn in before}
        fresh = [turn for turn in path if turn.turn.run not in shown]
        after = fresh[-1].turn.parent if fresh else new
        if after not in {turn.turn.run for turn in newest(before)}:  # a client may not have that one
            after, fresh = None, path
        return self.branched(after, fresh, run)

    def branched(self, after: str | None, path: Sequence[LiveTurn], run: str) -> Branched:
        """`path` from its end on: as much of it as a client gets, with the turn `run`."""
        turns = [turn.whole() for turn in newest(path, run)]
        earlier = 0 if after else len(path) - len(turns)
        return Branched(after=after, turns=turns, earlier=earlier, branches=self.branches(turns))
