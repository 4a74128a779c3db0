"""How the profiles are now, asked without an engine and without LlamaIndex."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docmind.agents.configuration import Loaded
    from docmind.agents.settings import Profile


def check_all(loaded: "Loaded", profiles: "dict[str, Profile]") -> dict[str, dict[str, Any]]:
    """The ProfileState of each, as a table; half a second for all. Raises DocmindError for an impossible key."""
    import asyncio

    import msgspec

    from docmind.agents.backends.base import look_at
    from docmind.agents.checking import check, unchecked
    from docmind.agents.configuration import api_keys
    from docmind.agents.protocol import Checked

    keys, events = api_keys(loaded.settings, os.environ), list[Any]()
    states = [unchecked(name, profile, {}) for name, profile in profiles.items()]
    looks = [look_at(name, profile, keys.get(name, "")) for name, profile in profiles.items()]

    async def check_and_close() -> None:
        await check(states, looks, events.append)
        await asyncio.gather(*(look.aclose() for look in looks))

    asyncio.run(check_and_close())
    return {event.profile.name: msgspec.to_builtins(event.profile) for event in events if isinstance(event, Checked)}
