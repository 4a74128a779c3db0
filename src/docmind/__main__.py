"""`python -m docmind` is the same program as `docmind`."""

from docmind.tui.cli import main

raise SystemExit(main())
