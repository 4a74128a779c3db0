"""Chats that last: kept in SQLite while they happen, found again, mended where a crash or a disk has broken them."""
