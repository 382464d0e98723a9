#!/usr/bin/env python3
"""RDRec's student in PyTorch and Transformers, T5-small, as its code runs it and at best practice: the peer of the student's benchmark.

    reference.py REQUESTS.json --threads N

Reads a command a line and answers each with a JSON object on a line, {"seconds": …, "count": samples or users}:

    train fp32|bf16   a step on 64 rows padded to the longest, labels padded with 0 and trained on, as the reference code has it
    train best        bfloat16, the same rows by tasks, of which each is padded to its own longest; padded labels left out
    seq|topn fp32|bf16   20 beams over the whole vocabulary, with the encoder run once a beam
    seq|topn best     bfloat16, the encoder run once a request, all requests together
"""

import argparse
import json
import sys
import time

import torch
from transformers import T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

BEAMS, RETURNED = 20, 15


def padded(rows, value=0):
    longest = max(map(len, rows))
    ids = torch.tensor([row + [value] * (longest - len(row)) for row in rows])
    return ids, torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])


class Student:
    def __init__(self, requests):
        torch.manual_seed(0)
        self.requests, self.step = requests, 0
        self.model = T5ForConditionalGeneration(
            T5Config(
                vocab_size=32_128, d_model=512, d_kv=64, d_ff=2_048, num_layers=6, num_heads=8, dropout_rate=0.1, decoder_start_token_id=0
            )
        )
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-4)

    def precision(self, way):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=way != "fp32")

    def train(self, way):
        rows = self.requests["train"][self.step % len(self.requests["train"])]
        self.step += 1
        self.model.train()
        if way == "best":
            tasks = sorted({row["task"] for row in rows})
            groups = [[row for row in rows if row["task"] == task] for task in tasks]
        else:
            groups = [rows]
        labels = sum(len(row["target"]) for row in rows)
        begin = time.perf_counter()
        self.optimizer.zero_grad()
        for group in groups:
            ids, mask = padded([row["prompt"] for row in group])
            targets, _ = padded([row["target"] for row in group], -100 if way == "best" else 0)
            with self.precision(way):
                loss = self.model(input_ids=ids, attention_mask=mask, labels=targets).loss
            (loss * (sum(len(row["target"]) for row in group) / labels if way == "best" else 1)).backward()
        self.optimizer.step()
        return time.perf_counter() - begin, len(rows)

    @torch.no_grad()
    def beams(self, what, way):
        rows = self.requests["seq"] if what == "seq" else [row["prompt"] for row in self.requests["topn"]]
        if way != "best":
            # Its encoder runs once a beam: as many requests as fit into memory.
            rows = rows[:8] if what == "seq" else rows[:2]
        ids, mask = padded(rows)
        self.model.eval()
        options = dict(
            attention_mask=mask, num_beams=BEAMS, num_return_sequences=RETURNED, max_new_tokens=5, min_new_tokens=4, early_stopping=True
        )
        begin = time.perf_counter()
        with self.precision(way):
            if way == "best":
                self.model.generate(input_ids=ids, **options)
            else:
                repeated = self.model.shared(ids).repeat_interleave(BEAMS, 0)
                state = self.model.encoder(inputs_embeds=repeated, attention_mask=mask.repeat_interleave(BEAMS, 0)).last_hidden_state
                self.model.generate(encoder_outputs=BaseModelOutput(last_hidden_state=state[::BEAMS]), **options)
        return time.perf_counter() - begin, len(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("requests")
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with open(arguments.requests) as file:
        student = Student(json.load(file))
    print(json.dumps({"ready": torch.__version__}), flush=True)
    for line in sys.stdin:
        what, way = line.split()
        seconds, count = student.train(way) if what == "train" else student.beams(what, way)
        print(json.dumps({"seconds": seconds, "count": count}), flush=True)


if __name__ == "__main__":
    main()
