"""A backend that may be asked, with the breaker of its endpoint."""

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
