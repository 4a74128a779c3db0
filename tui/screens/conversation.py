"""The parts of the chat, and the way between them and the engine: what is asked goes out, what comes is shown."""

import contextlib
import os
import uuid

from textual.worker import Worker, WorkerCancelled

from docmind.agents.configuration import api_keys
from docmind.agents.errors import Code, DocmindError
from docmind.agents.protocol import (
    CANCELLED,
    Answered,
    AnyEvent,
    Ask,
    Asked,
    Branched,
    Cancel,
    Check,
    Checked,
    Compared,
    Continued,
    Enter,
    Entered,
    Failed,
    Library,
    Listed,
    Meter,
    Open,
    Profiles,
    Recalled,
    RolledBack,
    RunEvent,
    Saving,
    Source,
    State,
)

from ..doing import doing
from ..engine_link import EngineLink, LinkState
from ..hints import hints
from ..profile_choice import ProfileChoice
from ..telling import saving
from ..widgets.heading import Heading
from ..widgets.prompt import Prompt
from ..widgets.sidebar import Sidebar
from ..widgets.source_panel import SourcePanel
from ..widgets.status import Status
from .frame import Frame
from .profile_picker import ProfilePicker

Heard = RunEvent | Recalled | Compared | Branched | Listed


class Conversation(Frame):
    """Knows the questions that are open. What the user can do with the chat is in chat.py."""

    def __init__(self) -> None:
        super().__init__()
        self.choice = ProfileChoice(self.docmind.settings.profile)
        start = self.docmind.start
        self.link = EngineLink(start.loaded.data_dir, self.opened, self._hear, start.enter)
        self._listening: Worker[None] | None = None
        self._link_state = LinkState("starting")
        self._library: Library | None = None
        self._runs: dict[str, State | None] = {}
        """The last state of each question that has no answer yet, oldest first."""
        self._told = ""
        """The last failure in the text, which is not told twice."""
        self.chat = ""
        """The id of the chat that is shown; empty until the engine has told it."""

    def on_mount(self) -> None:
        self.query_one(Sidebar).set_class(self.docmind.choices.sidebar is False, "-hidden")
        self.query_one(Heading).profile = self.choice.current
        self._show_status()
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """What the first paint does not wait for."""
        for problem in self.docmind.problems:
            self.transcript.note(str(problem), error=True)
        self.query_one(Prompt).load_history(self.docmind.remembered.history())
        self.link.send(Check())
        self._listening = self.run_worker(self.link.run())
        self.query_one(Sidebar).start_reading()

    async def on_unmount(self) -> None:
        """Leaves the engine, or the start of one, while there is still somebody to wait for its end."""
        if self._listening:
            if not self._listening.is_cancelled:  # a second time, nobody would be left to wait
                self._listening.cancel()
            with contextlib.suppress(WorkerCancelled):
                await self._listening.wait()

    def opened(self) -> Open:
        """What every new connection to the engine begins with."""
        settings, roots = self.docmind.settings, self.docmind.start.roots
        return Open(settings=settings, roots=list(map(os.fsencode, roots)), keys=api_keys(settings, os.environ))

    def ask(self, question: str, parent: str | None = None, profile: str | None = None) -> None:
        """Waits where the engine is not there yet, or still answers. `parent` is that of Ask; `profile`: only now."""
        run = uuid.uuid4().hex
        self._runs[run] = None
        self.transcript.ask(run, question)
        wanted = self.choice.wanted | ({"profile": profile} if profile else {})
        self.link.send(Ask(run=run, question=question, parent=parent, **wanted))
        self._show_status()

    def stop(self) -> bool:
        """Stops what is being answered; what waits behind it comes next. False when there is nothing to stop."""
        for run in self._runs:
            self.link.send(Cancel(run=run))
            return True
        return False

    def begin_anew(self) -> None:
        """A new chat about the same documents."""
        self.enter(Enter())

    def enter(self, command: Enter) -> None:
        """Another chat takes the place of this one, in which what is being answered goes on."""
        self._runs.clear()
        self.transcript.clear()
        self.link.send(command)
        self._show_status()

    def _hear(self, event: AnyEvent | LinkState) -> None:
        if not self.app.is_running:  # the parts are being taken down
            return
        self.query_one(Sidebar).show(event)
        match event:
            case LinkState():
                self._hear_link(event)
            case Library():
                self._library = event
                if event.notice:
                    self.transcript.note(event.notice)
                if event.ready:  # now the index may tell what it could not before
                    self.transcript.check_sources()
            case Profiles() | Checked():
                self._hear_profiles(event)
            case Source():
                self.transcript.mark_source(event.passage, event.state)
                self.query_one(SourcePanel).show(event)
            case Failed(run="", code=code) if code == CANCELLED:
                pass  # other folders were opened while these were still being read
            case Failed(run=""):
                self.transcript.note(str(DocmindError(Code(event.code), event.message, event.hint)), error=True)
            case RolledBack():
                self._roll_back(event)
            case Entered():
                self._enter(event)
            case Asked():
                self._hear_question(event)
            case Recalled() | Compared() | Branched() | Listed():
                self.heard(event)
            case Saving():
                self.transcript.note(saving(event), error=bool(event.problem))
            case RunEvent():
                self._hear_run(event)
        self._show_status()

    def _hear_link(self, state: LinkState) -> None:
        self._link_state = state
        self.query_one(Heading).engine = state.state != "failed"
        if state.state == "failed" and state.error and state.error.message != self._told:
            self._told = state.error.message
            self.transcript.note(str(state.error), error=True)
        elif state.state == "ready":
            self._told = ""
        elif state.state == "lost":
            self.link.send(Check())
            self.transcript.note("The engine ended and is started again.")

    def _enter(self, event: Entered) -> None:
        """Shows the chat as the engine holds it, with what is still waiting to be asked."""
        self.chat = event.chat.id
        if event.notice:
            self.transcript.note(event.notice, error=True)
        if event.earlier:
            self.transcript.note(f"{event.earlier:,} earlier questions of this chat are kept, but not shown.")
        self.transcript.recall(event.turns, event.branches)
        self.know_runs()
        last = {type(timed.event): timed.event for turn in event.turns[-1:] for timed in turn.events}
        for kind in (Meter, Answered):
            if kind in last:
                self.query_one(Sidebar).show(last[kind])
        self.entered(event)

    def entered(self, event: Entered) -> None:
        """The chat is shown."""

    def know_runs(self) -> None:
        """Of the questions without an answer those that are shown."""
        self._runs = {run: turn.state for run in self.link.runs if (turn := self.transcript.turn(run))}

    def _hear_question(self, event: Asked) -> None:
        """Perhaps another screen's."""
        if not self.transcript.turn(event.run):
            self._runs[event.run] = None
            self.transcript.ask(event.run, event.question)
        self.transcript.place(event.run, event.parent, event.branches.get(event.run, []))

    def _hear_profiles(self, event: Profiles | Checked) -> None:
        if isinstance(event, Profiles):
            self.choice.know(event.profiles)
        elif why := self.choice.found(event.profile):
            self.transcript.note(str(why), error=True)
        if isinstance(self.app.screen, ProfilePicker):
            self.app.screen.show(self.choice.states.values())
        self.show_profiles()

    def _hear_run(self, event: RunEvent) -> None:
        if isinstance(event, Answered | Failed):
            self._runs.pop(event.run, None)
            self._told = event.message if isinstance(event, Failed) else ""
            if self._link_state.state == "ready":  # what was cold is loaded now, what failed may be down
                self.link.send(Check())
        elif isinstance(event, Continued) and self.transcript.turn(event.run):
            self._runs[event.run] = None
        elif isinstance(event, State) and event.run in self._runs:
            self._runs[event.run] = event
        self.transcript.show(event)
        self.heard(event)

    def heard(self, event: Heard) -> None:
        """Something has happened to a question, perhaps on another branch; or what was asked for is there."""

    def _roll_back(self, event: RolledBack) -> None:
        if self.choice.roll_back(event.old, event.new):
            self.transcript.note(f"{event.reason} Back to {event.new}; /model {event.old} tries it again.")
            self.show_profiles()

    def show_profiles(self) -> None:
        current = self.choice.current
        self.query_one(Heading).profile = current
        self.query_one(Heading).pinned = self.choice.pinned
        self.query_one(Sidebar).show_profiles(self.choice.next_ones, current.name if current else "")

    def _show_status(self) -> None:
        status = self.query_one(Status)
        status.state = doing(self._link_state, self._library, list(self._runs.values()))
        status.keys = hints(self.docmind.keys, self.where, busy=bool(self._runs))

    def on_descendant_focus(self) -> None:
        """The last line names the keys of what has the focus."""
        self._show_status()
