#!/usr/bin/env python3
"""Writes reviews for comparing prompts, one JSON object a line as rdrec reads them, from McAuley's Amazon reviews as CSV in a ZIP.

    reviews.py REVIEWS.csv.zip --items 170 --each 3 --seed 1

Training reviews alone: each user's last two, by time and then by order in the file, are those of validation and test. Of the items that
have so many training reviews, `--items` are drawn, and `--each` reviews of each: the measure of retrieval needs several of an item.
"""

import argparse
import csv
import io
import json
import random
import zipfile
from collections import defaultdict


def rows(path):
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".csv"))
        with archive.open(name) as file:
            yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""))


def training(reviews):
    """The reviews without the last two of each user, in their order."""
    by_user = defaultdict(list)
    for place, review in enumerate(reviews):
        by_user[review["reviewerID"]].append((int(review["unixReviewTime"]), place))
    held = {place for places in by_user.values() for _, place in sorted(places)[-2:]}
    return [review for place, review in enumerate(reviews) if place not in held]


def subset(reviews, items, each, seed):
    """So many reviews of so many items, drawn with the seed; those without text or summary are no reviews."""
    by_item = defaultdict(list)
    for review in reviews:
        if review["reviewText"].strip() or review["summary"].strip():
            by_item[review["asin"]].append(review)
    choice = random.Random(seed)
    able = sorted(item for item, of_item in by_item.items() if len(of_item) >= each)
    return [review for item in choice.sample(able, items) for review in choice.sample(by_item[item], each)]


def message(review):
    return {
        "userId": review["reviewerID"], "itemId": review["asin"], "text": review["reviewText"], "summary": review["summary"],
        "rating": float(review["overall"]), "timestampMs": int(review["unixReviewTime"]) * 1000,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("zip")
    parser.add_argument("--items", type=int, default=170)
    parser.add_argument("--each", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chosen = subset(training(list(rows(arguments.zip))), arguments.items, arguments.each, arguments.seed)
    for review in chosen:
        print(json.dumps(message(review), ensure_ascii=False))


if __name__ == "__main__":
    main()
