"""Models that everybody knows, by the facts of their headers and the size of their weights; and machines."""

from docmind.agents.hardware.fit.facts import shape_by_size
from docmind.agents.hardware.fit.memory import Memory, Pool
from docmind.agents.hardware.fit.shape import Shape

GB = 10**9


def known(layers: int, width: int, wide: int, heads: int, kv_heads: int, size: float, billions: float) -> Shape:
    """A model of the Llama kind; `size` of its weights in GB."""
    facts = {"block_count": layers, "embedding_length": width, "feed_forward_length": wide, "vocab_size": 128_256}
    facts |= {"attention.head_count": heads, "attention.head_count_kv": kv_heads, "context_length": 131_072}
    named = {f"llama.{name}": value for name, value in facts.items()}
    return shape_by_size({"general.architecture": "llama", **named}, int(size * GB), int(billions * GB), "known")


# Sizes of the files at huggingface.co, in GB.
LLAMA_3B_Q8 = known(28, 3072, 8192, 24, 8, 3.42, 3.2)
LLAMA_8B_Q4 = known(32, 4096, 14336, 32, 8, 4.92, 8.0)
NEMO_12B_Q4 = known(40, 5120, 14336, 32, 8, 7.48, 12.2)
QWEN_14B_Q4 = known(48, 5120, 13824, 40, 8, 8.99, 14.8)
LLAMA_70B_Q4 = known(80, 8192, 28672, 64, 8, 42.5, 70.6)


def machine(*gpus: float, used: float = 0, ram: float = 64) -> Memory:
    """GPUs and RAM of so many GB, `used` of them on each GPU in use."""
    cards = [
        Pool(name=f"GPU {n} Card", free=int((size - used) * GB), total=int(size * GB)) for n, size in enumerate(gpus)
    ]
    return Memory(ram=Pool(name="RAM", free=int(ram * GB), total=int(ram * GB)), gpus=tuple(cards))
