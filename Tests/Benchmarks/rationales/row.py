#!/usr/bin/env python3
"""Prints one row of choose.sh's table from reports of one file by several seeds, as rdrec rationales quality --json prints them.

    row.py NAME HEADER RATIONALES.jsonl < reports.jsonl     HEADER: 1 prints the table's head before it, and what all rows have in common
"""

import json
import sys

COLUMNS = [
    "prompt", "grounded", "preference", "attributes", "shared", "repeated", "distinct", "pairs", "words", "found", "of the reviews'",
]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def row(name, reports):
    report = reports[0]
    found = mean(r["retrieval"]["mean_reciprocal_rank"] for r in reports)
    raw = mean(r["review_retrieval"]["mean_reciprocal_rank"] for r in reports)
    percent = [
        report[key]
        for key in ("grounded", "preference_grounded", "attributes_grounded", "shared", "repeated", "distinct_texts", "distinct_pairs")
    ]
    words = f"{report['preference_words']:.1f} + {report['attributes_words']:.1f}"
    return [name, *(f"{100 * value:.1f}" for value in percent), words, f"{found:.3f}", f"{found / raw:.2f}"], raw


def main():
    name, header, path = sys.argv[1:]
    reports = [json.loads(line) for line in sys.stdin]
    cells, raw = row(name, reports)
    if header == "1":
        with open(path, encoding="utf-8") as file:
            provenance = json.loads(next(file))["provenance"]
        retrieval = reports[0]["retrieval"]
        print(f"Model {provenance['modelName']}, {provenance['modelDigest']}. {reports[0]['rationales']} reviews;", end=" ")
        print(f"items found among {retrieval['candidates']} in {retrieval['queries']} trials by {len(reports)} seeds;", end=" ")
        print(f"by raw reviews {raw:.3f}, by chance {retrieval['chance']:.3f}.\n")
        print("| " + " | ".join(COLUMNS) + " |")
        print("|" + " --- |" * len(COLUMNS))
    print("| " + " | ".join(cells) + " |", flush=True)
    if reports[0]["well_formed"] < 1:
        print(f"{name}: well-formed {100 * reports[0]['well_formed']:.1f} %", file=sys.stderr)


if __name__ == "__main__":
    main()
