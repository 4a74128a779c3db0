"""What must hold for the profiles beyond the types of their values."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .config_file import Key
from .errors import DocmindError
from .expectations import expected, found
from .settings import Kind, Profile, models_of
from .text import one_line

BUILT_IN = "quotes"
"""The profile that always exists."""

NEEDS = {"llamacpp": "path", "ollama": "url", "openai": "url", "hosted": "class"}
"""What a kind cannot do without."""
_EXAMPLES = {
    "path": "a GGUF file",
    "url": 'a URL such as "http://127.0.0.1:11434"',
    "class": 'the dotted name of a class such as "llama_index.llms.llama_cpp.LlamaCPP"',
}

Fault = Callable[[Key, str], DocmindError]


def check_profiles(table: dict[str, Any], fault: Fault) -> None:
    """Raise DocmindError, made by `fault` from key and problem, for the first thing that is wrong."""
    profiles = table.get("profiles", {})
    for name, profile in profiles.items():
        _check_profile(name, profile, fault)
    if profiles:  # else they are found when docmind starts, and nobody knows their names yet
        known = (models_of(name, msgspec.convert(profile, Profile)) for name, profile in profiles.items())
        _check_names(table, {BUILT_IN, *(name for models in known for name, _ in models)}, fault)


def _check_names(table: dict[str, Any], known: set[str], fault: Fault) -> None:
    for key in ("profile", "fallback"):
        names = table.get(key) or []
        for name in [names] if isinstance(names, str) else names:
            if name not in known:
                raise fault((key,), f"expected one of the profiles {', '.join(sorted(known))}, found {found(name)}")


def _check_profile(name: str, profile: dict[str, Any], fault: Fault) -> None:
    key = ("profiles", name)
    if not name or one_line(name, 40) != name:
        raise fault(key, "expected a name of at most 40 visible characters")
    kind = profile.get("kind")
    if kind is None:
        raise fault((*key, "kind"), f"expected {expected(Kind)}, found nothing")
    if name == BUILT_IN and kind != BUILT_IN:
        raise fault((*key, "kind"), f'expected "{BUILT_IN}", the kind of the built-in profile, found {found(kind)}')
    need = NEEDS.get(kind)
    if need and not profile.get(need):
        raise fault((*key, need), f'expected {_EXAMPLES[need]} for the kind "{kind}", found nothing')
    if not re.fullmatch(r"(\w+(\.\w+)+)?", profile.get("class", "")):
        raise fault((*key, "class"), f"expected {_EXAMPLES['class']}, found {found(profile['class'])}")
    if profile.get("url"):
        _check_url(profile["url"], (*key, "url"), fault)
    if not re.fullmatch(r"([A-Za-z_]\w*)?", profile.get("api_key_env", ""), re.ASCII):
        # The value is not shown: it may be the key itself.
        raise fault((*key, "api_key_env"), "expected the name of an environment variable, not the key itself")


def _check_url(url: str, key: Key, fault: Fault) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # an impossible port raises
    except ValueError:
        raise fault(key, "expected a URL with a host and a port up to 65535") from None
    if "@" in parts.netloc or parts.query or parts.fragment:  # not shown: it may hold a password
        raise fault(key, "expected a URL without a user name, `?` or `#`; keys belong in the variable of api_key_env")
    if parts.scheme not in ("http", "https") or not host or url != "".join(url.split()):
        raise fault(key, f"expected a URL that begins with http:// or https:// and names a host, found {found(url)}")
