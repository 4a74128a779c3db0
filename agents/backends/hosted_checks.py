"""What can be known of a profile of kind `hosted` without starting its class; imports nothing of LlamaIndex."""

import asyncio
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any, ClassVar

from ..errors import Code, DocmindError
from ..hardware.all_gpus import AllGpus
from ..hardware.fit import hosted
from ..records import Verdict
from ..settings import Profile
from ..text import clean
from .base import Checkable, Health
from .gguf import check_file

LLAMA_CPP = "llama_index.llms.llama_cpp.LlamaCPP"
VLLM = "llama_index.llms.vllm.Vllm"

WHOLE = frozenset({VLLM})
"""Classes whose streaming methods only say that they are not implemented."""

_PACKAGES = {
    LLAMA_CPP: (("llama_index.llms.llama_cpp", "llama_cpp"), "pip install 'docmind[llama-cpp]'"),
    VLLM: (("llama_index.llms.vllm", "vllm"), "pip install 'docmind[vllm]' vllm"),
}
"""Class -> the modules that it needs, and how to get them."""


ANSWERS_WHOLE = "answers whole"


class HostedClass(Checkable):
    """The class of a profile of kind `hosted`, looked at without running it."""

    kind: ClassVar = "hosted"
    own: ClassVar = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streams = self.profile.class_ not in WHOLE

    @property
    def cold(self) -> bool:
        """It is only looked at."""
        return True

    async def alive(self) -> None:
        """Whether it could be run. Raises DocmindError (CONFIG, MODEL_FILE, PACKAGE_MISSING)."""
        await asyncio.to_thread(check_class, self.name, self.profile)

    async def health(self) -> Health:
        """As `alive`; never raises. Says so of a class that cannot stream."""
        try:
            await self.alive()
        except DocmindError as error:
            return Health(state="down", detail=error.message, code=error.code, hint=error.hint)
        return Health(state="ready", detail="" if self.streams else ANSWERS_WHOLE)

    async def models(self) -> list[str]:
        """One class, one model. Raises DocmindError."""
        await self.alive()
        return [await self.model()]

    async def model(self) -> str:
        """What the profile or its options name, else the class."""
        named = self.profile.model or self.profile.options.get("model") or self.profile.options.get("model_name")
        path = self.profile.options.get("model_path") or ""
        return clean(str(named or PurePath(str(path)).stem or self.profile.class_.rpartition(".")[2]))

    async def context(self) -> int:
        """The profile's. 0: not known before it runs."""
        return self.profile.context or 0

    async def fit(self) -> Verdict | None:
        """By the model's files; None while it runs, and for a class whose arguments are not known."""
        asked = asked_by(self.profile) if self.cold else None
        return await asyncio.to_thread(hosted.verdict, asked) if asked else None


def asked_by(profile: Profile) -> hosted.Asked | None:
    """What shall run, where the arguments of the class tell."""
    if profile.class_ == LLAMA_CPP:
        return hosted.llama_cpp(profile)
    return hosted.vllm(profile) if profile.class_ == VLLM else None


def check_class(name: str, profile: Profile) -> None:
    """Raises DocmindError (CONFIG, PACKAGE_MISSING, MODEL_FILE); reads files and asks the GPU's driver."""
    check_options(name, profile)
    module = profile.class_.rpartition(".")[0]
    modules, _ = _PACKAGES.get(profile.class_, ((module,), ""))
    for needed in modules:
        if not _installed(needed):
            raise package_missing(name, profile.class_, f"there is no module {clean(needed)}")


def check_options(name: str, profile: Profile) -> None:
    """What is known of the arguments. Raises DocmindError (CONFIG, MODEL_FILE)."""
    if profile.class_ == LLAMA_CPP:
        _check_llama_cpp(clean(name), profile)
    elif profile.class_ == VLLM:
        _check_vllm(clean(name), profile)


def package_missing(name: str, class_: str, why: str) -> DocmindError:
    """The error for a class that cannot be imported."""
    message = f"{clean(name)}: {clean(class_)} cannot be imported: {why}."
    return DocmindError(Code.PACKAGE_MISSING, message, f"Install it beside docmind: {_command(class_)}")


def _command(class_: str) -> str:
    """How to install the package of a class; LlamaIndex names its packages after their modules."""
    if class_ in _PACKAGES:
        return _PACKAGES[class_][1]
    parts = class_.split(".")
    if parts[:2] == ["llama_index", "llms"] and len(parts) > 3:
        return f"pip install llama-index-llms-{clean(parts[2]).replace('_', '-')}"
    return f"pip install the package that brings {clean(parts[0])}"


def _installed(module: str) -> bool:
    """Whether it is there, without running it: only the outermost package is looked for, or LlamaIndex's own."""
    parts = module.split(".")
    depth = 3 if parts[:2] == ["llama_index", "llms"] else 1
    return find_spec(".".join(parts[:depth])) is not None


def _check_llama_cpp(name: str, profile: Profile) -> None:
    """LlamaCPP without a file of its own downloads 7 GB, and says nothing of it."""
    path = profile.options.get("model_path")
    if profile.options.get("model_url") or not isinstance(path, str) or not path:
        message = f"Profile {name} names no model file, and LlamaCPP would download one."
        raise DocmindError(Code.MODEL_FILE, message, "Set options.model_path to a GGUF file, and no model_url.")
    place = Path(path).expanduser()
    if not place.is_absolute():
        message = f"{name}: options.model_path is {clean(path)}, which no folder is known for."
        raise DocmindError(Code.MODEL_FILE, message, "Write the whole path, from / or ~ on.")
    check_file(place, name, "options.model_path")


def _check_vllm(name: str, profile: Profile) -> None:
    options = profile.options
    if not (profile.model or options.get("model")) and not options.get("api_url"):
        message = f"Profile {name} names no model, and Vllm would download one."
        raise DocmindError(Code.CONFIG, message, "Set model in the profile to the folder of a model, or to its name.")
    cards = options.get("tensor_parallel_size", 1)
    if type(cards) is not int or cards < 1:
        message = f"{name}: options.tensor_parallel_size must be a whole number above 0, not {clean(repr(cards))[:60]}."
        raise DocmindError(Code.CONFIG, message, "Set it to the number of GPUs that share the model.")
    present = len(AllGpus().read().gpus) if cards > 1 else 0
    if 0 < present < cards:
        message = f"{name}: options.tensor_parallel_size is {cards}, and this machine has {present} GPU(s)."
        raise DocmindError(Code.CONFIG, message, "vLLM cannot start so: set it to the number of GPUs or less.")
