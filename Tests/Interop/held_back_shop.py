"""A small shop whose every purchase this side knows, and the figures of a recommender, computed from that alone.

Nothing here is taken from the daemon: what is held back, who is tested, what hides and what counts is what Deploy/studentd.md says.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass

SEED, ITEMS, LINES = 20, 40, 4
CUTOFFS = (1, 5, 10)
DAY_MS = 86_400_000
WORDS = ("warm", "bright", "sturdy", "light", "soft", "quiet", "loud", "cheap", "fine", "wide")


@dataclass
class Held:
    """One tested user: what is known, oldest first, and what is to be found."""

    known: list
    target: str

    @property
    def hidden(self):
        """Known items that take no place: the target keeps its own, also where it was taken before."""
        return set(self.known) - {self.target}


class Shop:
    """Customers who mostly go on along a line of items; two who have too little to be tested, and one who takes an item again."""

    def __init__(self, users=60):
        random_ = random.Random(SEED)
        self.items = [f"item-{number:02}" for number in range(ITEMS)]
        self.sequences = {}
        for number in range(users):
            at, taken = random_.randrange(ITEMS), []
            for _ in range(random_.randint(4, 9)):
                at = (at + 1) % ITEMS if random_.random() < 0.6 else min(random_.randrange(ITEMS) for _ in range(2))
                if self.items[at] not in taken:
                    taken.append(self.items[at])
            self.sequences[f"user-{number:02}"] = taken
        self.sequences["once"] = self.items[:1]
        self.sequences["twice"] = self.items[:2]
        again = self.items[3:8]
        self.sequences["again"] = again + [again[1]]

    def records(self):
        """Fields of IngestRecord: items, reviews, and a rationale of each review."""
        for number, item in enumerate(self.items):
            words = [WORDS[number % len(WORDS)], WORDS[number * 7 % 9]]
            yield {"item": {"item_id": item, "title": f"{words[0]} thing {number}", "categories": [f"line {number * LINES // ITEMS}"]}}
        for row, (user, sequence) in enumerate(self.sequences.items()):
            for step, item in enumerate(sequence):
                word, time = WORDS[self.items.index(item) % len(WORDS)], DAY_MS * (1_000 + 10 * step + row % 10) + row
                review = f"{user}/{step}"
                whose = {"review_id": review, "user_id": user, "item_id": item}
                yield {"review": {**whose, "text": f"It is {word}, and I like it.", "timestamp_ms": time, "rating": 5}}
                yield {"rationale": {
                    **whose, "user_preference": f"The user likes what is {word}.", "item_attributes": f"The item is {word}.",
                    "provenance": {"model_digest": "by-hand", "prompt_version": "1"}}}

    def held_back(self, part):
        """Whom a part ("validation" or "test") tests, by their ids."""
        last = {"validation": -2, "test": -1}[part]
        return {
            user: Held(sequence[:last], sequence[last]) for user, sequence in self.sequences.items() if len(sequence) >= 3
        }

    def popularity_ranks(self, part):
        """The place of each tested user's target by how often training had the items; equal ones share the middle place, the worse of two."""
        counts = Counter(
            item for sequence in self.sequences.values() for item in (sequence[:-2] if len(sequence) >= 3 else sequence))
        ranks = []
        for held in self.held_back(part).values():
            others = [counts[item] for item in self.items if item not in held.hidden and item != held.target]
            own = counts[held.target]
            tied = sum(count == own for count in others)
            ranks.append(1 + sum(count > own for count in others) + (tied + 1) // 2)
        return ranks


def figures(ranks):
    """HR@k, NDCG@k and MRR@k of the places, from 1 (None for a target that is not among the first), and MRR where all have one."""

    def mean(gain, cutoff):
        return math.fsum(gain(rank) for rank in ranks if rank is not None and rank <= cutoff) / len(ranks)

    result = {}
    for cutoff in CUTOFFS:
        result[f"hr@{cutoff}"] = mean(lambda rank: 1, cutoff)
        result[f"ndcg@{cutoff}"] = mean(lambda rank: 1 / math.log2(rank + 1), cutoff)
        result[f"mrr@{cutoff}"] = mean(lambda rank: 1 / rank, cutoff)
    if None not in ranks:
        result["mrr"] = mean(lambda rank: 1 / rank, ITEMS)
    return result
