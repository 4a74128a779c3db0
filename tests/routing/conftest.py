"""What the tests of routing stand on."""

import pytest

from fakes.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()
