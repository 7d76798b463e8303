#!/usr/bin/env python3
"""Does a sentence find the operation? Pairs come from the example pages of an installed AWS CLI.

    cargo build --release && python3 benches/retrieval.py target/release/provisioner [--home DIR] [--all-clouds]

An example page belongs to one command, so its headings and the sentences before its code blocks say in plain words what
one operation does. A text that names its command or operation is dropped. Weights were tuned on services a to l alone,
so the figures of m to z stand apart. With `--home`, a folder whose `data/catalog` holds the catalogs and documentation of
`catalog update`; without, what comes with the program, by names alone. Needs awscli and botocore.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import awscli
import botocore.session
from botocore import xform_name

# Commands whose folder is not called as the service is.
FOLDERS = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
LIMIT = 5


def commands():
    """(service, command) to operation."""
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    found = {}
    for service in session.get_available_services():
        for operation in loader.load_service_model(service, "service-2")["operations"]:
            found[service, xform_name(operation, "-")] = operation
    return found


def plain(text):
    text = re.sub(r"`([^`<]+?)\s*<[^>]*>`_{0,2}", r"\1", text)
    return re.sub(r"\s+", " ", re.sub(r"[`*]", "", text)).strip(" :.")


def texts(page, command):
    """The headings of a page, and the first sentence of what stands before a code block."""
    for block in re.split(r"\n\s*\n", page.replace("\r\n", "\n")):
        if not block.strip() or block[0].isspace():
            continue
        line = " ".join(block.split())
        heading = re.fullmatch(r"\*\*(.+?)\*\*\s*:*", line)
        if heading:
            yield plain(re.sub(r"^(?:Example|Step)\s*\d*\s*[:.-]\s*", "", heading[1], flags=re.I))
        elif line.endswith("::") and not re.match(r"(?:Output|Contents? of|Command|Input|Result)", line, re.I):
            sentence = re.split(r"(?<=[.!?])\s+(?=[A-Z])", plain(line))[0]
            lead = r"^(?:the following|this|the)\s+(?:aws\s+)?(?:\S+\s+)?" + re.escape(command)
            lead += r"(?:\s+(?:command|example|operation|request))*\s+"
            short = re.sub(lead, "", sentence, flags=re.I)
            if short == sentence:
                short = re.sub(r"^(?:the following|this)\s+(?:command|example)\s+", "", sentence, flags=re.I)
            yield short


def pairs():
    known = commands()
    found = {}
    for page in sorted((pathlib.Path(awscli.__file__).parent / "examples").glob("*/*.rst")):
        service = FOLDERS.get(page.parent.name, page.parent.name)
        operation = known.get((service, page.stem))
        if operation is None:
            continue
        named = re.compile(r"(?<![\w-])" + re.escape(page.stem) + r"(?![\w-])", re.I)
        for text in texts(page.read_text(encoding="utf-8", errors="replace"), page.stem):
            gives_away = named.search(text) or operation.lower() in text.lower()
            if not gives_away and len(text.split()) >= 3 and len(text) <= 400:
                found.setdefault(text.lower(), (text, page.parent.name, set()))[2].add((service, operation))
    return list(found.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--home")
    parser.add_argument("--all-clouds", action="store_true", help="let operations of other clouds stand in the way")
    given = parser.parse_args()
    asked = pairs()
    cloud = {} if given.all_clouds else {"cloud": "aws"}
    lines = [json.dumps({"id": str(at), "query": text, "limit": LIMIT, **cloud}) for at, (text, _, _) in enumerate(asked)]
    with tempfile.TemporaryDirectory() as empty:
        begun = time.perf_counter()
        answered = subprocess.run(
            [given.program, "--home", given.home or empty, "conformance", "search"],
            input="\n".join(lines) + "\n", capture_output=True, text=True, check=True,
        ).stdout.splitlines()
        seconds = time.perf_counter() - begun
    ranks = {"a-l": [], "m-z": []}
    for (_, service, right), line in zip(asked, answered, strict=True):
        hits = [(hit["service"], hit["operation"]) for hit in json.loads(line)["hits"]]
        rank = next((at for at, hit in enumerate(hits) if hit in right), LIMIT)
        ranks["a-l" if service[0] <= "l" else "m-z"].append(rank)
    for half, found in {**ranks, "all": ranks["a-l"] + ranks["m-z"]}.items():
        first, five = (sum(rank < k for rank in found) / len(found) for k in (1, LIMIT))
        print(f"{half}: {len(found)} pairs, recall@1 {first:.4f}, recall@{LIMIT} {five:.4f}")
    print(f"{seconds / len(asked) * 1000:.2f} ms a query, process and index with it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
