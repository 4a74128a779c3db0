"""The shape of a model in a folder as Hugging Face lays it out: config.json, and the sizes of the weights' files."""

from pathlib import Path
from typing import Any

import msgspec

from ...errors import Code, DocmindError
from ...text import one_line
from .facts import shape_by_size
from .gguf import Value
from .shape import Shape

_MOST = 4 << 20
"""Bytes of a config.json that are read."""
_MOST_INDEX = 64 << 20
_BYTES = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0, "float8_e4m3fn": 1.0}
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_ATTENDING = ("full_attention", "attention", "sliding_attention", "chunked_attention")

# Name in config.json (the first that is there counts) -> name in a GGUF.
_NAMES: dict[str, tuple[str, ...]] = {
    "block_count": ("num_hidden_layers", "n_layer", "n_layers"),
    "embedding_length": ("hidden_size", "n_embd", "d_model"),
    "feed_forward_length": ("intermediate_size", "n_inner", "ffn_dim"),
    "context_length": ("max_position_embeddings", "n_positions"),
    "vocab_size": ("vocab_size",),
    "attention.head_count": ("num_attention_heads", "n_head"),
    "attention.head_count_kv": ("num_key_value_heads", "num_kv_heads"),
    "attention.key_length": ("head_dim",),
    "attention.value_length": ("head_dim",),
    "attention.sliding_window": ("sliding_window",),
    "attention.sliding_window_pattern": ("sliding_window_pattern",),
    "expert_used_count": ("num_experts_per_tok", "num_experts_per_token"),
    "expert_feed_forward_length": ("moe_intermediate_size",),
    "leading_dense_block_count": ("first_k_dense_replace",),
    "ssm.inner_size": ("mamba_d_inner",),
    "ssm.state_size": ("mamba_d_state", "state_size"),
    "ssm.conv_kernel": ("mamba_d_conv", "linear_conv_kernel_dim"),
    "ssm.group_count": ("mamba_n_groups",),
}


def read_folder(folder: Path) -> Shape:
    """Raises DocmindError (MODEL_FILE)."""
    config = _read(folder / "config.json", _MOST)
    text = config.get("text_config")
    config = config | text if isinstance(text, dict) else config
    facts = _facts(config)
    size = _size(folder)
    kind = config.get("torch_dtype") or config.get("dtype")
    each = _BYTES.get(str(kind), 2.0)
    parameters = 0 if config.get("quantization_config") else int(size / each)
    try:
        return shape_by_size(facts, size, parameters, one_line(folder.resolve().name))
    except DocmindError as error:
        raise _bad(folder / "config.json", "does not say how many layers and heads the model has") from error


def _facts(config: dict[str, Any]) -> dict[str, Value | None]:
    facts: dict[str, Value | None] = {}
    for name, aliases in _NAMES.items():
        facts[name] = next((config[alias] for alias in aliases if _is_number(config.get(alias))), None)
    if config.get("use_sliding_window") is False:
        facts["attention.sliding_window"] = None
    if lora := _number(config, "kv_lora_rank"):  # MLA: one compressed vector, and the part that turns with the position
        rope, plain = _number(config, "qk_rope_head_dim"), _number(config, "qk_nope_head_dim")
        facts |= {"attention.head_count_kv": 1, "attention.key_length": lora + rope, "rope.dimension_count": rope}
        facts["attention.key_length_mla"] = rope + plain
    facts |= _kinds_of_layers(config, facts)
    named = {f"hf.{name}": value for name, value in facts.items() if value is not None}
    return {"general.architecture": "hf", **named}


def _kinds_of_layers(config: dict[str, Any], facts: dict[str, Value | None]) -> dict[str, Value | None]:
    """Layers that look back over a window, or not at all."""
    kinds = config.get("layer_types") or config.get("layers_block_type")
    if not isinstance(kinds, list):
        window, pattern = facts["attention.sliding_window"], facts["attention.sliding_window_pattern"]
        # One that names a window and no pattern, as Mistral's first did, has it in every layer.
        return {"attention.sliding_window_pattern": 0} if window and pattern is None else {}
    heads = facts["attention.head_count_kv"] or facts["attention.head_count"] or 1
    attending: Value = [heads if kind in _ATTENDING else 0 for kind in kinds]  # type: ignore[misc]
    sliding: Value = [int(kind in ("sliding_attention", "chunked_attention")) for kind in kinds]
    return {"attention.head_count_kv": attending, "attention.sliding_window_pattern": sliding}


def _size(folder: Path) -> int:
    """Bytes of all weights: as the index says, else those of the files."""
    try:
        for index in sorted(folder.glob("*.index.json")):
            metadata = _read(index, _MOST_INDEX).get("metadata")
            if isinstance(metadata, dict) and (size := _number(metadata, "total_size")):
                return size
        files = next((found for pattern in _WEIGHTS if (found := list(folder.glob(pattern)))), [])
        size = sum(file.stat().st_size for file in files)
    except OSError as error:
        raise _bad(folder, f"cannot be read: {error.strerror}") from error
    if not size:
        raise _bad(folder, "holds no weights (*.safetensors)")
    return size


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53


def _number(table: dict[str, Any], name: str) -> int:
    return int(table[name]) if _is_number(table.get(name)) else 0


def _read(path: Path, most: int) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise _bad(path, f"cannot be read: {error.strerror}") from error
    try:
        table = msgspec.json.decode(data) if len(data) <= most else None
    except (msgspec.DecodeError, RecursionError):
        table = None
    if not isinstance(table, dict):
        raise _bad(path, "is not a JSON object of a size that a model needs")
    return table


def _bad(path: Path, why: str) -> DocmindError:
    message = f"{one_line(str(path), 500)} {why}."
    return DocmindError(Code.MODEL_FILE, message, "Name a folder with config.json and its weights, or a GGUF file.")
