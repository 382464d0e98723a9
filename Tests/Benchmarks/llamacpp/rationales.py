#!/usr/bin/env python3
"""Rationales a second of a llama.cpp server, greedy, with as many requests in flight as it has slots, each on a slot of its own so that
what two prompts share is computed once.

The requests are a JSON file: {"prompts": [[token…]…], "between": [token…], "budgets": [first, second]}. Two ways are there, since
either may be the server's fastest:
  form   two calls a rationale: a sentence up to its full stop, then the words between the two, then the second sentence
  free   one call a rationale: whatever the model says, up to its end or the sum of both budgets

Prints a JSON object a way and number of slots: way, slots, per_second, generated (tokens a rationale). The first is the fastest.
"""

import argparse
import concurrent.futures
import http.client
import itertools
import json
import queue
import time
from pathlib import Path

from server import Server

# Positions of a slot: a review of 120 words, the prompt around it, and the answer.
POSITIONS = 512


class Client:
    """One slot's connection, which is kept open."""

    def __init__(self, port, slot):
        self.slot = slot
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)

    def complete(self, prompt, budget, stop):
        """The tokens that the model writes behind the prompt."""
        body = {
            "prompt": prompt, "n_predict": budget, "stop": stop, "temperature": 0, "samplers": ["top_k"], "top_k": 1, "id_slot": self.slot,
            "cache_prompt": True, "return_tokens": True, "response_fields": ["tokens"],
        }  # fmt: skip
        self.connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise RuntimeError(f"llama-server: {response.status}: {text[:500].decode(errors='replace')}")
        return json.loads(text)["tokens"]

    def rationale(self, way, prompt, between, budgets):
        """How many tokens were written for it."""
        if way == "free":
            return len(self.complete(prompt, sum(budgets), []))
        first = self.complete(prompt, budgets[0], ["."])
        second = self.complete(prompt + first + between, budgets[1], ["."])
        return len(first) + len(second)


def measure(port, slots, way, requests):
    """Seconds for all requests, and the tokens written."""
    between, budgets = requests["between"], requests["budgets"]
    clients = [Client(port, slot) for slot in range(slots)]
    for client in clients:
        client.complete(requests["prompts"][0][:8], 4, [])
    waiting = queue.SimpleQueue()
    for prompt in requests["prompts"]:
        waiting.put(prompt)

    def work(client):
        written = 0
        while True:
            try:
                prompt = waiting.get_nowait()
            except queue.Empty:
                return written
            written += client.rationale(way, prompt, between, budgets)

    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(slots) as pool:
        written = sum(pool.map(work, clients))
    return time.monotonic() - begin, written


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what build.sh prints")
    parser.add_argument("model", type=Path)
    parser.add_argument("requests", type=Path)
    parser.add_argument("--slots", default="1,4,8,16")
    parser.add_argument("--ways", default="form,free")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--option", action="append", default=[], help="one more of llama-server's own, such as --option=-fa --option=off")
    arguments = parser.parse_args()
    requests = json.loads(arguments.requests.read_text())
    count, found = len(requests["prompts"]), []
    for slots, way in itertools.product(map(int, arguments.slots.split(",")), arguments.ways.split(",")):
        with Server(arguments.folder, arguments.model, arguments.threads, slots, POSITIONS, arguments.option) as server:
            seconds, written = measure(server.port, slots, way, requests)
        found.append({"way": way, "slots": slots, "per_second": count / seconds, "generated": written / count})
    for line in sorted(found, key=lambda line: -line["per_second"]):
        print(json.dumps(line))


if __name__ == "__main__":
    main()
