"""Keeps a class that runs in a process of its own on this machine: its Python sockets connect to nowhere else."""

import ipaddress
import socket
import sys
from typing import Any

from .hosts import is_loopback

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_HOST_IP": "127.0.0.1",
}
"""So that the usual libraries take what is there instead of trying to fetch it."""

_CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class RemoteRefused(Exception):
    """The argument is the host that was not connected to."""


def stay_at_home() -> None:
    """From now on, connecting elsewhere raises RemoteRefused, and so does looking up a name. Cannot be undone.

    It is a guard against downloads and reports that nobody asked for, not against code that means harm: a C library
    may open sockets that Python does not see.
    """
    home = {"localhost", socket.gethostname()}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            host = args[0]
        elif event in _CONNECTING and isinstance(args[1], tuple):
            host = args[1][0]
        else:
            return
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "localhost")
        if name not in home and not is_loopback(name) and not _is_any(name):
            raise RemoteRefused(name)

    sys.addaudithook(hook)


def _is_any(name: str) -> bool:
    """0.0.0.0 and ::, which are this machine."""
    try:
        return ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False
