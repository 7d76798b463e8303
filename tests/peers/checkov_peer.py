"""Holds the shipped rules against Checkov: each case is judged here as a call, and scanned there as the Terraform resource that
would make the call. They must agree on 97 of 100 cases, and on all about open ports, public objects, and public databases.

    PROVISIONER=… python tests/peers/checkov_peer.py [TOPIC]
"""

import collections
import json
import os
import subprocess
import sys
import tempfile
import time

import scanner_cases
import scanner_cases_more

# Where the scanner is known to be wrong: its check, what the case holds, and the reason. Told apart, and never counted as agreement.
SCANNER_IS_WRONG = [
    ("CKV_AWS_277", '"FromPort": 0, "ToPort": 65535', "all TCP ports are all that matters; the check means protocol -1 alone"),
    ("CKV_AWS_232", '"From": 0, "To": 65535', "a range of all ports holds 22 and 3389"),
    ("CKV_AWS_301", '"Principal": "*", "SourceArn"', "a source limits who may call"),
    ("CKV_AZURE_77", '"protocol": "*"', "every protocol holds UDP"),
    ("CKV_AZURE_119", '"publicIPAddress"', "the check passes cards whose address is not a variable"),
    ("CKV_AZURE_45", '"customData"', "the check knows Azure's client ids and no other secrets"),
]
EVERY_TIME = ("net-open-", "object-public-access", "db-public-access", "db-open-firewall")
LEAST = 0.97


def all_cases():
    found = []
    for module in (scanner_cases, scanner_cases_more):
        for name in ("aws_network", "aws_compute", "aws_policies", "aws_storage", "aws_databases", "aws_services", "azure_network", "azure_storage",
                     "azure_compute", "azure_databases", "azure_platform", "azure_more", "oci"):
            found.extend(getattr(module, name)() if hasattr(module, name) else ())
    return found


def ours(cases, rules):
    lines = []
    for number, one in enumerate(cases):
        cloud, service, operation = one["operation"].split()
        step = {"id": "step", "cloud": cloud, "service": service, "operation": operation, "params": one["params"]}
        lines.append(json.dumps({"id": number, "plan": {"version": 1, "name": "case", "steps": [step]},
                                 "context": {"environment": "prod", "books": {"owner": {}, "finops": {}}}}))
    with tempfile.TemporaryDirectory() as home:
        answer = subprocess.run([os.environ["PROVISIONER"], "--home", home, "conformance", "verdict"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    flagged = []
    for one, line in zip(cases, answer.stdout.splitlines(), strict=True):
        findings = json.loads(line)["findings"]
        known = [f for f in findings if f.get("state") != "unknown" and rules[f["rule"]] == one["topic"]]
        flagged.append(bool(known))
    return flagged


def theirs(cases):
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(cases):
            os.mkdir(os.path.join(folder, f"c{number}"))
            with open(os.path.join(folder, f"c{number}", "main.tf"), "w", encoding="utf-8") as handle:
                handle.write(one["tf"])
        checks = sorted({check for one in cases for check in one["checks"]})
        answer = subprocess.run(["checkov", "-d", folder, "--framework", "terraform", "--check", ",".join(checks), "--skip-download", "--compact", "-o", "json"],
                                capture_output=True, text=True, check=False, env={**os.environ, "LOG_LEVEL": "ERROR"})
        report = json.loads(answer.stdout)
    results = (report[0] if isinstance(report, list) else report)["results"]
    said = collections.defaultdict(dict)
    for outcome in ("passed_checks", "failed_checks"):
        for check in results.get(outcome, []):
            number = int(check["file_path"].split("/")[1][1:])
            said[number][check["check_id"]] = outcome == "failed_checks"
    return [[said[number].get(check) for check in one["checks"]] for number, one in enumerate(cases)]


def topics():
    with tempfile.TemporaryDirectory() as home:
        answer = subprocess.run([os.environ["PROVISIONER"], "--home", home, "--json", "rules", "list"], capture_output=True, text=True, check=True)
    return {rule["id"]: rule["topic"] for rule in json.loads(answer.stdout)["rules"]}


def main():
    cases = [one for one in all_cases() if len(sys.argv) < 2 or sys.argv[1] in one["topic"]]
    started = time.monotonic()
    flagged = ours(cases, topics())
    judged = time.monotonic()
    scanned = theirs(cases)
    print(f"we judged {len(cases)} plans in {judged - started:.1f} s, Checkov scanned {len(cases)} resources in {time.monotonic() - judged:.1f} s")
    agree, wrong, silent, left_out = collections.Counter(), [], 0, 0
    total = collections.Counter()
    for one, we, they in zip(cases, flagged, scanned, strict=True):
        if all(value is None for value in they):
            silent += 1
            print("the scanner says nothing:", one["topic"], one["checks"])
            continue
        they = any(they)
        if we != they and any(check in one["checks"] and part in json.dumps(one["params"]) for check, part, _ in SCANNER_IS_WRONG):
            left_out += 1
            continue
        total[one["topic"]] += 1
        agree[one["topic"]] += we == they
        if we != they:
            wrong.append(f"{one['topic']}: we {'find' if we else 'pass'}, {'/'.join(one['checks'])} {'finds' if they else 'passes'}: {one['operation']} {json.dumps(one['params'])}")
    print("\n".join(wrong))
    share = sum(agree.values()) / max(1, sum(total.values()) + left_out)
    must = [topic for topic in total if topic.startswith(EVERY_TIME) and agree[topic] != total[topic]]
    print(f"{sum(agree.values())} of {sum(total.values()) + left_out} agree ({share:.1%}) on {len(total)} topics; {silent} without a word from the scanner, {left_out} where it is wrong for reasons that are written down")
    return 1 if share < LEAST or must or not total else 0


if __name__ == "__main__":
    sys.exit(main())
