"""The chat: what the user can do in it. A command of commands.py is the method `action_NAME`."""

import difflib
import uuid
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import TextArea

from docmind.agents.errors import DocmindError
from docmind.agents.protocol import Check, Look
from docmind.agents.records import Citation, Passage
from docmind.agents.text import one_line

from .. import external, pasted
from ..commands import BY_NAME, COMMANDS, typed
from ..keymap import bindings, shown_keys
from ..transcript.view import Transcript
from ..widgets.prompt import Prompt
from ..widgets.search_bar import SearchBar
from ..widgets.sidebar import Sidebar
from ..widgets.source_panel import SourcePanel
from .conversation import Conversation
from .help import HelpScreen
from .profile_picker import ProfilePicker
from .theme_picker import ThemePicker


class ChatScreen(Conversation):
    """The only screen but for the ones that open on top of it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chat")]

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        command, text = typed(event.text)
        if command and self._obey(command, text):
            self.query_one(Prompt).sent()
        elif text and not command:
            self.query_one(Prompt).sent()
            self.docmind.remember(lambda: self.docmind.remembered.add_to_history(text))
            self.ask(text)

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
        self.query_one(Prompt).select_all()  # to type over it; it is not thrown away
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

    def action_again(self) -> None:
        if last := self.transcript.last_turn:
            self.ask(last.question)

    def action_new(self) -> None:
        self.begin_anew()
        self._close_source()

    def action_stop(self) -> None:
        """Esc: what lies on top is closed first."""
        search, panel = self.query_one(SearchBar), self.query_one(SourcePanel)
        if search.is_open:
            search.close()
            self.transcript.focus()
        elif panel.is_open:
            self._close_source()
        elif not self.stop():
            self.transcript.unmark()
            self.query_one(Prompt).focus()

    # --- what is shown

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self.docmind.keys))

    def action_palette(self) -> None:
        commands = [
            (command.title, getattr(self, f"action_{command.name}"), f"{command.help}   {self._keys(command.name)}")
            for command in COMMANDS
            if command.slash is not None
        ]
        self.app.search_commands(commands, placeholder="Find a command")

    def _keys(self, name: str) -> str:
        return shown_keys(name, self.docmind.keys)

    def action_model(self, name: str = "") -> None:
        if name:
            self.use_profile(name)
            return
        current = self.choice.current
        picker = ProfilePicker(list(self.choice.states.values()), current.name if current else "")
        self.app.push_screen(picker, lambda chosen: self.use_profile(chosen) if chosen else None)
        self.link.send(Check())

    def action_profile(self, number: int) -> None:
        if name := self.choice.numbered(number):
            self.use_profile(name)

    def action_theme(self, name: str = "") -> None:
        if name:
            self.docmind.use_theme(name)
        else:
            picker = ThemePicker(self.docmind.palettes, self.app.theme)
            self.app.push_screen(picker, lambda chosen: self.docmind.use_theme(chosen) if chosen else None)

    def action_sidebar(self) -> None:
        sidebar = self.query_one(Sidebar)
        sidebar.toggle_class("-hidden")
        self.docmind.choose(sidebar=not sidebar.has_class("-hidden"))
        self.show_summary()

    def action_change_focus(self) -> None:
        prompt = self.query_one(Prompt)
        (self.transcript if prompt.has_focus else prompt).focus()

    # --- sources

    def action_sources(self, number: str = "") -> None:
        panel = self.query_one(SourcePanel)
        if panel.is_open and not number:
            self._close_source()
        elif found := self.transcript.citation(int(number[:9]) if number.isdecimal() else None):
            self._open_source(*found)
        else:
            self.docmind.say("No answer here has this source." if number else "No answer here has sources yet.")

    @on(Transcript.SourceWanted)
    def _source_wanted(self, event: Transcript.SourceWanted) -> None:
        self._open_source(event.citation, event.passage)

    def _open_source(self, citation: Citation, passage: Passage) -> None:
        self.query_one(SourcePanel).open(citation, passage)
        self.query_one("#chat").add_class("-covered")
        self.link.send(Look(look=uuid.uuid4().hex, passage=passage))

    def _close_source(self) -> None:
        self.query_one(SourcePanel).close()
        self.query_one("#chat").remove_class("-covered")
        self.query_one(Prompt).focus()

    @on(SourcePanel.Step)
    def _next_source(self, event: SourcePanel.Step) -> None:
        shown = self.query_one(SourcePanel).citation
        if shown and (found := self.transcript.source_beside(shown, event.step)):
            self._open_source(*found)

    @on(SourcePanel.EditorWanted)
    def _editor_wanted(self, event: SourcePanel.EditorWanted) -> None:
        if problem := external.open_file(self.docmind, event.path, event.line):
            self.docmind.say(problem, error=True)

    # --- searching, copying, scrolling

    def action_search(self, words: str = "") -> None:
        self.query_one(SearchBar).open(words)

    @on(SearchBar.Wanted)
    def _searched(self, event: SearchBar.Wanted) -> None:
        found = self.transcript.search(event.words)
        if event.words:
            self.query_one(SearchBar).show_place(*(self.transcript.next_hit(-1) if found else (0, 0)))

    @on(SearchBar.Step)
    def _search_step(self, event: SearchBar.Step) -> None:
        self.query_one(SearchBar).show_place(*self.transcript.next_hit(event.step))

    @on(Transcript.SearchWanted)
    def _search_wanted(self) -> None:
        self.action_search()

    @on(Transcript.CopyWanted)
    def _copy_wanted(self, event: Transcript.CopyWanted) -> None:
        self.app.copy_to_clipboard(event.text)

    def action_copy(self, what: str = "") -> None:
        """`answer`, `code`, `selection`; without a word the selection, else the answer."""
        selected = self.selected_text()
        if what.startswith("c"):
            self.transcript.action_copy_code()
        elif selected and not what.startswith(("a", "m")):
            self.app.copy_to_clipboard(selected)
        else:
            self.transcript.action_copy_answer()

    def selected_text(self) -> str:
        """By mouse or keys, in the text or in the prompt."""
        return self.query_one(Prompt).selected_text or self.get_selected_text() or ""

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

    def _scrolled(self) -> Widget:
        """What the keys scroll: the source where that has the focus."""
        panel = self.query_one(SourcePanel)
        return panel.query_one(VerticalScroll) if panel.has_focus_within else self.transcript

    def action_page_up(self) -> None:
        self._scrolled().action_page_up()

    def action_page_down(self) -> None:
        self._scrolled().action_page_down()

    def action_go_start(self) -> None:
        self._scrolled().action_scroll_home()

    def action_go_end(self) -> None:
        self._scrolled().action_scroll_end()
