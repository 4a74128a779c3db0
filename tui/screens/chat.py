"""The chat: what the user can do in it. A command of commands.py is the method `action_NAME`."""

import difflib
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widgets import TextArea

from docmind.agents.errors import DocmindError
from docmind.agents.records import Citation, Passage
from docmind.agents.text import one_line

from .. import external, pasted
from ..commands import BY_NAME, COMMANDS, typed
from ..keymap import bindings, shown_keys
from ..transcript.view import Transcript
from ..widgets.prompt import Prompt
from ..widgets.search_bar import SearchBar
from ..widgets.sidebar import Sidebar
from .conversation import Conversation
from .help import HelpScreen
from .profile_picker import ProfilePicker
from .source import SourcePanel
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

    @on(Transcript.AskAgain)
    def _asked_again(self, event: Transcript.AskAgain) -> None:
        self.ask(event.question)

    def action_again(self) -> None:
        if last := self.transcript.last_turn:
            self.ask(last.question)

    def action_new(self) -> None:
        self.begin_anew()
        self.query_one(SourcePanel).close()

    def action_stop(self) -> None:
        """Esc: what lies on top is closed first."""
        search, panel = self.query_one(SearchBar), self.query_one(SourcePanel)
        if search.is_open:
            search.close()
            self.transcript.focus()
        elif panel.display:
            panel.close()
            self.query_one(Prompt).focus()
        elif not self.stop():
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
        self.check_profiles()

    def action_profile(self, number: int) -> None:
        if name := self.choice.numbered(number):
            self.use_profile(name)

    def action_theme(self, name: str = "") -> None:
        if name:
            self.docmind.use_theme(name)
        else:
            self.app.push_screen(ThemePicker(), lambda chosen: self.docmind.use_theme(chosen) if chosen else None)

    def action_sidebar(self) -> None:
        sidebar = self.query_one(Sidebar)
        sidebar.display = not sidebar.display
        self.docmind.choose(sidebar=sidebar.display)

    def action_focus(self) -> None:
        prompt = self.query_one(Prompt)
        (self.transcript if prompt.has_focus else prompt).focus()

    # --- sources

    def action_sources(self, number: str = "") -> None:
        panel = self.query_one(SourcePanel)
        if panel.display and not number:
            panel.close()
        elif found := self.transcript.citation(int(number) if number.isdecimal() else 1):
            self._open_source(*found)
        else:
            self.docmind.say("No answer here has this source." if number else "No answer here has sources yet.")

    @on(Transcript.SourceWanted)
    def _source_wanted(self, event: Transcript.SourceWanted) -> None:
        self._open_source(event.citation, event.passage)

    def _open_source(self, citation: Citation, passage: Passage) -> None:
        self.query_one(SourcePanel).open(citation, passage)
        self.look(passage)

    @on(SourcePanel.EditorWanted)
    def _editor_wanted(self, event: SourcePanel.EditorWanted) -> None:
        if problem := external.open_in_editor(self.app, event.path, event.line):
            self.docmind.say(problem, error=True)

    @on(SourcePanel.Closed)
    def _source_closed(self) -> None:
        self.query_one(Prompt).focus()

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

    @on(Transcript.CopyWanted)
    def _copy_wanted(self, event: Transcript.CopyWanted) -> None:
        self.app.copy_to_clipboard(event.text)

    def action_page_up(self) -> None:
        self._scrolled().action_page_up()

    def action_page_down(self) -> None:
        self._scrolled().action_page_down()

    def action_go_start(self) -> None:
        self._scrolled().action_scroll_home()

    def action_go_end(self) -> None:
        self._scrolled().action_scroll_end()
