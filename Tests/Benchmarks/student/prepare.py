#!/usr/bin/env python3
"""Writes what both sides of the student's comparison are given, token ids, as one JSON object.

    prepare.py OUT.json [--interactions SEQUENTIAL.txt] [--seed 1]

RDRec's prompts over users' histories, one line a user: the user and its items, in time's order, as numbers. Without a file a shop of
amazon_beauty's size is drawn: 22,363 users, 12,101 items. A word is a token, and so are the mark before a number and two of its digits:
prompts are as long as T5's own vocabulary makes them, near 85 tokens with 20 items and 415 with 100.

    train     steps of 64 rows {"prompt", "target", "task"}: 16 explanations, 16 sequential, 16 top-N with 100 candidates in the prompt, 8
              users' preferences and 8 items' attributes; targets end with eos and have 20 tokens at most
    seq       prompts of the last 20 items of a user
    topn      prompts of 100 candidates, and the candidates' places in `items`
    items     the tokens of each item, eos last
"""

import argparse
import json
import random

EOS, FIRST_WORD, STEPS = 1, 200, 3
SENTENCE = "The user prefers products that are gentle on sensitive skin and easy to use every day"


def drawn(random):
    weights = [1 / (rank + 20) for rank in range(12_101)]
    lengths = [min(5 + int(random.expovariate(1 / 4)), 60) for _ in range(22_363)]
    return {user + 1: [item + 1 for item in random.choices(range(12_101), weights, k=n)] for user, n in enumerate(lengths)}


def read(path):
    with open(path) as file:
        return {int(words[0]): [int(item) for item in words[1:]] for words in map(str.split, file)}


class Words:
    """Token ids by words; 3 to 112 are numbers of one and two digits, 113 the mark before them."""

    def __init__(self):
        self.ids = {}

    def encode(self, line):
        tokens = []
        for word in line.replace("'", " '").replace("?", " ?").split(" "):
            head, mark, digits = word.rpartition("_")
            tokens.append(self.ids.setdefault(head if mark else word, FIRST_WORD + len(self.ids)))
            if mark:
                tokens.append(113)
                pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
                tokens += [3 + int(pair) if len(pair) == 2 else 103 + int(pair) for pair in pairs]
        return tokens + [EOS]


class Prompts:
    def __init__(self, users, random):
        self.users, self.random, self.items = users, random, max(max(items) for items in users.values())

    def sequential(self, user, whole=False):
        items = self.users[user]
        if whole:
            part = items[-21:]
        else:
            start = self.random.randint(0, len(items) - 4)
            part = items[start : self.random.randint(start + 1, len(items) - 3) + 1][-21:]
        return f"user_{user} item_" + " item_".join(map(str, part[:-1])), f"item_{part[-1]}"

    def topn(self, user):
        known, candidates = set(self.users[user]), set()
        while len(candidates) < 99:
            item = self.random.randint(1, self.items)
            if item not in known:
                candidates.add(item)
        right = self.random.choice(self.users[user][:-2])
        among = sorted(candidates) + [right]
        self.random.shuffle(among)
        prompt = f"Which item of the following to recommend for user_{user}? item_" + " item_".join(map(str, among))
        return prompt, f"item_{right}", among

    def step(self):
        users = lambda count: self.random.sample(sorted(self.users), count)
        rows = [(0, f"Generate an explanation for user_{u} about item_{self.users[u][0]}", SENTENCE) for u in users(16)]
        rows += [(1, *self.sequential(u)) for u in users(16)]
        rows += [(2, *self.topn(u)[:2]) for u in users(16)]
        for user in users(8):
            rows.append((3, f"Generate user_{user}'s preference", SENTENCE))
            rows.append((4, f"Generate item_{self.users[user][0]}'s attributions", SENTENCE))
        return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--interactions")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    source = random.Random(arguments.seed)
    users = read(arguments.interactions) if arguments.interactions else drawn(source)
    prompts = Prompts({user: items for user, items in users.items() if len(items) >= 5}, source)

    encode = Words().encode
    long = [user for user, items in sorted(prompts.users.items()) if len(items) > 20]
    topn = [prompts.topn(user) for user in source.sample(sorted(prompts.users), 8)]
    result = {
        "train": [
            [{"task": task, "prompt": encode(prompt), "target": encode(target)[:20]} for task, prompt, target in prompts.step()]
            for _ in range(STEPS)
        ],
        "seq": [encode(prompts.sequential(user, whole=True)[0]) for user in source.sample(long, 32)],
        "topn": [{"prompt": encode(prompt), "candidates": [item - 1 for item in among]} for prompt, _, among in topn],
        "items": [encode(f"item_{item}") for item in range(1, prompts.items + 1)],
    }
    with open(arguments.out, "w") as file:
        json.dump(result, file)
    mean = lambda rows: sum(map(len, rows)) / len(rows)
    print(
        json.dumps(
            {"seq_tokens": mean(result["seq"]), "topn_tokens": mean([row["prompt"] for row in result["topn"]]), "item_tokens": mean(result["items"])}
        )
    )


if __name__ == "__main__":
    main()
