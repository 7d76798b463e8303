"""Judges every case of the shipped rules with rego-cpp, an engine that was not built from ours, and expects the
same findings: rule, step, state, path, message, and patch."""

import base64
import collections
import json
import os
import subprocess
import sys
import tempfile
import time

from regopy import Interpreter

FIELD, FINDING = " |# ", " |@ "

# The findings of all packages as one text, because rego-cpp 1.5.2 writes quotes into its JSON without escaping them.
WRITER = """package peer

import rego.v1

text := base64.encode(concat(" |@ ", [written(one) | some one in found]))

written(one) := concat(" |# ", [
\tone.rule, object.get(one, "step", ""), object.get(one, "state", ""), one.path, one.msg,
\tjson.marshal(object.get(one, "patch", [])),
])
"""
PACKAGE = "\nfound contains one if some one in data.provisioner.%s.deny\n"


def plain(text):
    """Without quotes: rego-cpp 1.5.2 puts some around texts that another builtin made, inside sprintf."""
    return text.replace('"', "").replace("\\", "")


def ours(found):
    patch = json.dumps(found.get("patch", []), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    fields = [found["rule"], found.get("step", ""), found.get("state", ""), found["path"], found["msg"], patch]
    return plain(FIELD.join(fields))


def theirs(interpreter, bundle):
    answer = json.loads(str(interpreter.query_bundle(bundle)))["bindings"]["x"]
    text = base64.b64decode(answer).decode()
    return sorted(plain(found) for found in text.split(FINDING) if found)


def main():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "cases.json")
        program = os.environ["PROVISIONER"]
        subprocess.run([program, "--home", folder, "rules", "test", "--export", file], check=True)
        with open(file, encoding="utf-8") as handle:
            exported = json.load(handle)
    by_data = collections.defaultdict(list)
    for case in exported["cases"]:
        if len(sys.argv) < 2 or sys.argv[1] in case["rule"]:
            by_data[case["data"]].append(case)
    started, judged, different = time.monotonic(), 0, 0
    for position, cases in by_data.items():
        interpreter = Interpreter()
        for name, text in exported["modules"].items():
            interpreter.add_module(name, text)
        writer = WRITER + "".join(PACKAGE % package for package in exported["packages"])
        interpreter.add_module("peer.rego", writer)
        interpreter.add_data_json(json.dumps(exported["data"][position]))
        # Compiled once: a plain query would compile all modules again for every case.
        bundle = interpreter.build("x = data.peer.text")
        for case in cases:
            interpreter.set_input_term(json.dumps(case["input"]))
            got = theirs(interpreter, bundle)
            want = sorted(ours(found) for found in case["said"])
            judged += 1
            if got != want:
                different += 1
                print(f"{case['rule']}: {case['case']}")
                for found in sorted(set(got) - set(want)):
                    print("  rego-cpp alone:", found.replace(FIELD, " | "))
                for found in sorted(set(want) - set(got)):
                    print("  we alone:      ", found.replace(FIELD, " | "))
    print(f"{judged - different} of {judged} cases have equal findings ({time.monotonic() - started:.0f} s)")
    return 1 if different or not judged else 0


if __name__ == "__main__":
    sys.exit(main())
