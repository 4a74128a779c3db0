"""What the failures of a hosted class mean to the user."""

import re
import signal

from ..errors import Code, DocmindError
from ..settings import Profile
from ..text import clean, one_line, redact
from .child import Child
from .failures import MEMORY, OVERFLOW, WORDS_LIMIT
from .hosted_checks import LLAMA_CPP, package_missing
from .hosted_process import HostedError

_IMPORT = re.compile(r"(ModuleNotFound|Import)Error\b")
_DEFINES = re.compile(r"^NoClass: ")
_REMOTE = re.compile(r"^RemoteRefused: ")
_BAD_FILE = re.compile(r"^ValueError: Failed to load model")

_LESS = "Use a smaller model, a smaller context, or fewer layers on the GPU."


def failed(name: str, profile: Profile, error: HostedError, key: str) -> DocmindError:
    """An exception of the class. `key` is taken out of its words."""
    words = one_line(redact(clean(error.error), [key]), WORDS_LIMIT)
    words += f" ({one_line(redact(error.log, [key]), WORDS_LIMIT)})" if error.log else ""
    who = f"{clean(name)} ({clean(profile.class_)})"
    if _REMOTE.match(words):
        return DocmindError(
            Code.REMOTE_REFUSED,
            f"{who} wanted to connect to {_REMOTE.sub('', words)}, which is not on this machine.",
            "Documents and questions would leave it. If that is intended, set allow_remote = true in the profile.",
        )
    if error.stage != "call" and _IMPORT.match(words):
        return package_missing(name, profile.class_, words)
    if _DEFINES.match(words):
        return DocmindError(Code.CONFIG, f"{who}: {_DEFINES.sub('', words)}.", "Correct class in the profile.")
    if error.stage == "call" and OVERFLOW.search(words):
        hint = "Set context in the profile to what the class was made with, or make it with a larger one."
        return DocmindError(
            Code.CONTEXT_OVERFLOW, f"The prompt does not fit into the context window of {who}: {words}", hint
        )
    if MEMORY.search(words):
        return DocmindError(Code.OUT_OF_MEMORY, f"{who} ran out of memory: {words}", _LESS)
    if profile.class_ == LLAMA_CPP and _BAD_FILE.search(words):
        return DocmindError(Code.MODEL_FILE, f"{who}: {words}", "Download the file again, or take another one.")
    if error.stage == "call":
        hint = "That is an error of the class itself: its package's documentation may tell more."
        return DocmindError(Code.SERVER_ERROR, f"{who} broke off with an error: {words}", hint)
    verb = "cannot be imported" if error.stage == "import" else "cannot be made with these options"
    return DocmindError(Code.CONFIG, f"{who} {verb}: {words}", "Correct class and options in the profile.")


def ended(name: str, profile: Profile, child: Child, key: str) -> DocmindError:
    """The process is gone."""
    if told := "the operating system ended it" if child.killed_for_memory else child.says(MEMORY):
        message = f"{clean(name)}: {clean(profile.class_)} does not fit into memory ({redact(told, [key])})."
        return DocmindError(Code.OUT_OF_MEMORY, message, _LESS)
    message = f"{clean(name)}: the process of {clean(profile.class_)} ended ({redact(child.report(), [key])})."
    killed = child.process.returncode == -signal.SIGKILL  # as Linux does where memory runs out
    hint = f"Memory may have run out. {_LESS}" if killed else "Try another version of its package, or other options."
    return DocmindError(Code.CRASHED, message, hint)


def too_slow(name: str, profile: Profile) -> DocmindError:
    """The class was not made in time."""
    message = f"{clean(name)}: {clean(profile.class_)} was still loading after {profile.timeouts.loading:g} s."
    return DocmindError(Code.TIMEOUT, message, "If it only needs longer, raise timeouts.loading in the profile.")
