"""What is done with what was asked before: edit it, ask it again, go on with its answer, compare, quote, copy."""

from textual import on

from docmind.agents.protocol import (
    Branched,
    Compare,
    Compared,
    Continue,
    Enter,
    Entered,
    Failed,
    RunEvent,
    Show,
)
from docmind.agents.text import one_line

from ..transcript.turn import Turn
from ..transcript.view import Transcript
from ..widgets.prompt import Prompt
from .compare import CompareScreen
from .conversation import Heard
from .summing_up import SummingUp


class Branching(SummingUp):
    """A part of the chat; see chat.py."""

    _edited: Turn | None = None
    """The question that the next one takes the place of."""
    _copied = ""
    """The chat of which a copy is being entered."""
    _comparing = ""
    """The turn whose answers were asked for."""

    def _meant(self) -> Turn | None:
        """The question of the cursor while the text has the focus, else the last one; says so where there is none."""
        turn = self.transcript.turn_at_cursor if self.transcript.has_focus else None
        turn = turn or self.transcript.last_turn
        if not turn:
            self.docmind.say("Nothing has been asked yet.")
        return turn

    @on(Transcript.CommandWanted)
    def _command_wanted(self, event: Transcript.CommandWanted) -> None:
        self.action_edit() if event.name == "edit" else self.action_quote()

    def ask_what_was_typed(self, question: str) -> None:
        """At the end of the chat, or in the place of the question that was edited."""
        edited, self._edited = self._edited, None
        if edited:
            self.ask(question, edited.parent or "")
        else:
            self.ask(question)

    def action_edit(self) -> None:
        if turn := self._meant():
            self._edited = turn
            prompt = self.query_one(Prompt)
            prompt.replace_text(turn.question)
            self.set_focus(prompt)
            self.docmind.say("Enter asks it in the place of the old one, which is kept. Esc: as a new question.")

    def leave_edit(self) -> bool:
        """What stands in the prompt is a new question again; false where it was one."""
        edited, self._edited = self._edited, None
        if edited:
            self.docmind.say("What you send now is a new question, at the end of the chat.")
        return bool(edited)

    def action_again(self, profile: str = "") -> None:
        if profile and self.choice.states and profile not in self.choice.states:
            known = ", ".join(map(one_line, self.choice.states))
            self.docmind.say(f"There is no profile '{one_line(profile)}'. Known profiles: {known}.", error=True)
        elif turn := self._meant():
            self.ask(turn.question, turn.parent or "", profile or None)

    def action_continue(self) -> None:
        turn = self._meant()
        if turn and isinstance(turn.end, Failed):
            self.link.send(Continue(run=turn.run, **self.choice.wanted))
            self.transcript.follow()
        elif turn:
            self.docmind.say("This answer is complete." if turn.end else "This answer is still being written.")

    @on(Transcript.BranchWanted)
    def _branch_wanted(self, event: Transcript.BranchWanted) -> None:
        self.link.send(Show(run=event.run))

    def action_compare(self) -> None:
        turn = self._meant()
        if turn and turn.beside:
            self._comparing = turn.run
            self.link.send(Compare(run=turn.run))
        elif turn:
            self.docmind.say("This question was asked only once. Ctrl+R, or /again PROFILE, asks it again.")

    def _compare(self, event: Compared) -> None:
        run, self._comparing = self._comparing, ""
        if run and len(event.turns) > 1:
            self.app.push_screen(CompareScreen(event.turns, run))

    def heard(self, event: Heard) -> None:
        """Answers that are compared may still be written."""
        super().heard(event)
        if isinstance(event, Compared):
            self._compare(event)
        elif isinstance(event, Branched):
            self.transcript.branch(event.after, event.turns, event.branches)
            self.know_runs()
        elif isinstance(event, RunEvent) and isinstance(self.app.screen, CompareScreen):
            self.app.screen.show(event)

    def action_quote(self) -> None:
        turn, selected = self.transcript.turn_at_cursor or self.transcript.last_turn, self.selected_text()
        text = (selected or (turn.answer if turn else "")).strip()
        if not text:
            self.docmind.say("There is nothing to quote yet.")
            return
        prompt = self.query_one(Prompt)
        quoted = "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
        prompt.add_quote(quoted)
        self.transcript.unmark()
        self.set_focus(prompt)

    def action_fork(self) -> None:
        if not self.transcript.last_turn:
            self.docmind.say("There is nothing to copy yet.")
        elif not self.docmind.settings.chats.save:
            self.docmind.say("This chat is not saved, so it cannot be copied. See chats.save in the settings.")
        else:
            self._copied = self.chat
            self.enter(Enter(copy=self.chat))

    def enter(self, command: Enter) -> None:
        super().enter(command)
        self._edited = None

    def entered(self, event: Entered) -> None:
        if self._edited and not self.transcript.turn(self._edited.run):
            self._edited = None
        copied, self._copied = self._copied, ""
        if copied not in ("", event.chat.id):  # else it could not be copied, which was said
            self.docmind.say("This is a copy. The chat that it was made of stays as it is.")
