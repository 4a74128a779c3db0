"""A tiny llama-architecture GGUF that a real engine loads and that says exactly the given texts.

The blocks of the network add nothing (their weights are zero), so the next token depends on the last one only, and the
output matrix is a table "after this token comes that one". Every word of a script is one token of the vocabulary. The
chat template ends the prompt in the token <|go0|>, <|go1|> ... by the number of messages beginning with `Observation:`,
and that token starts its script. A client that ignores the chat template gets an empty answer.
"""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

WIDTH, HEAD, FEED_FORWARD, LAYERS = 64, 32, 128, 2  # head size 32: what quantised KV caches need at least
NORMAL, CONTROL = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
MERGES = ["t h", "th e"]  # llama.cpp refuses a BPE vocabulary without merges

TEMPLATE = """\
{{ bos_token }}{% set ns = namespace(step=0) %}{% for message in messages %}\
{% if message['content'].startswith('Observation:') and ns.step < LAST %}{% set ns.step = ns.step + 1 %}{% endif %}\
<|im_start|>{{ message['role'] }}
{{ message['content'] }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
<|go{{ ns.step }}|>{% endif %}"""


def byte_alphabet() -> list[str]:
    """The character that stands for each byte in a byte-level BPE vocabulary (the rule is GPT-2's)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


class Vocabulary:
    """Token texts (all different: llama.cpp aborts on a duplicate), their types, and which one follows which."""

    def __init__(self, scripts: Sequence[str]) -> None:
        self.alphabet = byte_alphabet()
        self.texts: list[str] = []
        self.types: list[gguf.TokenType] = []
        self.next: dict[int, int] = {}
        for letter in self.alphabet:
            self.add(letter)
        self.bos, self.eos = self.add("<|bos|>", CONTROL), self.add("<|im_end|>", CONTROL)
        self.add("<|im_start|>", CONTROL)
        for merge in MERGES:
            self.add(merge.replace(" ", ""))
        for step, script in enumerate(scripts):
            self.chain([self.add(f"<|go{step}|>", CONTROL), *map(self.add, self.pieces(script)), self.eos])

    def add(self, text: str, kind: gguf.TokenType = NORMAL) -> int:
        """The number of a new token."""
        self.texts.append(text)
        self.types.append(kind)
        return len(self.texts) - 1

    def chain(self, tokens: list[int]) -> None:
        """Let each token be followed by the next."""
        self.next.update(itertools.pairwise(tokens))

    def pieces(self, script: str) -> list[str]:
        """The script's words; one that is taken already is joined with its neighbour until it is new."""
        taken, pieces, text = set(self.texts), [], ""
        for word in re.findall(r"\s*\S+|\s+$", script):
            text += "".join(self.alphabet[byte] for byte in word.encode())
            if text not in taken:
                pieces.append(text)
                taken.add(text)
                text = ""
        while text:
            text = pieces.pop() + text
            if text not in taken:
                pieces.append(text)
                text = ""
        return pieces


def write_gguf(
    path: Path,
    scripts: Sequence[str],
    context: int = 8192,
    duplicate_token: bool = False,
    feed_forward: int = FEED_FORWARD,
    layers: int = LAYERS,
) -> Path:
    """Write a model that says `scripts[n]` after n observations (then the last one); about 0.5 MB, some ms.

    `feed_forward`: the larger, the slower; at 65536 it has 100 MB and says some 250 tokens a second.
    `layers`: each takes 128 bytes of KV cache a token, in f16.
    `duplicate_token`: two equal tokens, over which llama.cpp aborts with a native crash.
    """
    vocabulary = Vocabulary(scripts)
    if duplicate_token:
        vocabulary.add("the")
    writer = gguf.GGUFWriter(path, "llama")
    _write_facts(writer, vocabulary, context, feed_forward, layers, TEMPLATE.replace("LAST", str(len(scripts) - 1)))
    for name, tensor in _tensors(vocabulary, feed_forward, layers).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _write_facts(
    writer: gguf.GGUFWriter, vocabulary: Vocabulary, context: int, feed_forward: int, layers: int, template: str
) -> None:
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(WIDTH // HEAD)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HEAD)
    writer.add_vocab_size(len(vocabulary.texts))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(vocabulary.texts)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(vocabulary.bos)
    writer.add_eos_token_id(vocabulary.eos)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)


def _tensors(vocabulary: Vocabulary, feed_forward: int, layers: int) -> dict[str, NDArray[np.float32]]:
    random, size = np.random.default_rng(0), len(vocabulary.texts)
    # Unit-variance embeddings are nearly orthogonal: each token is recognised by the dot product with its own.
    embedding = random.choice(np.array([-1, 1], np.float32), (size, WIDTH))
    output = np.zeros((size, WIDTH), np.float32)
    for token, following in vocabulary.next.items():
        output[following] += embedding[token]
    tensors = {
        "token_embd.weight": embedding,
        "output.weight": output,
        "output_norm.weight": np.ones(WIDTH, np.float32),
    }
    shapes = {"attn_q": (WIDTH, WIDTH), "attn_k": (HEAD, WIDTH), "attn_v": (HEAD, WIDTH), "attn_output": (WIDTH, WIDTH)}
    shapes |= {"ffn_gate": (feed_forward, WIDTH), "ffn_up": (feed_forward, WIDTH), "ffn_down": (WIDTH, feed_forward)}
    for layer in range(layers):
        tensors |= {f"blk.{layer}.{name}.weight": np.zeros(shape, np.float32) for name, shape in shapes.items()}
        tensors |= {f"blk.{layer}.{norm}.weight": np.ones(WIDTH, np.float32) for norm in ("attn_norm", "ffn_norm")}
    return tensors
