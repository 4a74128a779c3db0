"""`docmind chats ...`: its commands."""

from ..arguments import Subparsers, at_least_one
from .changing import run_archive, run_delete, run_pin, run_rename
from .exporting import add_options, run_export
from .importing import run_import
from .listing import run_list, run_search, run_show

_CHAT = "the name of a chat, or its beginning"


def add_parsers(commands: Subparsers) -> None:
    """Adds `chats` with all its commands."""
    group = commands.add_parser("chats", help="list, show, search, export, import and delete chats")
    chats: Subparsers = group.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=type(group)
    )
    _add_reading(chats)
    _add_changing(chats)
    export = chats.add_parser("export", help="write a chat as Markdown, or as JSON that loses nothing")
    add_options(export, "CHAT")
    export.set_defaults(run=run_export)
    importing = chats.add_parser("import", help="take in the chats of a JSON file")
    importing.add_argument("file", metavar="FILE", help="what `docmind chats export` has written as JSON (-: stdin)")
    importing.add_argument("--json", action="store_true", help="print one JSON object")
    importing.set_defaults(run=run_import)


def _add_reading(chats: Subparsers) -> None:
    listing = chats.add_parser("list", help="list the chats, those that were changed last first")
    listing.add_paths("folders; with them only the chats on exactly these")
    listing.add_argument("--archived", action="store_true", help="those that were archived")
    listing.add_argument("--deleted", action="store_true", help="those that were deleted in the last 30 days")
    listing.add_argument("-n", type=at_least_one, default=20, metavar="N", help="most chats (default: 20)")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    listing.set_defaults(run=run_list)
    show = chats.add_parser("show", help="print a chat with its sources")
    show.add_argument("chat", metavar="CHAT", help=_CHAT)
    show.add_argument("--json", action="store_true", help="print one JSON object")
    show.set_defaults(run=run_show)
    search = chats.add_parser("search", help="find words in all chats")
    search.add_argument("words", help='what to look for; "words in quotation marks" are a phrase')
    search.add_argument("-n", type=at_least_one, default=20, metavar="N", help="most places (default: 20)")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    search.set_defaults(run=run_search)


def _add_changing(chats: Subparsers) -> None:
    rename = chats.add_parser("rename", help="give a chat another title")
    rename.add_argument("chat", metavar="CHAT", help=_CHAT)
    rename.add_argument("title", metavar="TITLE", help="in quotation marks")
    rename.add_argument("--json", action="store_true", help="print one JSON object")
    rename.set_defaults(run=run_rename)
    for name, run, help_, undo in (
        ("delete", run_delete, "delete chats; they can be had back for 30 days", "have them back"),
        ("pin", run_pin, "keep chats at the top of the list", "let them go again"),
        ("archive", run_archive, "take chats out of the list", "put them back"),
    ):
        change = chats.add_parser(name, help=help_)
        change.add_argument("chats", nargs="+", metavar="CHAT", help=_CHAT)
        change.add_argument("--undo", action="store_true", help=undo)
        change.add_argument("--json", action="store_true", help="print one JSON object")
        change.set_defaults(run=run)
