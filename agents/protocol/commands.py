"""What a client may send to the engine."""

import msgspec

from ..records import Passage
from ..settings import Profile, Settings
from .version import PROTOCOL


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=str.lower):
    """Base of what a client may send."""


class Hello(Command, frozen=True, kw_only=True):
    """First line of every connection."""

    version: str
    """See build.py."""
    protocol: int = PROTOCOL


class Open(Command, frozen=True, kw_only=True):
    """Chooses the settings and the folders of this connection; the engine brings their index up to date at once."""

    settings: Settings
    roots: list[bytes]
    """Absolute paths, as the file system spells them: they need not be UTF-8."""
    keys: dict[str, str] = {}
    """API key per profile name, read by the client from its own environment."""


class Enter(Command, frozen=True, kw_only=True):
    """Chooses the chat that this connection looks at, after Open; always answered with Entered.

    Without a name it is a new one, which is kept from its first question on. Without Enter there is one, too.
    """

    chat: str = ""
    going_on: bool = False
    """Rather than a new one: the newest on these folders in which an answer is on its way, or came unseen."""
    copy: str = ""
    """Rather than an empty one: a copy of this chat, as it is kept, with all its branches."""


class Ask(Command, frozen=True, kw_only=True):
    """A question about the opened folders, in the chat that was entered. One that the chat has already is ignored."""

    run: str
    question: str
    parent: str | None = None
    """The turn that it follows: None: the chat's last; "": none, it is a first question."""
    profile: str | None = None
    fallback: bool = True
    """False: this profile is pinned, no other one is asked."""
    banned: list[str] = []
    """Profiles that are not asked."""


class Continue(Command, frozen=True, kw_only=True):
    """Goes on with an answer that was stopped or broke off, in the chat that was entered: Continued, and its events.

    One that is being answered, or is done, is left as it is. The other fields are those of Ask.
    """

    run: str
    profile: str | None = None
    fallback: bool = True
    banned: list[str] = []


class Show(Command, frozen=True, kw_only=True):
    """Shows the branch with this turn, to the newest turn below it, in the chat that was entered: see Branched.

    Where that branch is shown, but begins behind this turn, since the chat is very long, the client gets more of it.
    """

    run: str


class Seen(Command, frozen=True, kw_only=True):
    """The user has done something since the last answer of the entered chat: the line to the screen is not dead."""


class Compare(Command, frozen=True, kw_only=True):
    """Asks for a turn and those in its place on other branches: answered with Compared."""

    run: str


class Cancel(Command, frozen=True, kw_only=True):
    """Stops the run, whoever asked for it; it ends with Failed(code=CANCELLED). Nothing else stops a question: one
    whose client has left is answered all the same."""

    run: str


class Recall(Command, frozen=True, kw_only=True):
    """Asks what stands for the older turns of the entered chat; answered with Recalled."""


class Summarise(Command, frozen=True, kw_only=True):
    """Puts the user's words for the turn and all before it; empty: nothing stands for them but what they say."""

    turn: str
    text: str


class Changed(Command, frozen=True, kw_only=True):
    """The client has changed what is kept of these chats: a title, what is pinned, archived, deleted, or a new one.

    Whoever looks at one of them, or at the list, is told: see Listed.
    """

    chats: list[str]


class Check(Command, frozen=True, kw_only=True):
    """Asks how profiles are: the engine answers with Profiles at once, then with a Checked for each of them."""

    profiles: list[str] = []
    """Names; empty: all that are known, also those that were found on this machine."""


class Warm(Command, frozen=True, kw_only=True):
    """Has the model of a profile loaded before it is asked, after the answer that is being written.

    Answered with Checked: when it begins to load, and when it is done. Servers elsewhere that want to be paid, or that
    have their model loaded in any case, are not asked.
    """

    profile: str


class Observe(Command, frozen=True, kw_only=True):
    """Asks what the server of a profile does now; answered with Observed, at once or after its `connect` timeout.

    One that comes while another is being worked on is not answered.
    """

    profile: str


class Breakers(Command, frozen=True, kw_only=True):
    """Asks for the breakers of these profiles: answered with Profiles at once. Nothing is probed, no folder needed."""

    profiles: dict[str, Profile]
    keys: dict[str, str] = {}
    """API key per profile name."""


class Look(Command, frozen=True, kw_only=True):
    """Asks for a passage with its surroundings, and whether it still stands in its file; the answer is Source."""

    look: str
    """Comes back with the answer."""
    passage: Passage
    roots: list[bytes] = []
    """The folders that the passage was read from, as in Open; empty: those that are open."""
    brief: bool = False
    """Only the state is wanted: the answer has no surroundings, and no file is read for it."""


class Measure(Command, frozen=True, kw_only=True):
    """Asks a profile one thing, without documents and without an agent; the engine answers with Measured."""

    run: str
    name: str
    """The profile's."""
    profile: Profile
    key: str = ""
    """Its API key."""
    prompt: str


class Stop(Command, frozen=True, kw_only=True):
    """Ends the engine process. With `only_idle` it refuses by Failed(ERR_3002) while it answers or cannot save."""

    only_idle: bool = False


AnyCommand = (
    Hello
    | Open
    | Enter
    | Ask
    | Continue
    | Seen
    | Show
    | Compare
    | Cancel
    | Recall
    | Summarise
    | Changed
    | Check
    | Warm
    | Observe
    | Breakers
    | Look
    | Measure
    | Stop
)
