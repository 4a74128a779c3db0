"""What crosses the line between the engine and its clients: JSON lines, one tagged union each way.

Clients send *commands*, the engine answers with *events*. Everything is a frozen msgspec struct; `run` names the
question an event belongs to. What an answer is made of is defined in records.py.
"""

from .commands import AnyCommand, Ask, Breakers, Cancel, Check, Command, Hello, Look, Open, Stop
from .events import (
    CANCELLED,
    Answered,
    AnyEvent,
    Checked,
    Event,
    Failed,
    Library,
    Meter,
    Profiles,
    Retracted,
    RunEvent,
    RunState,
    Source,
    State,
    Switched,
    Thought,
    Token,
    ToolCalled,
    ToolReturned,
    Welcome,
)
from .version import PROTOCOL

__all__ = [
    "CANCELLED",
    "PROTOCOL",
    "Answered",
    "AnyCommand",
    "AnyEvent",
    "Ask",
    "Breakers",
    "Cancel",
    "Check",
    "Checked",
    "Command",
    "Event",
    "Failed",
    "Hello",
    "Library",
    "Look",
    "Meter",
    "Open",
    "Profiles",
    "Retracted",
    "RunEvent",
    "RunState",
    "Source",
    "State",
    "Stop",
    "Switched",
    "Thought",
    "Token",
    "ToolCalled",
    "ToolReturned",
    "Welcome",
]
