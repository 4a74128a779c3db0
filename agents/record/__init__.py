"""What became of every call of a backend: kept in SQLite, summed up for `docmind stats` and `docmind bench`."""
