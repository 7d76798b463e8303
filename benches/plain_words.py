#!/usr/bin/env python3
"""Do plain words find the operation? The requests are in plain_words.jsonl, written before any ranking was seen;
words of our synonyms were added afterwards, by kinds of misses.

    cargo build --release && python3 benches/plain_words.py target/release/provisioner [--home DIR] [--any-cloud]

50 requests per cloud, a third German. A request is answered when one of the operations that it accepts is among the hits;
each of these must be in the catalog. With `--any-cloud` the cloud is not said, and operations of other clouds stand in the
way. Without `--home` what comes with the program is searched, by names alone.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

LIMIT = 5


def unknown(program, home, requests):
    """Accepted operations that no catalog has."""
    found = {}
    for cloud, service, operation in {tuple(name.split()) for request in requests for name in request["accept"]}:
        found.setdefault((cloud, service), set()).add(operation)
    for (cloud, service), wanted in sorted(found.items()):
        shown = subprocess.run(
            [program, "--home", home, "catalog", "show", cloud, service], capture_output=True, text=True, check=False
        ).stdout
        for operation in sorted(wanted - set(shown.split())):
            yield f"{cloud} {service} {operation}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--home")
    parser.add_argument("--any-cloud", action="store_true", help="do not say the cloud")
    given = parser.parse_args()
    written = pathlib.Path(__file__).with_name("plain_words.jsonl").read_text(encoding="utf-8")
    requests = [json.loads(line) for line in written.splitlines()]
    lines = [
        json.dumps({"id": str(at), "query": r["query"], "cloud": None if given.any_cloud else r["cloud"], "limit": LIMIT})
        for at, r in enumerate(requests)
    ]
    with tempfile.TemporaryDirectory() as empty:
        home = given.home or empty
        missing = list(unknown(given.program, home, requests))
        answered = subprocess.run(
            [given.program, "--home", home, "conformance", "search"],
            input="\n".join(lines) + "\n", capture_output=True, text=True, check=True,
        ).stdout.splitlines()
    if missing:
        print("not in the catalog:", *missing, sep="\n  ")
        return 1
    ranks, misses = {}, []
    for request, line in zip(requests, answered, strict=True):
        hits = [f"{hit['cloud']} {hit['service']} {hit['operation']}" for hit in json.loads(line)["hits"]]
        rank = next((at for at, hit in enumerate(hits) if hit in request["accept"]), LIMIT)
        for group in (request["cloud"], request["language"], "all"):
            ranks.setdefault(group, []).append(rank)
        if rank == LIMIT:
            misses.append(f"{request['cloud']}: {request['query']}\n    {', '.join(hits)}")
    for group, found in ranks.items():
        first, five = (sum(rank < k for rank in found) / len(found) for k in (1, LIMIT))
        print(f"{group}: {len(found)} requests, recall@1 {first:.3f}, recall@{LIMIT} {five:.3f}")
    print("misses:", *misses, sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
