"""A sample of the fault matrix; benchmarks/faults.py runs the whole of it."""

import pytest

from matrix.asking import Desk
from matrix.cases import Case, cases
from matrix.running import run

# LlamaIndex uses what it and pydantic have deprecated; elsewhere the agent runs in the engine's own process.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SAMPLE = cases()[5::17]
"""17 has no factor in common with the number of wires, steps or places, so that each of them occurs."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def test_the_matrix_has_every_fault_at_every_place_on_every_wire() -> None:
    every = cases()
    assert len(every) >= 500
    assert len({str(case) for case in every}) == len(every)


@pytest.mark.parametrize("case", SAMPLE, ids=str)
async def test_an_answer_goes_through_a_fault_whole(desk: Desk, case: Case) -> None:
    assert (await run(desk, case)).wrong == ()
