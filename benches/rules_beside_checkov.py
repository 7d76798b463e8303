#!/usr/bin/env python3
"""The verdict on a plan beside a scanner's run over one small file.

    cargo build --release && python3 benches/rules_beside_checkov.py target/release/provisioner

Needs `checkov` on the path (tests/run installs it under target/peers). Both are whole processes, from start to end.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

PLAN = {"version": 1, "name": "one", "steps": [
    {"id": "disk", "cloud": "aws", "service": "ec2", "operation": "CreateVolume", "params": {"AvailabilityZone": "eu-central-1a", "Size": 8, "Encrypted": False}},
    {"id": "files", "cloud": "aws", "service": "efs", "operation": "CreateFileSystem", "params": {"CreationToken": "f", "Encrypted": False}},
]}
TERRAFORM = """resource "aws_ebs_volume" "disk" {
  availability_zone = "eu-central-1a"
  size = 8
}
resource "aws_efs_file_system" "files" {
  creation_token = "f"
}
"""


def timed(command, runs=3, **options):
    best = None
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **options)
        took = time.perf_counter() - begun
        best = took if best is None else min(best, took)
    return best


def main():
    with tempfile.TemporaryDirectory() as folder:
        line = os.path.join(folder, "line.json")
        with open(line, "w", encoding="utf-8") as handle:
            handle.write(json.dumps({"id": 1, "plan": PLAN}) + "\n")
        with open(os.path.join(folder, "main.tf"), "w", encoding="utf-8") as handle:
            handle.write(TERRAFORM)
        with open(line, encoding="utf-8") as handle:
            text = handle.read()
        ours = timed([sys.argv[1], "--home", os.path.join(folder, "home"), "conformance", "verdict"], input=text, text=True)
        theirs = timed(["checkov", "-f", os.path.join(folder, "main.tf"), "--skip-download", "--quiet", "--compact"])
    print(f"verdict on two steps, process and all: {ours * 1000:.0f} ms; Checkov on the same two resources: {theirs * 1000:.0f} ms")


if __name__ == "__main__":
    main()
