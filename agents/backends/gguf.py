"""A GGUF file, looked at without running it. Needs no LlamaIndex."""

import asyncio
import importlib.util
from pathlib import Path
from typing import Any, ClassVar

from ..errors import Code, DocmindError
from ..hardware.fit.gguf import VERSIONS
from ..hardware.fit.profiles import verdict
from ..records import Verdict
from ..text import clean
from .base import Checkable, Health


class GgufFile(Checkable):
    """The model of a profile of kind `llamacpp`."""

    kind: ClassVar = "llamacpp"
    own: ClassVar = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.path = Path(self.profile.path).expanduser()

    @property
    def cold(self) -> bool:
        """It is only looked at."""
        return True

    async def alive(self) -> None:
        """Whether it could be run. Raises DocmindError (MODEL_FILE, PACKAGE_MISSING)."""
        self.check()

    async def health(self) -> Health:
        """As `alive`; never raises."""
        try:
            self.check()
        except DocmindError as error:
            return Health(state="down", detail=error.message, code=error.code, hint=error.hint)
        return Health(state="ready")

    async def models(self) -> list[str]:
        """One file, one model."""
        self.check()
        return [await self.model()]

    async def model(self) -> str:
        """The profile's model, else the file's name."""
        return self.profile.model or clean(self.path.stem)

    async def context(self) -> int:
        """The profile's; llama.cpp may lower it. 0: not known before it runs."""
        return self.profile.context or 0

    async def fit(self) -> Verdict | None:
        """By the file's header; None while the model is loaded, and holds what it needs."""
        return await asyncio.to_thread(verdict, self.profile) if self.cold else None

    def check(self) -> None:
        """Raises DocmindError (MODEL_FILE, PACKAGE_MISSING)."""
        if importlib.util.find_spec("xllamacpp") is None:
            message = f"Profile {clean(self.name)} runs a GGUF file, and llama.cpp is not installed."
            raise DocmindError(Code.PACKAGE_MISSING, message, "Install it: pip install 'docmind[gguf]'")
        check_file(self.path if self.profile.path else None, clean(self.name))


def check_file(path: Path | None, name: str, key: str = "path") -> None:
    """Raises DocmindError (MODEL_FILE) unless the file begins as a GGUF file does; llama.cpp checks the rest.

    `key` is the setting that names the file.
    """
    if path is None:
        hint = f"Set {key} to a GGUF file in the profile; docmind downloads none by itself."
        raise DocmindError(Code.MODEL_FILE, f"Profile {name} names no model file.", hint)
    shown, hint = clean(str(path)), f"Set {key} in the profile to a GGUF file."
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):  # how Python shows such bytes
        message = f"{name}: llama.cpp cannot open {shown}, a name that is not UTF-8."
        raise DocmindError(Code.MODEL_FILE, message, "Rename the file.")
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise DocmindError(Code.MODEL_FILE, f"{name}: cannot read {shown}: {error.strerror}.", hint) from error
    if start[:4] != b"GGUF" or int.from_bytes(start[4:], "little") not in VERSIONS:
        raise DocmindError(Code.MODEL_FILE, f"{name}: {shown} is not a GGUF file that llama.cpp can read.", hint)
