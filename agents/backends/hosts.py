"""Sockets go only to declared hosts: to this machine, or where a profile says `allow_remote`."""

import ipaddress

import httpx

from ..errors import Code, DocmindError
from ..settings import Profile
from ..text import clean


def check_url(name: str, profile: Profile, default: str = "") -> httpx.URL:
    """The profile's URL, without a trailing slash. Raises DocmindError (CONFIG, REMOTE_REFUSED); opens no socket."""
    text = profile.url or default
    try:
        url = httpx.URL(text.rstrip("/"))
    except (httpx.InvalidURL, ValueError) as error:
        raise _unusable(name, text) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise _unusable(name, text)
    if not profile.allow_remote and not is_loopback(url.host):
        raise DocmindError(
            Code.REMOTE_REFUSED,
            f"Profile {clean(name)} names the server {clean(url.host)}, which is not on this machine.",
            "Documents and questions would leave it. If that is intended, set allow_remote = true in the profile.",
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or address alone (nothing is resolved)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def shown(url: httpx.URL) -> str:
    """The URL for messages: without user name and password, cleaned."""
    return clean(str(url.copy_with(userinfo=b"")))


def _unusable(name: str, url: str) -> DocmindError:
    return DocmindError(
        Code.CONFIG,
        f"Profile {clean(name)}: {clean(url)!r} is not the address of a server.",
        "Write url like http://127.0.0.1:11434 in the profile.",
    )
