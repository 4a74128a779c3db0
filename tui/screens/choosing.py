"""What is done with the profiles: choosing, pinning and banning them, and asking why one answered."""

from collections.abc import Callable

from docmind.agents.errors import DocmindError
from docmind.agents.protocol import Check, Observe, Warm
from docmind.agents.reduced import Reductions
from docmind.agents.text import one_line

from ..why import why
from ..widgets.sidebar import Sidebar
from .hardware import HardwareScreen
from .profile_picker import ProfilePicker
from .reading import Reading

OBSERVE_S = 5.0
"""Between two looks at the server of the profile in use, while somebody can see what it tells."""


class Choosing(Reading):
    """A part of the chat; see chat.py."""

    def on_mount(self) -> None:
        self.set_interval(OBSERVE_S, self.observe)

    def observe(self) -> None:
        """Asks what the server of the profile in use does, where that is shown. It is heard as any event."""
        sidebar = self.sidebar_fits and not self.query_one(Sidebar).has_class("-hidden")
        current = self.choice.current
        if not (sidebar or isinstance(self.app.screen, HardwareScreen)) or self._link_state.state != "ready":
            return
        if current and current.kind not in ("", "quotes"):
            self.link.send(Observe(profile=current.name))

    def action_model(self, name: str = "") -> None:
        if name:
            self.use_profile(name)
            return
        current = self.choice.current
        picker = ProfilePicker(list(self.choice.states.values()), current.name if current else "", self.choice.rule)
        self.app.push_screen(picker, lambda chosen: self.use_profile(chosen) if chosen else None)
        self.link.send(Check())

    def action_profile(self, number: int) -> None:
        if name := self.choice.numbered(number):
            self.use_profile(name)
        else:
            self.docmind.say(f"There is no profile {number}.")

    def action_pin(self, name: str = "") -> None:
        self._steer(self.choice.pin, name, "Only {} answers now.", "Others may answer again when {} fails.")

    def action_ban(self, name: str = "") -> None:
        self._steer(self.choice.ban, name, "{} does not answer any more.", "{} may answer again.")

    def action_restore(self, name: str = "") -> None:
        try:
            meant = self.choice.meant(name)
            restored = Reductions(self.docmind.start.loaded.data_dir).forget(meant)
        except DocmindError as error:
            self.docmind.tell(error)
            return
        again = "again, from the next question on" if restored else "already"
        self.docmind.say(f"{one_line(meant)} has its own settings {again}.")
        self.link.send(Check())

    def action_why(self) -> None:
        if last := self.transcript.last_turn:
            self.transcript.reply(why(last))
        else:
            self.docmind.say("Nothing has been asked yet.")

    def use_profile(self, name: str) -> None:
        """For the next question; the way back is taken when the profile turns out to be down."""
        try:
            self.choice.switch(name)
        except DocmindError as error:
            self.docmind.tell(error)
        else:
            self.show_profiles()
            self.link.send(Check(profiles=[name]))
            if self.docmind.settings.engine.warm_up:
                self.link.send(Warm(profile=name))
            self.observe()

    def _steer(self, change: Callable[[str], bool], name: str, done: str, undone: str) -> None:
        """Pins or bans a profile, or takes that back."""
        meant = name or (self.choice.current.name if self.choice.current else "")
        try:
            message = done if change(name) else undone
        except DocmindError as error:
            self.docmind.tell(error)
        else:
            self.docmind.say(message.format(one_line(meant)))
            self.show_profiles()
