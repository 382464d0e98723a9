#!/usr/bin/env python3
"""Makes models/: small GGUF models with random weights, and what their logits are by the architecture's definition. Two of them, tiny-*,
have a tokenizer too: whole models of a few kilobytes, for tests that damage files.

The reference below is numpy in float64, written from the papers and from the llama.cpp project's description of its files, and shares
nothing with rdrec: root mean square norm, rotary positions (pairs 2i, 2i+1 for `llama`, i, i+D/2 for `qwen2`), grouped causal attention,
SwiGLU. Weights go through the `gguf` package's own dequantisers. It has each model's logits twice: `exact`, and `rounded`, where the
inputs of layers with quantised weights are rounded to 8 bits by blocks of 32, q = a * 127 / max|a|, as rdrec's kernels promise to do.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy==2.4.6 gguf==0.19.0
    /tmp/venv/bin/python make_models.py
"""
import json
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

folder = Path(__file__).resolve().parent / "models"
random = np.random.default_rng(20240525)


def k_blocks(kind, rows, columns):
    """Random blocks of a k-quant: gguf has no quantiser for them, and any bits are a valid block once the scales are numbers."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    blocks = random.integers(0, 256, (rows, columns // 256, size), dtype=np.uint8)

    def halves(mean):
        return (mean * random.uniform(0.5, 1.5, (rows, columns // 256, 1))).astype(np.float16).view(np.uint8)

    if kind == Type.Q6_K:  # low bits, high bits, 16 scales of 8 bits, d
        blocks[..., -2:] = halves(1 / columns**0.5 / 74 / 18)
    else:  # d, dmin, scales and minima of 6 bits, bits; the minima take away the mean
        d = 1 / columns**0.5 / 37 / (5 if kind == Type.Q4_K else 10)
        blocks[..., 0:2], blocks[..., 2:4] = halves(d), halves(d * (7.5 if kind == Type.Q4_K else 15.5))
    return blocks.reshape(rows, -1)


def weight(kind, rows, columns):
    if kind in (Type.Q4_K, Type.Q5_K, Type.Q6_K):
        return k_blocks(kind, rows, columns)
    values = (random.standard_normal((rows, columns)) / columns**0.5).astype(np.float32)
    return gguf.quants.quantize(values, kind)


def write(name, architecture, sizes, kinds, tied, bias, extra, factors=None, tokenizer=lambda writer: None):
    """kinds: the type of each linear tensor, taken in turn."""
    width, forward, heads, key_heads, head = (sizes[k] for k in ("width", "forward", "heads", "key_heads", "head"))
    writer = gguf.GGUFWriter(folder / f"{name}.gguf", architecture)
    writer.add_block_count(sizes["layers"])
    writer.add_context_length(256)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    if head != width // heads:
        writer.add_key_length(head)
        writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(1e-5)
    extra(writer)
    turn = iter(kinds)

    def linear(tensor, rows, columns, has_bias=False):
        kind = next(turn)
        writer.add_tensor(f"{tensor}.weight", weight(kind, rows, columns), raw_dtype=kind)
        if has_bias:
            writer.add_tensor(f"{tensor}.bias", (0.3 * random.standard_normal(rows)).astype(np.float32))

    def norm(tensor):
        writer.add_tensor(f"{tensor}.weight", random.uniform(0.5, 1.5, width).astype(np.float32))

    tokenizer(writer)
    embedding = next(turn)
    writer.add_tensor("token_embd.weight", weight(embedding, sizes["vocabulary"], width), raw_dtype=embedding)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", factors.astype(np.float32))
    for layer in range(sizes["layers"]):
        block = f"blk.{layer}"
        norm(f"{block}.attn_norm")
        linear(f"{block}.attn_q", heads * head, width, bias)
        linear(f"{block}.attn_k", key_heads * head, width, bias)
        linear(f"{block}.attn_v", key_heads * head, width, bias)
        linear(f"{block}.attn_output", width, heads * head)
        norm(f"{block}.ffn_norm")
        linear(f"{block}.ffn_gate", forward, width)
        linear(f"{block}.ffn_up", forward, width)
        linear(f"{block}.ffn_down", width, forward)
    norm("output_norm")
    if not tied:
        linear("output", sizes["vocabulary"], width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Reference:
    """Logits of a file, from the definition, in float64."""

    def __init__(self, path, rounded):
        reader = gguf.GGUFReader(path)
        self.rounded = {t.name for t in reader.tensors if gguf.GGML_QUANT_SIZES[t.tensor_type][0] > 1} if rounded else set()
        self.weights = {}
        for tensor in reader.tensors:
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
            self.weights[tensor.name] = values.reshape([int(n) for n in reversed(tensor.shape)])
        self.fields = {key: field.contents() for key, field in reader.fields.items() if not key.startswith("GGUF.")}
        self.architecture = self.fields["general.architecture"]

    def field(self, key, default=None):
        return self.fields.get(f"{self.architecture}.{key}", default)

    def linear(self, name, x):
        if f"{name}.weight" in self.rounded:
            blocks = x.reshape(len(x), -1, 32)
            scales = np.abs(blocks).max(-1, keepdims=True) / 127
            x = (np.rint(blocks / scales) * scales).reshape(x.shape)
        y = x @ self.weights[f"{name}.weight"].T
        return y + self.weights[f"{name}.bias"] if f"{name}.bias" in self.weights else y

    def norm(self, name, x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.field("attention.layer_norm_rms_epsilon")) * self.weights[f"{name}.weight"]

    def rotate(self, x):
        """x: [T, heads, D]."""
        half = x.shape[-1] // 2
        frequencies = self.field("rope.freq_base", 10000.0) ** (-np.arange(half) / half)
        if self.field("rope.scaling.type") == "linear":
            frequencies = frequencies / self.field("rope.scaling.factor")
        if "rope_freqs.weight" in self.weights:
            frequencies = frequencies / self.weights["rope_freqs.weight"].reshape(-1)
        angles = np.arange(len(x))[:, None, None] * frequencies
        out = np.empty_like(x)
        a, b = (np.s_[..., 0::2], np.s_[..., 1::2]) if self.architecture == "llama" else (np.s_[..., :half], np.s_[..., half:])
        out[a] = x[a] * np.cos(angles) - x[b] * np.sin(angles)
        out[b] = x[a] * np.sin(angles) + x[b] * np.cos(angles)
        return out

    def attention(self, block, x):
        heads, key_heads = self.field("attention.head_count"), self.field("attention.head_count_kv")
        q, k, v = (self.linear(f"{block}.attn_{part}", x) for part in "qkv")
        q, k, v = q.reshape(len(x), heads, -1), k.reshape(len(x), key_heads, -1), v.reshape(len(x), key_heads, -1)
        q, k = self.rotate(q), self.rotate(k)
        out = np.empty_like(q)
        for head in range(heads):
            shared = head // (heads // key_heads)
            scores = q[:, head] @ k[:, shared].T / q.shape[-1] ** 0.5
            scores[np.triu_indices(len(x), 1)] = -np.inf
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            out[:, head] = weights / weights.sum(-1, keepdims=True) @ v[:, shared]
        return self.linear(f"{block}.attn_output", out.reshape(len(x), -1))

    def logits(self, tokens):
        x = self.weights["token_embd.weight"][tokens]
        for layer in range(self.field("block_count")):
            block = f"blk.{layer}"
            x = x + self.attention(block, self.norm(f"{block}.attn_norm", x))
            h = self.norm(f"{block}.ffn_norm", x)
            gate = self.linear(f"{block}.ffn_gate", h)
            x = x + self.linear(f"{block}.ffn_down", gate / (1 + np.exp(-gate)) * self.linear(f"{block}.ffn_up", h))
        x = self.norm("output_norm", x)
        return self.linear("output" if "output.weight" in self.weights else "token_embd", x)


def llama3(writer):
    writer.add_rope_freq_base(500000.0)
    writer.add_rope_dimension_count(32)


def linear_scaling(writer):
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(4.0)


def qwen(writer):
    writer.add_rope_freq_base(1000000.0)


folder.mkdir(exist_ok=True)
small = [Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, Type.F16, Type.BF16, Type.F32]
write(
    "llama-small-blocks", "llama", dict(layers=2, width=64, forward=96, heads=4, key_heads=2, head=32, vocabulary=96),
    [Type.Q5_1] + small + [Type.Q8_0, Type.Q5_1, Type.Q5_0, Type.Q4_1, Type.Q4_0, Type.Q8_0, Type.Q5_0],
    tied=False, bias=False, extra=llama3, factors=np.linspace(1, 8, 16))
write(
    "llama-k-blocks", "llama", dict(layers=1, width=256, forward=64, heads=4, key_heads=2, head=16, vocabulary=64),
    [Type.Q6_K, Type.Q4_K, Type.Q5_K, Type.Q6_K, Type.Q4_0, Type.Q4_K, Type.Q5_K, Type.Q8_0],
    tied=True, bias=False, extra=linear_scaling)
write(
    "qwen2", "qwen2", dict(layers=2, width=64, forward=128, heads=4, key_heads=1, head=16, vocabulary=80),
    [Type.Q8_0] + small[::-1][1:] + [Type.Q8_0, Type.Q4_1, Type.Q4_0, Type.Q5_1, Type.Q8_0, Type.Q5_0, Type.Q4_0],
    tied=True, bias=True, extra=qwen)



def byte_level(writer):
    """All bytes as GPT-2 writes them, three merges, two control tokens."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    pieces = [chr(b if b in printable else next(others)) for b in range(256)] + ["he", "ll", "hell", "<|im_start|>", "<|im_end|>"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(pieces)
    writer.add_token_types([1] * 259 + [3, 3])
    writer.add_token_merges(["h e", "l l", "he ll"])
    writer.add_bos_token_id(259)
    writer.add_eos_token_id(260)
    writer.add_chat_template("{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n'}}")


def sentence_piece(writer):
    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3)] + [(f"<0x{b:02X}>", 0.0, 6) for b in range(256)]
    pieces += [(text, -float(rank), 1) for rank, text in enumerate(["he", "ll", "hell", "\u2581", "h", "e", "l", "o"])]
    texts, scores, types = zip(*pieces)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_space_prefix(True)
    writer.add_chat_template("{{ bos_token + '[INST] <<SYS>>' }}")


tiny = dict(layers=1, width=32, forward=32, heads=2, key_heads=1, head=16, vocabulary=272)
tiny_kinds = [Type.Q4_0, Type.Q8_0, Type.F16, Type.Q5_1, Type.Q4_1, Type.BF16, Type.Q5_0, Type.Q8_0, Type.Q4_1]
write("tiny-llama", "llama", tiny, tiny_kinds, tied=False, bias=False, extra=linear_scaling, factors=np.linspace(1, 2, 8), tokenizer=sentence_piece)
write("tiny-qwen2", "qwen2", tiny, tiny_kinds, tied=True, bias=True, extra=qwen, tokenizer=byte_level)

result = {}
for path in sorted(folder.glob("*.gguf")):
    exact, rounded = Reference(path, rounded=False), Reference(path, rounded=True)
    tokens = random.integers(0, len(exact.weights["token_embd.weight"]), 40).tolist()
    # Rows at the beginning, on both sides of a page of 32 positions, and the last.
    result[path.stem] = dict(tokens=tokens, positions=[0, 1, 31, 32, 39])
    for name, reference in ("exact", exact), ("rounded", rounded):
        logits = reference.logits(tokens)[[0, 1, 31, 32, 39]]
        result[path.stem][name] = np.round(logits, 6).tolist()
    difference = logits - np.array(result[path.stem]["exact"])
    print(path.name, path.stat().st_size, "bytes; logits' deviation", logits.std().round(3), "rounding costs", np.sqrt((difference**2).mean()).round(4))
(folder / "logits.json").write_text(json.dumps(result, separators=(",", ":")) + "\n")
