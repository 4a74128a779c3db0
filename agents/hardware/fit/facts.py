"""From the facts of a header to the shape of a model. The facts have the names that GGUF gives them; what Ollama and
Hugging Face tell is brought into that form, so that there is one place that knows how models are built."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from ...errors import Code, DocmindError
from ...text import one_line
from .gguf import Header, Tensor, Value
from .shape import KV_BLOCK, Layer, Shape

MOST_LAYERS = 4096
_MOST = 1 << 31
"""Largest width that is believed."""

WINDOWED: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("gemma2", "gpt-oss"), 2)
    | dict.fromkeys(("cohere2", "exaone4", "exaone-moe", "olmo2", "llama4", "afmoe", "mellum"), 4)
    | {"gemma3n": 5, "gemma3": 6, "plamo3": 8}
)
"""Architecture -> n: of n layers the last sees everything, the others a window. Where the header has no pattern of its
own; these numbers are constants in llama.cpp's src/models/. A window of any other architecture is not counted on."""
KV_FROM_START: Mapping[str, int] = MappingProxyType({"gemma3n": 20})
"""Architecture -> layers with a KV cache; the others use theirs."""
_OF_LAYER = re.compile(r"blk\.(\d+)\.(\w+)")


class Facts:
    """The numbers of one architecture, by their names without its name in front."""

    def __init__(self, values: Mapping[str, Value | None]) -> None:
        self.values = values
        self.architecture = str(values.get("general.architecture", ""))
        self.count = self.number("block_count")
        if not (0 < self.count <= MOST_LAYERS and self.number("embedding_length")):
            raise self.unknown()

    def unknown(self) -> DocmindError:
        """For a header that says too little."""
        shown = one_line(self.architecture, 40) or "none"
        message = f"The header does not say what the model is like (architecture: {shown})."
        return DocmindError(Code.MODEL_FILE, message, "Name a model that writes text, as llama.cpp runs them.")

    def get(self, key: str) -> Value | None:
        return self.values.get(f"{self.architecture}.{key}")

    def number(self, key: str, default: int = 0) -> int:
        """A whole number; the largest of an array."""
        value = self.get(key)
        if isinstance(value, list):
            return max(map(_whole, value), default=default)
        return _whole(value, default)

    def per_layer(self, key: str, default: int = 0) -> list[int]:
        """One number a layer; a single number counts for all."""
        value = self.get(key)
        if isinstance(value, list) and len(value) >= self.count:
            return [_whole(each) for each in value[: self.count]]
        return [self.number(key, default)] * self.count


def _whole(value: object, default: int = 0) -> int:
    """A number that a model may have; what Ollama sends may be anything."""
    return int(value) if isinstance(value, int | float) and 0 <= value < _MOST else default


class Blocks(NamedTuple):
    """The tensors of a model, by layer."""

    weights: list[int]
    names: list[Collection[str]]


def shape_of(header: Header, name: str) -> Shape:
    """The shape of a model whose tensors are known. Raises DocmindError (MODEL_FILE)."""
    facts = Facts(header.facts)
    blocks, rest = _by_layer(header.tensors, facts.count)
    embedding = rest.pop("token_embd.weight", Tensor(0, 0))
    output = sum(tensor.size for tensor in rest.values())
    tied = "output.weight" not in rest
    return Shape(
        name=name,
        layers=layers_of(facts, blocks),
        embedding=embedding.size,
        output=output + (embedding.size if tied else 0),
        tied=tied,
        heads=facts.number("attention.head_count", 1),
        parameters=sum(tensor.elements for tensor in header.tensors.values()),
        trained_context=facts.number("context_length"),
        quantises_kv=_quantises_kv(facts),
    )


def shape_by_size(values: Mapping[str, Value | None], size: int, parameters: int, name: str) -> Shape:
    """The shape of a model of which only the size of all weights (bytes) is known: each layer gets the same share."""
    facts = Facts(values)
    vocabulary = facts.number("vocab_size") * facts.number("embedding_length")
    share = size / parameters if parameters else 2.0
    embedding = min(int(vocabulary * share), size // 4)
    weights = (size - 2 * embedding) // facts.count
    blocks = Blocks([weights] * facts.count, [frozenset()] * facts.count)
    return Shape(
        name=name,
        layers=layers_of(facts, blocks),
        embedding=embedding,
        output=embedding,
        heads=facts.number("attention.head_count", 1),
        parameters=parameters,
        trained_context=facts.number("context_length"),
    )


def _by_layer(tensors: Mapping[str, Tensor], count: int) -> tuple[Blocks, dict[str, Tensor]]:
    """The layers' tensors, and all others."""
    weights, names, rest = [0] * count, [set[str]() for _ in range(count)], {}
    for name, tensor in tensors.items():
        found = _OF_LAYER.match(name)
        number = int(found[1]) if found and len(found[1]) <= 4 else count
        if found and number < count:
            weights[number] += tensor.size
            names[number].add(found[2])
        else:
            rest[name] = tensor
    return Blocks(weights, [*names]), rest


def layers_of(facts: Facts, blocks: Blocks) -> tuple[Layer, ...]:
    """Every layer with what it caches and how wide it computes. Raises DocmindError (MODEL_FILE) where nothing tells of
    a cache: without heads and states a model would seem to need none."""
    heads = facts.per_layer("attention.head_count")
    kv_heads = facts.per_layer("attention.head_count_kv", max(heads))
    windows, cached = _windows(facts), _cached(facts)
    layers = []
    for n, weights in enumerate(blocks.weights):
        recurrent = _recurrent(facts, blocks.names[n], n, kv_heads[n])
        attends = bool(kv_heads[n]) and (not recurrent or "attn_k" in blocks.names[n])
        k_size, v_size = _head_sizes(facts, max(heads), windows[n] is not None)
        keeps = kv_heads[n] if attends and n < cached else 0
        layer = Layer(
            weights=weights,
            k=keeps * k_size,
            v=keeps * v_size,
            window=windows[n],
            state=_state(facts) if recurrent else 0,
            activations=_activations(facts, heads[n] * k_size if attends else 0, kv_heads[n] * k_size, recurrent),
        )
        layers.append(layer)
    if not any(layer.k or layer.state for layer in layers) and not facts.number("ssm.state_size"):
        raise facts.unknown()
    return tuple(layers)


def _head_sizes(facts: Facts, heads: int, windowed: bool) -> tuple[int, int]:
    """Numbers of a key and of a value of one head; no values with MLA, whose keys hold them."""
    usual = facts.number("embedding_length") // heads if heads else 0
    k, v = facts.number("attention.key_length", usual), facts.number("attention.value_length", usual)
    if windowed:
        k, v = facts.number("attention.key_length_swa", k), facts.number("attention.value_length_swa", v)
    return k, 0 if facts.number("attention.key_length_mla") else v


def _quantises_kv(facts: Facts) -> bool:
    """Whether every head is of whole blocks."""
    heads = facts.number("attention.head_count")
    sizes = [size for windowed in (False, True) for size in _head_sizes(facts, heads, windowed)]
    return any(sizes) and not any(size % KV_BLOCK for size in sizes)


def _windows(facts: Facts) -> list[int | None]:
    """The sliding window of each layer."""
    window = facts.number("attention.sliding_window")
    pattern = facts.get("attention.sliding_window_pattern")
    if facts.architecture == "llama4" and facts.get("attention.sliding_window") is None:
        window = 8192
    if not window or (pattern is None and facts.architecture not in WINDOWED):
        return [None] * facts.count
    if isinstance(pattern, list):
        return [window if each else None for each in facts.per_layer("attention.sliding_window_pattern")]
    every = facts.number("attention.sliding_window_pattern", WINDOWED.get(facts.architecture, 1))
    return [window if not every or n % every < every - 1 else None for n in range(facts.count)]


def _cached(facts: Facts) -> int:
    """Layers, from the first on, that have a KV cache of their own."""
    own = KV_FROM_START.get(facts.architecture, facts.count)
    return max(0, min(own, facts.count - facts.number("attention.shared_kv_layers")))


def _recurrent(facts: Facts, names: Collection[str], layer: int, kv_heads: int) -> bool:
    """Whether a layer keeps a state of fixed size: by its tensors, else by its number."""
    if names:
        return any(name.startswith(("ssm_", "shortconv", "time_mix")) for name in names)
    every = facts.number("full_attention_interval")
    return not kv_heads or bool(every and (layer + 1) % every)


def _state(facts: Facts) -> int:
    """Bytes (f32) of a recurrent layer's state; as llama.cpp's n_embd_r and n_embd_s count it."""
    width = facts.number("embedding_length")
    if kept := facts.number("shortconv.l_cache"):
        return 4 * width * (kept - 1)
    if head := facts.number("wkv.head_size"):
        return 4 * width * (head + facts.number("token_shift_count", 2))
    inner, state = facts.number("ssm.inner_size"), facts.number("ssm.state_size")
    convolved = inner + 2 * facts.number("ssm.group_count") * state
    return 4 * (max(facts.number("ssm.conv_kernel") - 1, 0) * convolved + state * inner)


def _activations(facts: Facts, q: int, kv: int, recurrent: bool) -> int:
    """Numbers that one token takes while a layer computes, at the widest point.

    Measured, as llama.cpp lays its graph out: five vectors of the model's width beside the widest of the feed-forward
    net (gate, up, their product), the experts, the attention, and a Mamba layer (its projections, convolved and not).
    benchmarks/fit.py compares this with what llama.cpp reports.
    """
    width, wide = facts.number("embedding_length"), facts.number("feed_forward_length")
    used = facts.number("expert_used_count")
    parts = [2 * q + max(0, 2 * kv - width)]
    if not used or facts.number("leading_dense_block_count"):
        parts.append(3 * wide)
    if used:
        parts.append(_experts(used, facts.number("expert_feed_forward_length", wide), width))
    if recurrent:
        inner, states = facts.number("ssm.inner_size"), facts.number("ssm.group_count") * facts.number("ssm.state_size")
        parts.append(11 * inner // 2 + 6 * states + facts.number("ssm.time_step_rank"))
    if head := facts.number("attention.key_length_mla"):  # each head has a query as wide as the compressed vector
        compressed, rope = facts.number("attention.key_length"), facts.number("rope.dimension_count")
        parts.append(facts.number("attention.head_count") * (2 * compressed + head + rope) - 2 * width)
    return 5 * width + max(parts) + 10


def _experts(used: int, wide: int, width: int) -> int:
    """Gate, up and product of the experts that work on a token, and what comes out: beside them, or in their place."""
    inner, out = 3 * used * wide, used * width
    if 2 * wide >= width:
        return inner
    return out if used * wide <= width else inner + out
