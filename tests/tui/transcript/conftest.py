import pytest

from fakes.transcript import TranscriptApp


@pytest.fixture
def app() -> TranscriptApp:
    return TranscriptApp()
