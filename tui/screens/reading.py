"""What the user can do with what was said: sources, searching, copying, scrolling.

A command of commands.py is the method `action_NAME`.
"""

import uuid
from collections.abc import Sequence

from textual import on
from textual.containers import VerticalScroll
from textual.widget import Widget

from docmind.agents.protocol import Answered, Failed, Look, Seen
from docmind.agents.records import Citation, Passage

from .. import external
from ..transcript.view import Transcript
from ..widgets.prompt import Prompt
from ..widgets.search_bar import SearchBar
from ..widgets.source_panel import SourcePanel
from .conversation import Conversation, Heard


class Reading(Conversation):
    """The chat without what is typed: that is in chat.py."""

    _from_text = False
    """Whether the source that is open was opened from the text."""

    chat_roots: Sequence[bytes] = ()
    """The folders that the chat was begun with; empty: those that are open."""

    _unseen = False
    """Whether an answer has ended since the user did anything."""

    def heard(self, event: Heard) -> None:
        super().heard(event)
        self._unseen |= isinstance(event, Answered | Failed)

    def touched(self) -> None:
        """The user has pressed a key, or moved the mouse."""
        if self._unseen:
            self._unseen = False
            self.link.send(Seen())

    # --- sources

    def action_sources(self, number: str = "") -> None:
        panel = self.query_one(SourcePanel)
        if panel.is_open and not number:
            self.close_source()
        elif found := self.transcript.citation(int(number[:9]) if number.isdecimal() else None):
            self._open_source(*found)
        else:
            self.docmind.say("No answer here has this source." if number else "No answer here has sources yet.")

    @on(Transcript.SourceWanted)
    def _source_wanted(self, event: Transcript.SourceWanted) -> None:
        self._open_source(event.citation, event.passage)

    def _open_source(self, citation: Citation, passage: Passage) -> None:
        panel = self.query_one(SourcePanel)
        if not panel.has_focus_within:
            self._from_text = self.transcript.has_focus
        panel.open(citation, passage)
        self.add_class("-source")
        self.show_summary()
        self._look(passage)

    @on(Transcript.SourcesSeen)
    def _sources_seen(self, event: Transcript.SourcesSeen) -> None:
        for passage in event.passages:
            self._look(passage, brief=True)

    def _look(self, passage: Passage, *, brief: bool = False) -> None:
        self.link.send(Look(look=uuid.uuid4().hex, passage=passage, roots=list(self.chat_roots), brief=brief))

    def close_source(self) -> None:
        """Goes back to where the source was opened from."""
        self.query_one(SourcePanel).close()
        self.remove_class("-source")
        self.show_summary()
        self.set_focus(self.transcript if self._from_text else self.query_one(Prompt))

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
    def _search_wanted(self, event: Transcript.SearchWanted) -> None:
        """`n` goes on with the last search; without one it begins one, as `/` does."""
        bar = self.query_one(SearchBar)
        if event.step and bar.is_open:
            bar.action_step(event.step)
        elif event.step and bar.words:
            bar.reopen()
        else:
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
