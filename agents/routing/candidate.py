"""A backend that may be asked, with the breaker of its endpoint."""

from collections.abc import Sequence
from typing import NamedTuple

from ..backends.base import Backend
from .breaker import Breaker


class Candidate(NamedTuple):
    """One place in the chain of a question."""

    backend: Backend
    breaker: Breaker

    @property
    def name(self) -> str:
        """The profile's."""
        return self.backend.name

    @property
    def is_model(self) -> bool:
        """Whether it is more than `quotes`, which needs nothing and never fails."""
        return not self.backend.local


def largest_first(rest: Sequence[Candidate], than: int) -> list[Candidate]:
    """What is left of a chain after a prompt was too long: first the model whose window is the largest.

    It has to be known to have more than `than` tokens; the others keep their order.
    """
    larger = [one for one in rest if one.is_model and one.backend.window > than and one.breaker.state != "open"]
    best = max(larger, key=lambda one: one.backend.window, default=None)
    return [best, *(one for one in rest if one is not best)] if best else list(rest)
