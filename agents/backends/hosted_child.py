"""The child process of kind `hosted`: makes one LlamaIndex LLM and answers with it. Run with `python -m`.

Each line of stdin and stdout is a JSON object. The first one in is the configuration (`Hosted._config`), over stdin
because arguments can be seen by every user of the machine. Out comes {"window": tokens} once the LLM is made. Then

    in   {"messages": [[role, text], ...], "stop": [text, ...]}      {"cancel": true}
    out  {"whole": true}   when the class cannot stream
         {"text": piece, "thinking": piece} ...
         {"done": true}   or   {"error": "Type: words", "stage": "import", "make" or "call"}

When stdin closes or the parent dies, the process ends, and with it whatever the class has started.
"""

import ctypes
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from .hosted_home import OFFLINE, RemoteRefused, stay_at_home

Message = dict[str, Any]
Tell = Callable[[Message], None]

PR_SET_PDEATHSIG = 1
ERROR_LIMIT = 2000
"""Characters of an exception's words; the parent reads lines of at most 64 KiB."""


def main() -> None:
    """Serve until the parent closes stdin or dies."""
    _end_with_parent()
    tell = _own_stdout()
    config = json.loads(sys.stdin.buffer.readline())
    calls: queue.SimpleQueue[Message] = queue.SimpleQueue()
    cancelled = threading.Event()
    threading.Thread(target=_listen, args=(calls, cancelled), daemon=True).start()
    os.environ["GGML_NO_BACKTRACE"] = "1"  # else an abort of llama.cpp runs gdb for seconds
    if not config["remote"]:
        os.environ.update(OFFLINE)
        stay_at_home()
    _serve(config, calls, cancelled, tell)


def _serve(config: Message, calls: "queue.SimpleQueue[Message]", cancelled: threading.Event, tell: Tell) -> None:
    stage = "import"
    try:
        from .hosted_calls import find_class
        from .hosted_cures import cure_for

        found = find_class(config["class"])
        stage, cure = "make", cure_for(config, cancelled)
        llm = cure.make(found)
        tell({"window": cure.window(llm)})
        stage = "call"
        while request := calls.get():
            _answer(llm, request, cancelled, cure.arguments(llm, request["stop"]), tell)
    except (Exception, SystemExit) as error:
        tell({"error": _words(error), "stage": stage})
        os._exit(1)  # not through the hooks of what was imported: some raise, some wait for ever


def _answer(llm: Any, request: Message, cancelled: threading.Event, arguments: Message, tell: Tell) -> None:
    from .hosted_calls import answer

    try:
        for piece in answer(llm, request, arguments):
            tell(piece)
            if cancelled.is_set():
                break
    except Exception as error:
        if not cancelled.is_set():
            tell({"error": _words(error), "stage": "call"})
            return
    tell({"done": True})


def _words(error: BaseException) -> str:
    """Type and words, or those of the refusal behind it."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, RemoteRefused):
        cause = cause.__cause__ or cause.__context__
    told = cause or error
    words = "out of memory" if isinstance(told, MemoryError) else str(told)
    return f"{type(told).__name__}: {words}"[:ERROR_LIMIT]


def _listen(calls: "queue.SimpleQueue[Message]", cancelled: threading.Event) -> None:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "cancel" in message:
            cancelled.set()
        else:
            cancelled.clear()
            calls.put(message)
    _end()


def _own_stdout() -> Tell:
    """Writes lines to stdout, which is theirs alone: what a library prints goes to the log, on stderr."""
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    os.register_at_fork(after_in_child=lines.close)  # else a process that the class forks would hold the pipe open

    def tell(message: Message) -> None:
        print(json.dumps(message), file=lines, flush=True)

    return tell


def _end_with_parent() -> None:
    """A parent that is killed may leave stdin open in another process. SIGUSR2, since SIGKILL would miss ours.

    Before anything is imported: a thread that a library starts must inherit that the signal is blocked.
    """
    if sys.platform == "linux":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
        threading.Thread(target=_end_at_signal, daemon=True).start()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGUSR2)


def _end_at_signal() -> None:
    signal.sigwait({signal.SIGUSR2})
    _end()


def _end() -> None:
    """This process and those that the class has started: all of the session that the parent gave it."""
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
