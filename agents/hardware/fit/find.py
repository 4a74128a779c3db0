"""Finds the shape of a model by what a user calls it: a GGUF file, a folder with config.json, a name at Ollama."""

import os
from collections.abc import Callable
from pathlib import Path

from ...errors import Code, DocmindError
from ...text import one_line
from .facts import shape_of
from .gguf import read_header
from .shape import Shape


def find(model: str, ollama: Callable[[], str]) -> Shape:
    """The model's shape; `ollama` tells the URL of the server that is asked for what is no path. Reads headers only.

    A folder that only happens to have the name of a model at Ollama, as one of documents may, is none of a model.

    Raises DocmindError (USAGE, MODEL_FILE, MODEL_NOT_FOUND, UNAVAILABLE, INVALID_RESPONSE).
    """
    if not model.strip():
        raise DocmindError(Code.USAGE, "Which model?", "Name a GGUF file, a folder with config.json, or Ollama's name.")
    path, is_path = Path(os.path.expanduser(model)), model.startswith(("/", "./", "../", "~")) or model.endswith("/")
    try:
        is_folder, is_file = path.is_dir() and (is_path or (path / "config.json").exists()), path.is_file()
    except OSError as error:  # no right to look there, or a name that is too long for any file
        message = f"Cannot read {one_line(model, 200)}: {error.strerror}."
        raise DocmindError(Code.MODEL_FILE, message, "Give yourself the right to read it, or name another.") from error
    if is_folder:
        from .huggingface import read_folder

        return read_folder(path)
    if is_file or is_path or model.endswith(".gguf"):
        return shape_of(read_header(path), one_line(path.name))
    from .ollama import ask

    return ask(model, ollama())
