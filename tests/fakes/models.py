"""GGUF files of the shapes that real models have, whose weights are zeros on no disk space: to load, not to ask."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np

VOCABULARY = 2048
Tensors = dict[str, tuple[int, ...]]
"""Name -> shape, the longest stride first, as numpy has it."""


Model = tuple[dict[str, Any], Tensors]
"""Facts of the header, without the architecture's name in front, and tensors."""


def write_model(path: Path, model: Model, texts: int = VOCABULARY, **changes: Any) -> Path:
    """Write one of SHAPES; `changes` are facts of the header beyond its own. llama.cpp wants all the `texts`."""
    facts, tensors = model
    arch = facts["architecture"]
    writer = gguf.GGUFWriter(path, arch)
    facts = {"context_length": 131072, "attention.layer_norm_rms_epsilon": 1e-6} | facts | changes
    del facts["architecture"]
    for key, value in facts.items():
        _add(writer, f"{arch}.{key}", value)
    _add_vocabulary(writer, texts)
    for tensor, shape in tensors.items():
        kind: Any = np.float32 if len(shape) == 1 or "ssm" in tensor or "gate_inp" in tensor else np.float16
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        writer.add_tensor_info(tensor, shape, np.dtype(kind), size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    infos = writer.tensors[0].values()
    align = gguf.GGUFWriter.ggml_pad
    total = sum(align(info.nbytes, 32) for info in infos)
    os.truncate(path, align(path.stat().st_size, 32) + total)
    return path


def _add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, list):
        writer.add_array(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_uint32(key, value)


def _add_vocabulary(writer: gguf.GGUFWriter, count: int) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"<0x{n:02X}>" if n < 256 else f"t{n}" for n in range(count)])
    writer.add_token_scores([0.0] * count)
    writer.add_token_types([gguf.TokenType.BYTE if n < 256 else gguf.TokenType.NORMAL for n in range(count)])


def _frame(width: int, tied: bool = False) -> Tensors:
    frame: Tensors = {"token_embd.weight": (VOCABULARY, width), "output_norm.weight": (width,)}
    return frame if tied else frame | {"output.weight": (VOCABULARY, width)}


def _attention(layer: int, width: int, q: int, k: int, v: int) -> Tensors:
    """Widths of q, k, v: heads times head size."""
    names = {"attn_q": (q, width), "attn_k": (k, width), "attn_v": (v, width), "attn_output": (width, q)}
    return _named(layer, names | {"attn_norm": (width,)})


def _feed_forward(layer: int, width: int, wide: int) -> Tensors:
    names = {"ffn_gate": (wide, width), "ffn_up": (wide, width), "ffn_down": (width, wide), "ffn_norm": (width,)}
    return _named(layer, names)


def _experts(layer: int, width: int, wide: int, count: int) -> Tensors:
    inner, outer = (count, wide, width), (count, width, wide)
    names: Tensors = {"ffn_gate_exps": inner, "ffn_up_exps": inner, "ffn_down_exps": outer}
    return _named(layer, names | {"ffn_gate_inp": (count, width), "ffn_norm": (width,)})


def _named(layer: int, names: Mapping[str, tuple[int, ...]]) -> Tensors:
    return {f"blk.{layer}.{name}.weight": shape for name, shape in names.items()}


def llama(width: int, layers: int, heads: int, kv_heads: int, wide: int) -> Model:
    size = width // heads
    tensors = _frame(width)
    for n in range(layers):
        kv = kv_heads * size
        tensors |= _attention(n, width, width, kv, kv) | _feed_forward(n, width, wide)
    facts = {
        "architecture": "llama",
        "embedding_length": width,
        "block_count": layers,
        "feed_forward_length": wide,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "rope.dimension_count": size,
    }
    return facts, tensors


def sliding() -> Model:
    """As gemma3: five layers of six see only the last 1024 tokens; embedding and output are one tensor."""
    width, layers, heads, kv_heads, size, wide = 512, 12, 4, 2, 128, 2048
    tensors = _frame(width, tied=True)
    for n in range(layers):
        kv = kv_heads * size
        tensors |= _attention(n, width, heads * size, kv, kv) | _feed_forward(n, width, wide)
        norms = {"post_attention_norm": (width,), "post_ffw_norm": (width,)}
        tensors |= _named(n, norms | {"attn_k_norm": (size,), "attn_q_norm": (size,)})
    facts = {
        "architecture": "gemma3",
        "embedding_length": width,
        "block_count": layers,
        "feed_forward_length": wide,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "attention.key_length": size,
        "attention.value_length": size,
        "attention.sliding_window": 1024,
    }
    return facts, tensors


def mixture(width: int = 512, wide: int = 384, count: int = 16, used: int = 4) -> Model:
    """As qwen3moe: of `count` experts `used` work on a token."""
    layers, heads, kv_heads, size = 6, 8, 2, 128
    tensors = _frame(width)
    for n in range(layers):
        kv = kv_heads * size
        tensors |= _attention(n, width, heads * size, kv, kv) | _experts(n, width, wide, count)
        tensors |= _named(n, {"attn_k_norm": (size,), "attn_q_norm": (size,)})
    facts = {
        "architecture": "qwen3moe",
        "embedding_length": width,
        "block_count": layers,
        "feed_forward_length": 1536,
        "expert_feed_forward_length": wide,
        "expert_count": count,
        "expert_used_count": used,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "attention.key_length": size,
        "attention.value_length": size,
        "rope.dimension_count": size,
    }
    return facts, tensors


def latent(heads: int = 8, lora: int = 256, wide: int = 2048) -> Model:
    """As deepseek2: keys and values are one compressed vector of `lora` + 64 numbers."""
    width, layers, rope, k, v, q = 512, 6, 64, 192, 128, 384
    tensors = _frame(width)
    for n in range(layers):
        names: Tensors = {"attn_q_a": (q, width), "attn_q_b": (heads * k, q), "attn_kv_a_mqa": (lora + rope, width)}
        names |= {"attn_k_b": (heads, lora, k - rope), "attn_v_b": (heads, v, lora), "attn_norm": (width,)}
        names |= {"attn_q_a_norm": (q,), "attn_kv_a_norm": (lora,), "attn_output": (width, heads * v)}
        if n == 0:
            tensors |= _feed_forward(n, width, wide)
        else:
            tensors |= _experts(n, width, 256, 16)
            names |= {"ffn_gate_shexp": (256, width), "ffn_up_shexp": (256, width), "ffn_down_shexp": (width, 256)}
        tensors |= _named(n, names)
    facts = {
        "architecture": "deepseek2",
        "embedding_length": width,
        "block_count": layers,
        "feed_forward_length": wide,
        "leading_dense_block_count": 1,
        "expert_feed_forward_length": 256,
        "expert_count": 16,
        "expert_used_count": 4,
        "expert_shared_count": 1,
        "expert_weights_scale": 1.0,
        "attention.head_count": heads,
        "attention.head_count_kv": 1,
        "attention.q_lora_rank": q,
        "attention.kv_lora_rank": lora,
        "attention.key_length": lora + rope,
        "attention.value_length": lora,
        "attention.key_length_mla": k,
        "attention.value_length_mla": v,
        "rope.dimension_count": rope,
    }
    return facts, tensors


def hybrid(width: int = 512, wide: int = 1536, state: int = 128) -> Model:
    """As granitehybrid: of eight layers two look back (attention), the others keep a state of fixed size (Mamba 2)."""
    layers, kv_heads, size = 8, 2, 64
    inner, convolved = 2 * width, 2 * width + 2 * state
    attending = (3, 7)
    tensors = _frame(width)
    for n in range(layers):
        tensors |= _feed_forward(n, width, wide)
        if n in attending:
            tensors |= _attention(n, width, width, kv_heads * size, kv_heads * size)
            continue
        names: Tensors = {
            "ssm_in": (inner + convolved + 16, width),
            "ssm_conv1d": (convolved, 4),
            "ssm_norm": (1, inner),
        }
        tensors |= _named(n, names | {"ssm_out": (width, inner), "attn_norm": (width,)})
        tensors |= {f"blk.{n}.ssm_conv1d.bias": (convolved,), f"blk.{n}.ssm_dt.bias": (16,)}
        tensors |= {f"blk.{n}.ssm_a": (16, 1), f"blk.{n}.ssm_d": (16, 1)}
    facts = {
        "architecture": "granitehybrid",
        "embedding_length": width,
        "block_count": layers,
        "feed_forward_length": wide,
        "attention.head_count": width // size,
        "attention.head_count_kv": [kv_heads if n in attending else 0 for n in range(layers)],
        "rope.dimension_count": size,
        "ssm.conv_kernel": 4,
        "ssm.inner_size": inner,
        "ssm.state_size": state,
        "ssm.time_step_rank": 16,
        "ssm.group_count": 1,
    }
    return facts, tensors


SHAPES: dict[str, Callable[[], Model]] = {
    "gqa": lambda: llama(1024, 8, 16, 4, 2816),
    "mqa": lambda: llama(512, 8, 8, 1, 2048),
    "sliding": sliding,
    "moe": mixture,
    "mla": latent,
    "hybrid": hybrid,
}
"""The kinds of models by what they keep of the past."""
