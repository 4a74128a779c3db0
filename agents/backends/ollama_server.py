"""An Ollama server, asked about itself."""

from typing import Any, ClassVar

from ..errors import Code, DocmindError
from ..text import clean
from .base import Health
from .naming import first_chat_model
from .server import LARGEST_CONTEXT, Server, below


class OllamaServer(Server):
    """Its own API tells everything: /api/tags, /api/show, /api/ps."""

    kind: ClassVar = "ollama"
    default_url: ClassVar = "http://127.0.0.1:11434"

    async def show(self) -> tuple[str, dict[str, Any]]:
        """The model in use, and what /api/show knows about it. Raises library errors."""
        model = self.profile.model or first_chat_model(await self.list_models())
        return model, await self.ask(below(self.url, "/api/show"), {"model": model})

    async def facts(self) -> tuple[str, int]:
        """/api/show knows the model's own window."""
        model, shown = await self.show()
        info = shown.get("model_info") or {}
        windows = [int(value) for name, value in info.items() if name.endswith(".context_length")]
        return model, min([LARGEST_CONTEXT, *windows])

    async def list_models(self) -> list[str]:
        """/api/tags."""
        return [model["name"] for model in (await self.ask(below(self.url, "/api/tags")))["models"]]

    async def probe(self) -> Health:
        """Ready when the model is there; loading it is part of the first call."""
        models = await self.list_models()
        if self.profile.model and not {self.profile.model, f"{self.profile.model}:latest"} & set(models):
            message = f"{clean(self.name)} does not have the model {clean(self.profile.model)!r}."
            raise DocmindError(Code.MODEL_NOT_FOUND, message, await self.model_hint())
        return Health(state="ready")

    async def model_hint(self) -> str:
        """Which models there are, and how to fetch the missing one."""
        return f"{await super().model_hint()} Or fetch it: ollama pull {clean(self.profile.model)}"

    async def loading(self) -> bool:
        """/api/ps lists a model once it is loaded."""
        model = await self.model()
        loaded = (await self.ask(below(self.url, "/api/ps")))["models"]
        return not any(one["name"] in (model, f"{model}:latest") for one in loaded)
