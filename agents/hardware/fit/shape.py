"""The shape of a model, as far as it decides how much memory the model takes."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

BATCH = 512
"""Tokens of a prompt that llama.cpp computes at once (n_ubatch, its default)."""
KV_BYTES: Mapping[str, float] = MappingProxyType({"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32})
"""Bytes of a number in the KV cache: blocks of 32 numbers with a scale of 2 bytes in the quantised types."""
KV_BLOCK = 32
"""Numbers of a block in the quantised types: llama.cpp refuses heads of another multiple."""
_CELLS = 256
"""llama.cpp rounds the cache up to a multiple of so many tokens."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One block of the network."""

    weights: int
    """Bytes."""
    k: int = 0
    """Numbers that a token leaves in the K cache: KV heads times head size, or the compressed vector of MLA."""
    v: int = 0
    """The same of the V cache; 0 with MLA."""
    window: int | None = None
    """Tokens that a layer with a sliding window looks back; None for one that sees the whole context."""
    state: int = 0
    """Bytes of what a recurrent layer (Mamba and the like) keeps, however long the context is."""
    activations: int = 0
    """Numbers that a token takes while the layer computes."""

    def cache(self, context: int, kv: str) -> int:
        """Bytes of the KV cache, or of the state, for a context in tokens and a type of KV_BYTES."""
        return int(cells(context, self.window) * (self.k + self.v) * KV_BYTES[kv]) + self.state


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A model."""

    name: str
    layers: tuple[Layer, ...]
    embedding: int
    """Bytes of the token embedding, which llama.cpp keeps in RAM."""
    output: int
    """Bytes of what comes after the last layer; where it is the embedding itself, a GPU holds a second copy."""
    tied: bool = False
    """Whether the output is the embedding: then the file holds it once."""
    heads: int = 1
    """Attention heads; what tensor parallelism divides."""
    parameters: int = 0
    """Weights by number; 0 where that is not known."""
    trained_context: int = 0
    """Tokens; 0 where that is not known."""
    quantises_kv: bool = True
    """Whether there is a KV cache, and llama.cpp could quantise it."""

    @property
    def weights(self) -> int:
        """Bytes of all weights."""
        return sum(layer.weights for layer in self.layers) + self.output + (0 if self.tied else self.embedding)

    def cache(self, context: int, kv: str) -> int:
        """Bytes of the KV cache of all layers."""
        return sum(layer.cache(context, kv) for layer in self.layers)

    def compute(self, context: int) -> int:
        """Bytes of llama.cpp's compute buffer: the widest layer's activations (f32) and the attention masks (f16).

        The flash attention that llama.cpp chooses by itself keeps no scores, so the context counts by its mask alone.
        """
        batch = min(BATCH, context)
        widest = max((layer.activations for layer in self.layers), default=0)
        masks = {layer.window for layer in self.layers if layer.k}
        return 4 * batch * widest + sum(2 * batch * cells(context, window) for window in masks)

    def scaled(self, factor: float) -> "Shape":
        """The same model with weights of `factor` times the size: another quantisation."""
        layers = tuple(msgspec.structs.replace(layer, weights=round(layer.weights * factor)) for layer in self.layers)
        embedding, output = round(self.embedding * factor), round(self.output * factor)
        return msgspec.structs.replace(self, layers=layers, embedding=embedding, output=output)


def cells(context: int, window: int | None = None) -> int:
    """Tokens that a cache holds: the context, or the window and a batch where that is less."""
    size = context if window is None else min(context, window + BATCH)
    return -(-size // _CELLS) * _CELLS
