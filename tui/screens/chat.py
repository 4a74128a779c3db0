"""The chat: what the user can do in it. A command of commands.py is the method `action_NAME`."""

import difflib
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widgets import Input, TextArea

from docmind.agents.errors import DocmindError
from docmind.agents.protocol import Entered
from docmind.agents.text import one_line

from .. import pasted
from ..commands import BY_NAME, COMMANDS, typed
from ..gpu import our_processes
from ..keymap import bindings
from ..widgets.prompt import Prompt
from ..widgets.search_bar import SearchBar
from ..widgets.sidebar import Sidebar
from ..widgets.source_panel import SourcePanel
from .broken import LEAVE, BrokenPicker
from .command_picker import CommandPicker
from .finding import Finding
from .hardware import HardwareScreen
from .help import HelpScreen
from .theme_picker import ThemePicker


class ChatScreen(Finding):
    """The only screen but for the ones that open on top of it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chat")]

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        command, text = typed(event.text)
        if command and self._obey(command, text):
            self.query_one(Prompt).sent(event.text)
        elif text and not command:
            self.query_one(Prompt).sent(event.text)
            self.docmind.remember(lambda: self.docmind.remembered.add_to_history(text))
            self.ask_what_was_typed(text)
        else:
            self.query_one(Prompt).give_back(event.text)

    def _obey(self, name: str, argument: str) -> bool:
        """Runs a command that was typed; false when there is none of that name."""
        known = [each.name for each in COMMANDS if each.slash is not None]
        if name in known:
            action = getattr(self, f"action_{name}")
            action(argument) if BY_NAME[name].slash else action()
            return True
        close = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean /{close[0]}?" if close else f"There are: {', '.join(f'/{each}' for each in known)}."
        self.docmind.say(
            f"There is no command /{name}. {hint} A question that begins so is typed as //{name}.", error=True
        )
        return False

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        self.docmind.keep_draft(event.text_area.text)

    @on(Prompt.TooLong)
    def _too_long(self, event: Prompt.TooLong) -> None:
        try:
            file = pasted.keep(event.text, self.docmind.start.loaded.data_dir)
        except DocmindError as error:
            self.docmind.tell(error)
            return
        self.transcript.note(
            f"The pasted text, {len(event.text) / 1000:,.0f} KB, is too long for a question. "
            f"It was kept as {one_line(str(file), 500)}; open docmind on that file to ask about it."
        )

    def action_new(self) -> None:
        self.begin_anew()
        self.close_source()

    def action_stop(self) -> None:
        """Esc: what lies on top is closed first."""
        search, panel = self.query_one(SearchBar), self.query_one(SourcePanel)
        if search.is_open:
            search.close()
            self.transcript.focus()
        elif panel.is_open:
            self.close_source()
        elif not self.stop() and not self.leave_edit():
            self.transcript.unmark()
            self.query_one(Prompt).focus()

    def entered(self, event: Entered) -> None:
        """Where a chat was opened again by its name, and its last answer broke off: what shall become of it?"""
        super().entered(event)
        named, self._named = self._named, ""
        if event.turns and event.turns[-1].state == "broken" and event.chat.id == named:
            self.app.push_screen(BrokenPicker(), self._take_way)

    def _take_way(self, way: str | None) -> None:
        if way not in (None, LEAVE):
            getattr(self, f"action_{way}")()

    # --- what is shown

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.docmind.keys))

    def action_palette(self) -> None:
        picker = CommandPicker(self.docmind.keys)
        self.app.push_screen(picker, lambda name: getattr(self, f"action_{name}")() if name else None)

    def action_theme(self, name: str = "") -> None:
        if name:
            self.docmind.use_theme(name)
        else:
            picker = ThemePicker(self.docmind.palettes, self.app.theme)
            self.app.push_screen(picker, lambda chosen: self.docmind.use_theme(chosen) if chosen else None)

    def action_sidebar(self) -> None:
        if not self.sidebar_fits:
            self.docmind.say("There is no room for the sidebar; the last line shows it in short.")
            return
        sidebar = self.query_one(Sidebar)
        sidebar.toggle_class("-hidden")
        self.docmind.choose(sidebar=not sidebar.has_class("-hidden"))
        self.show_summary()

    def action_hardware(self) -> None:
        folder = self.docmind.start.loaded.data_dir
        sidebar = self.query_one(Sidebar)
        screen = HardwareScreen(
            *sidebar.hardware, lambda: our_processes(folder), sidebar.view, lambda: sidebar.is_silent
        )
        self.app.push_screen(screen)
        self.observe()

    @on(Sidebar.Read)
    def _hardware_read(self, event: Sidebar.Read) -> None:
        if isinstance(self.app.screen, HardwareScreen):
            self.app.screen.show(event.sample, self.query_one(Sidebar).view)

    def action_change_focus(self) -> None:
        """At once, so that the letters behind this key are taken where they are meant."""
        prompt = self.query_one(Prompt)
        self.set_focus(self.transcript if prompt.has_focus else prompt)

    def welcome(self, event: events.Key | events.Paste) -> None:
        """What is typed or pasted belongs into the prompt, except a letter that is a key where the focus is."""
        if isinstance(self.focused, TextArea | Input):
            return
        if isinstance(event, events.Key) and (not event.is_printable or event.key in self.active_bindings):
            return
        if not self.query_one("#chat").display:
            self.close_source()
        self.set_focus(self.query_one(Prompt))

    def action_copy_or_stop(self) -> None:
        """Ctrl+C does what people expect of it: never by one press what cannot be undone."""
        if text := self.selected_text():
            self.app.copy_to_clipboard(text)
            self.clear_selection()
        elif not self.stop():
            self.docmind.leave_by_two()

    def action_quit(self) -> None:
        self.app.exit()

    def action_suspend(self) -> None:
        self.docmind.save_draft()
        self.app.action_suspend_process()
