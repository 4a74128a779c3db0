"""Text fields whose keys act in the order in which they come: Textual's bindings act after the letters behind them."""

from collections.abc import Mapping

from textual import events
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input


def editing_keys(field: type[Widget]) -> Mapping[str, str]:
    """Key -> action of the keys with which Textual moves the cursor and deletes there."""
    return {binding.key: binding.action for binding in Binding.make_bindings(field.BINDINGS)}


async def edit(field: Widget, keys: Mapping[str, str], event: events.Key) -> bool:
    """Acts at once; false for a key that is none of `keys`."""
    if action := keys.get(event.key):
        event.stop()
        event.prevent_default()
        await field.app.run_action(action, field)
    return bool(action)


class Field(Input):
    """One line."""

    _KEYS = editing_keys(Input)

    async def _on_key(self, event: events.Key) -> None:
        if not await edit(self, self._KEYS, event):
            await super()._on_key(event)
