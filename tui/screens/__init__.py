"""The screens of the app, one file each, with its style sheet beside it."""
