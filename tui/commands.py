"""Everything that the user can do in the chat, in one table: keys, palette, help and slash commands come from it.

The command `NAME` is the method `action_NAME` of the screen, the prompt, the transcript or the list of chats, by its
place.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Place = Literal["chat", "prompt", "transcript", "chats"]
"""Where the keys of a command work: everywhere in the chat, while that part has the focus, or in the list of chats."""


class Command(NamedTuple):
    """One row of the table."""

    name: str
    """Stable: the settings' [keys] and the prompt use it."""
    keys: str
    """As Textual names them, separated by commas; the first one is shown."""
    title: str
    help: str = ""
    slash: str | None = None
    """What may follow `/NAME` in the prompt; None: it cannot be typed, and is not in the palette."""
    place: Place = "chat"


COMMANDS = (
    Command("help", "f1", "Help", "All keys and commands", ""),
    Command("model", "f2,ctrl+b", "Models", "Choose the profile that answers", "[NAME]"),
    Command("sources", "f3", "Sources", "Show the passage behind a citation", "[NUMBER]"),
    Command("sidebar", "f4", "Sidebar", "Show or hide the sidebar", ""),
    Command("theme", "f5", "Themes", "Choose the colours", "[NAME]"),
    Command("hardware", "f12", "Hardware", "Show the graphics cards for the last hour, and who holds their memory", ""),
    Command("search", "ctrl+f", "Search", "Find words in this chat", "[WORDS]"),
    Command("copy", "f6", "Copy", "Copy the selection, else the last answer; or its code", "[code]"),
    Command("edit", "alt+e", "Edit", "Edit a question and ask it anew in its place; the old one is kept", ""),
    Command("again", "ctrl+r", "Ask again", "Ask a question once more, also another profile; both stay", "[NAME]"),
    Command("continue", "ctrl+g", "Continue", "Go on with an answer that was stopped or broke off", ""),
    Command("compare", "alt+c", "Compare", "Show the answers to a question that was asked again, side by side", ""),
    Command("quote", "alt+q", "Quote", "Quote the selection, else an answer, in the prompt", ""),
    Command("fork", "alt+d", "Copy chat", "Go on in a copy of this chat, which stays as it is", ""),
    Command("summary", "f10", "Summary", "Change what stands for the older questions of a long chat", "[WORDS]"),
    Command("new", "ctrl+n", "New chat", "Begin another chat; this one is kept", ""),
    Command("chats", "ctrl+o", "Chats", "Find a chat by its title or by what was said, and open it", "[WORDS]"),
    Command("title", "ctrl+t", "Title", "Name this chat", "[TEXT]"),
    Command("stop", "escape", "Stop", "Stop the answer and keep what was said; close what is open", ""),
    Command("pin", "f7", "Pin", "Let only this profile answer, by default the current one; again: let go", "[NAME]"),
    Command("ban", "f8", "Ban", "Never let this profile answer, by default the current one; again: let it", "[NAME]"),
    Command("restore", "", "Restore", "Give a profile the settings back that it lost as memory ran out", "[NAME]"),
    Command("why", "f9", "Why", "Say why this profile answered, and which comes next", ""),
    Command("palette", "ctrl+p", "Commands", "Find a command by its name"),
    Command("quit", "ctrl+q", "Quit", "Leave docmind; what you typed is kept", ""),
    Command("copy_or_stop", "ctrl+c", "Copy or stop", "Copy the selection, else stop the answer, else (twice) quit"),
    Command("suspend", "ctrl+z", "Suspend", "Back to the shell; `fg` returns"),
    Command("change_focus", "tab", "Focus", "Go between the prompt and the text"),
    *(
        Command(
            f"profile_{n}",
            f"alt+{n},{n}",
            f"Profile {n}",
            f"Answer with profile {n}{' (2 to 9 likewise)' * (n == 1)}; outside the prompt {n} alone",
        )
        for n in range(1, 10)
    ),
    Command("page_up", "pageup", "Page up", "Scroll the text"),
    Command("page_down", "pagedown", "Page down", "Scroll the text"),
    Command("go_start", "ctrl+home", "Beginning", "Go to the first line"),
    Command("go_end", "ctrl+end", "End", "Go to the last line and follow the answer"),
    Command("send", "enter", "Send", "Ask the question", place="prompt"),
    Command("newline", "shift+enter,ctrl+j,alt+enter", "New line", "Break the line", place="prompt"),
    Command("earlier", "up", "Earlier", "In the first line: the question before", place="prompt"),
    Command("later", "down", "Later", "In the last line: the question after", place="prompt"),
    Command("undo_typing", "ctrl+underscore", "Undo", "Undo the last change", place="prompt"),
    Command("next_stop", "j", "Next", "To the next question, step, code or source", place="transcript"),
    Command("previous_stop", "k", "Previous", "To the one before", place="transcript"),
    Command(
        "previous_branch",
        "left",
        "Branch before",
        "Show the answer that was given before",
        place="transcript",
    ),
    Command("next_branch", "right", "Branch after", "Show the answer that was given after it", place="transcript"),
    Command("open_stop", "enter", "Open", "Unfold the step, or open the source", place="transcript"),
    Command("edit_question", "e", "Edit", "Edit the question at the cursor, else the last", place="transcript"),
    Command("quote_answer", ">", "Quote", "Quote what is selected, else the answer", place="transcript"),
    Command("copy_answer", "c", "Copy answer", "Copy the whole answer", place="transcript"),
    Command("copy_code", "x", "Copy code", "Copy the code at the cursor, else the last", place="transcript"),
    Command("select_lines", "v", "Select", "Begin to select lines; the arrows go on", place="transcript"),
    Command("copy_selection", "y", "Copy selection", "Copy what is selected", place="transcript"),
    Command("find", "/", "Find", "Find words in this chat", place="transcript"),
    Command("next_hit", "n", "Next match", "To the next match", place="transcript"),
    Command("previous_hit", "N", "Previous match", "To the match before", place="transcript"),
    Command("chat_title", "f2", "Title", "Name the chat", place="chats"),
    Command("chat_pin", "f7", "Pin", "Let the chat stand first; again: let go", place="chats"),
    Command("chat_archive", "f6", "Archive", "Put the chat away; again: take it back", place="chats"),
    Command("chat_delete", "f8", "Delete", "Delete the chat; again: bring it back", place="chats"),
    Command("chat_folders", "tab", "Folders", "Chats of all folders, or of those that are open", place="chats"),
    Command("chat_view", "f9", "Archived", "What was archived, what was deleted, and back", place="chats"),
)
BY_NAME: Mapping[str, Command] = {command.name: command for command in COMMANDS}


class Typed(NamedTuple):
    """What the prompt holds: a question, or a command with its argument."""

    command: str
    """Empty: it is a question."""
    text: str
    """The question or the argument."""


def typed(text: str) -> Typed:
    """Tells commands from questions: `/copy code` is one; `/etc/hosts` is none, and `//copy` asks about `/copy`.

    The command may be one that does not exist.
    """
    text = text.strip()
    word, _, rest = text[1:].partition(" ")
    if not text.startswith("/") or not word.isidentifier() or "\n" in text:
        return Typed("", text.removeprefix("/") if text.startswith("//") else text)
    return Typed(word.lower(), rest.strip())
