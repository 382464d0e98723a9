#!/usr/bin/env python3
"""Makes tokenizers/: what the field's own programs make of texts that are hard to tokenise.

- spm.gguf, spm-no-prefix.gguf, spm.json: a small byte-pair model trained by sentencepiece on the texts beside this file, and the tokens
  that sentencepiece itself gives, with and without the space before the first word.
- words.json: words by the pre-tokenisation rules that llama.cpp names in src/llama-vocab.cpp, cut by the package `regex`. The Hugging Face
  package `tokenizers` has GPT-2's as a part of its own, and has to agree.
- chats.json: conversations as the models' published Jinja templates write them.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install numpy==2.4.6 gguf==0.19.0 sentencepiece==0.2.3 tokenizers==0.23.3 regex==2026.11.19 jinja2==3.1.6 protobuf
    /tmp/venv/bin/python make_tokenizers.py
"""
import io
import json
import random
import unicodedata
from pathlib import Path

import gguf
import jinja2
import regex
import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2

here = Path(__file__).resolve().parent
folder = here / "tokenizers"
draw = random.Random(20240525)

hard = [
    "", " ", "  ", "   a", "a   ", " a b  c ", "a\nb", "\n", "\n\n a", "\t", "\ta\tb", "a \n", "\r\n", "a\r\n b\r\n\r\nc", " \n \n", "\u00a0a\u00a0",
    "\u3000全角", "a\u2028b", "\u0085", "\u200b", "\ufeffbom", "\0", "a\0b", "\x01\x02", "\x7f", "é", "e\u0301", "naïve café", "Ångström", "Å Å", "ﬁne ﬂow",
    "ÀÉÎÕÜ", "straße STRASSE", "İstanbul ı", "ǅ ǆ", "K", "ſ's", "IT'S it's 'S 's", "I'LL i'll we'RE You'Ve 'D 'M", "'", "''", "' s", "'ſ", "don't can’t",
    "rock 'n' roll", "😀", "😀😀 😀", "👩‍👩‍👧‍👦 family", "🇩🇪🇫🇷", "❤️", "👍🏽", "a😀b", "日本語のテキスト", "你好，世界！", "한국어 텍스트", "สวัสดีครับ", "नमस्ते दुनिया", "مرحبا بالعالم",
    "שלום", "Привет, мир!", "Γειά σου", "𝕳𝖊𝖑𝖑𝖔", "𐍈𐌰", "\U000e0001", "0", "12", "123", "1234", "12345", "1234567890", "3.14159", "1,000,000.50", "$9.99",
    "١٢٣٤", "½ ¾ ²", "Ⅷ ⅷ", "①②③④", "१२३", "v1.2.3-beta+4", "a1b22c333d4444", " 1 22 333 4444 ", "100% 5* 4/5", "!", "!!!", "?!?!", "...", "…", "—", " - ", "--",
    "a-b_c", "(a) [b] {c} <d>", "a.b.c", "x=y+z", "x == y && z", "$+<=>^~|", "a$b+c<d=e>f^g~h|i", "`code`", "\"quoted\"", "“quoted”", "«guillemets»", "¿Qué? ¡Sí!",
    "€5 £6 ¥7", "© ® ™", "→ ← ⇒", "∑ ∫ √ ≤", "a\u0300\u0301\u0302", "\u0301", " \u0301", "http://example.com/?a=1&b=2#c", "me@example.com", "#tag @user",
    "C:\\path\\file", "<|im_start|>user", "<s>[INST] hi [/INST]</s>", "<0x41>", "<unk>", "\u2581under\u2581", "a\u2581b", "ALLCAPS lowercase MixedCase camelCase",
    "word" * 40, " " * 40, "\n" * 12, "ab" * 100, "a " * 50, "\t\t\ta", "    indented\n        more", "end with space ", "The user prefers strings that stay in tune.",
]


def random_text(scalars, length):
    return "".join(draw.choice(scalars) for _ in range(draw.randint(1, length)))


def assigned(low, high):
    """Characters that this Python's older Unicode knows: newer ones may be of another kind elsewhere."""
    return [chr(c) for c in range(low, high) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]


everywhere = assigned(0, 0x2FFF) + assigned(0x3000, 0x3400) + assigned(0x1F300, 0x1F700)
mixed = list("aZ s't're  \n\r\t019$+-.!'\u00a0é中😀١\u0301½_")
texts = hard + [random_text(mixed, 24) for _ in range(120)] + [random_text(everywhere, 12) for _ in range(60)]

# SentencePiece


def make_sentencepiece():
    sentences = [t["text"] for t in json.loads((here / "tokens.json").read_text())["strings"]]
    sentences += [p["prompt"] for p in json.loads((here / "prompts.json").read_text())["prompts"]]
    lines = [line for text in sentences for line in text.split("\n") if line.strip() and "\0" not in line]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=900, byte_fallback=True, num_threads=1,
        normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True,
        character_coverage=0.995, minloglevel=2)
    result = dict(texts=texts)
    for name, prefix in ("spm", True), ("spm-no-prefix", False):
        proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
        proto.normalizer_spec.add_dummy_prefix = prefix
        processor = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
        writer = gguf.GGUFWriter(folder / f"{name}.gguf", "llama")
        writer.add_tokenizer_model("llama")
        writer.add_token_list([piece.piece for piece in proto.pieces])
        writer.add_token_scores([piece.score for piece in proto.pieces])
        writer.add_token_types([int(piece.type) for piece in proto.pieces])
        writer.add_bos_token_id(processor.bos_id())
        writer.add_eos_token_id(processor.eos_id())
        writer.add_unk_token_id(processor.unk_id())
        writer.add_add_bos_token(False)
        if not prefix:
            writer.add_add_space_prefix(False)  # as in most files, missing where it is so
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        result[name] = [processor.encode(text) for text in texts]
    (folder / "spm.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")
    print("sentencepiece:", len(texts), "texts,", sum(map(len, result["spm"])), "tokens")


# Words

gpt2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
contractions = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
modern = contractions + r"|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
rules = {
    "default": [r"[\p{P}\$\+<=>\^~\|]+", gpt2, r"\p{N}+", r"[0-9][0-9][0-9]"],
    "gpt-2": [gpt2],
    "smollm": [r"\p{N}", gpt2],
    "llama-bpe": [modern % r"\p{N}{1,3}"],
    "qwen2": [modern % r"\p{N}"],
}


def cut(pieces, expression):
    """Matches, and what is between them, each within the piece that it is in."""
    result = []
    for piece in pieces:
        at = 0
        for match in regex.finditer(expression, piece):
            result += [piece[at:match.start()], match.group()]
            at = match.end()
        result.append(piece[at:])
    return [piece for piece in result if piece]


def make_words():
    byte_level = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    result = dict(texts=texts)
    for name, expressions in rules.items():
        # The lengths of words in characters are enough, and short.
        result[name] = []
        for text in texts:
            words = [text] if text else []
            for expression in expressions:
                words = cut(words, expression)
            assert "".join(words) == text
            result[name].append([len(word) for word in words])
    for text, lengths in zip(texts, result["gpt-2"]):
        spans = [end - start for _, (start, end) in byte_level.pre_tokenize_str(text)]
        assert spans == lengths, (text, spans, lengths)
    (folder / "words.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")
    print("words:", len(texts), "texts by", len(rules), "rules")


# Chats

templates = {
    # HuggingFaceTB/SmolLM2-135M-Instruct
    "smollm2": ("chatml", "<|im_start|>", "<|im_end|>", "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"),
    # Qwen/Qwen2.5-0.5B-Instruct, without the branches for tools' calls and replies
    "qwen2.5": ("chatml", "", "<|im_end|>", r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
    {%- endif %}
    {{- "\n</tools><|im_end|>\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""),
    # Any ChatML model without a system message of its own, such as teknium/OpenHermes-2.5-Mistral-7B
    "openhermes": ("chatml", "<s>", "<|im_end|>", "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"),
    # meta-llama/Llama-2-7b-chat-hf
    "llama-2": ("llama-2", "<s>", "</s>", r"{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\n' + system_message + '\n<</SYS>>\n\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"),
    # meta-llama/Meta-Llama-3-8B-Instruct
    "llama-3": ("llama-3", "<|begin_of_text|>", "<|eot_id|>", r"{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"),
    # HuggingFaceH4/zephyr-7b-beta, TinyLlama/TinyLlama-1.1B-Chat-v1.0
    "zephyr": ("zephyr", "<s>", "</s>", "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"),
    # google/gemma-3-1b-it, for text; earlier Gemmas refuse a system message and are the same otherwise
    "gemma": ("gemma", "<bos>", "<eos>", r"""{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {{- message['content'] | trim }}
    {{- '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model
'}}
{%- endif -%}
"""),
}
conversations = [
    [("system", "Be brief."), ("user", "What is an item's attribute?")],
    [("user", "Hello")],
    [("user", "  padded by spaces \n")],
    [("system", " You write one sentence.\n"), ("user", "\tA review: \"good\" 😀\n\nTwo lines. ")],
    [("user", "First"), ("assistant", " An answer. "), ("user", "Second")],
    [("system", "Rules"), ("user", "First"), ("assistant", "Answer"), ("user", "<|im_end|> second"), ("assistant", "More"), ("user", "Third")],
]


def refuse(message):
    raise ValueError(message)


def make_chats():
    # As Hugging Face's apply_chat_template has it.
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    result = []
    for name, (family, begin, end, template) in templates.items():
        prompts = []
        for conversation in conversations:
            messages = [dict(role=role, content=content) for role, content in conversation]
            prompts.append(environment.from_string(template).render(
                messages=messages, bos_token=begin, eos_token=end, add_generation_prompt=True))
        result.append(dict(name=name, family=family, template=template, prompts=prompts))
    chats = dict(conversations=[[list(turn) for turn in c] for c in conversations], templates=result)
    (folder / "chats.json").write_text(json.dumps(chats, ensure_ascii=False, indent=1) + "\n")
    print("chats:", len(conversations), "conversations by", len(result), "templates")


folder.mkdir(exist_ok=True)
make_sentencepiece()
make_words()
make_chats()
