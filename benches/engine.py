"""What the executor itself costs: the real walk, journal, and store, with clouds that answer at once.

  python benches/engine.py target/release/provisioner [--rounds 3] [--terraform-steps 1000]

Measures the disk's own fdatasync beside it, in the same folder, because a chain must wait for the disk at every step.
Where `terraform` is on the machine, the same shapes of `terraform_data` are applied and printed beside. The bars are
held against 5,000 steps; 1,000 and 20,000 show that it is linear. Exits with 1 when a bar is missed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = ("flat", "tree", "chain")
COUNTS, HELD = (1_000, 5_000, 20_000), 5_000
BRANCHES = 4
PER_STEP, MEGABYTES, BENT = 0.2, 60, 1.5

# Terraform 1.11.4, terraform_data, local backend, parallelism 10: measured on a machine of this kind, not by this script.
ELSEWHERE = [("flat", 1_000, "13.0 s", "113 MB"), ("tree", 1_000, "34.7 s", "124 MB"), ("flat", 5_000, "1,264 s (481 s of CPU)", "276 MB")]


def fdatasync(folder, times=1_000):
    """Milliseconds of one synced append of a record's size: median and mean."""
    took = []
    with open(os.path.join(folder, "probe"), "wb", buffering=0) as out:
        for _ in range(times):
            out.write(b"x" * 200)
            begun = time.perf_counter()
            os.fdatasync(out.fileno())
            took.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(took), statistics.mean(took)


def measured(command, said, environment):
    """(answer, peak resident memory in MB) of one process of its own."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    process.stdin.write(said)
    process.stdin.close()
    answer = process.stdout.read()
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, errors.decode()[-500:]
    return answer, used.ru_maxrss / 1024


def engine(program, shape, steps, folder):
    said = json.dumps({"id": "1", "steps": steps, "shape": shape}).encode() + b"\n"
    answer, memory = measured([program, "conformance", "engine"], said, {**os.environ, "TMPDIR": folder})
    document = json.loads(answer)
    assert "error" not in document, document
    return document["seconds"], document["journal_bytes"], memory


def configuration(shape, steps):
    """The same graph of things that only exist in a state file."""
    out = []
    for at in range(steps):
        before = {"chain": at - 1, "tree": (at - 1) // BRANCHES}.get(shape, -1)
        needs = f"  depends_on = [terraform_data.s{before}]\n" if before >= 0 else ""
        out.append(f'resource "terraform_data" "s{at}" {{\n  input = "n{at}"\n{needs}}}\n')
    return "".join(out)


def terraform(shape, steps, folder):
    place = tempfile.mkdtemp(dir=folder)
    with open(os.path.join(place, "main.tf"), "w") as out:
        out.write(configuration(shape, steps))
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    run = lambda *words: subprocess.run(["terraform", *words], cwd=place, env=environment, capture_output=True, check=True)
    run("init", "-no-color")
    begun = time.perf_counter()
    process = subprocess.Popen(["terraform", "apply", "-auto-approve", "-no-color", "-input=false"], cwd=place, env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, errors.decode()[-500:]
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("program")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--terraform-steps", type=int, default=1_000)
    options = options.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        median, mean = fdatasync(folder)
        print(f"disk: one fdatasync takes {median:.3f} ms (median), {mean:.3f} ms (mean), in {folder}")
        print(f"{'shape':7}{'steps':>8}{'ms/step':>10}{'bar':>8}{'seconds':>10}{'journal':>10}{'memory':>9}")
        for shape in SHAPES:
            per_step = {}
            for steps in COUNTS:
                # The disk is shared: what it needs is measured right before, and the best round counts.
                rounds = []
                for _ in range(options.rounds):
                    sync = fdatasync(folder, 200)[0]
                    rounds.append((*engine(options.program, shape, steps, folder), sync))
                seconds, journal, memory, sync = min(rounds)
                per_step[steps] = seconds / steps * 1e3
                bar = PER_STEP + (3 * sync if shape == "chain" else 0)
                print(f"{shape:7}{steps:8}{per_step[steps]:10.4f}{bar:8.3f}{seconds:10.3f}{journal / 1e6:8.1f}MB{memory:7.1f}MB", flush=True)
                if steps == HELD and per_step[steps] > bar:
                    missed.append(f"{shape} {steps}: {per_step[steps]:.3f} ms per step, allowed {bar:.3f}")
                if steps == HELD and memory >= MEGABYTES:
                    missed.append(f"{shape} {steps}: {memory:.0f} MB of memory, allowed {MEGABYTES}")
            bent = per_step[COUNTS[-1]] / per_step[COUNTS[0]]
            print(f"        {COUNTS[-1]:,} steps cost {bent:.2f} times as much per step as {COUNTS[0]:,}")
            if bent > BENT:
                missed.append(f"{shape}: not linear, {bent:.2f} times as much per step")
        print("\nTerraform's terraform_data, applied:")
        if shutil.which("terraform"):
            for shape in SHAPES:
                seconds, memory = terraform(shape, options.terraform_steps, folder)
                ours = min(engine(options.program, shape, options.terraform_steps, folder) for _ in range(options.rounds))
                print(f"  {shape:6} {options.terraform_steps:6} here: {seconds:7.1f} s, {memory:.0f} MB; ours {ours[0]:.3f} s, {ours[2]:.0f} MB, "
                      f"{seconds / ours[0]:.0f} times as fast", flush=True)
        else:
            print("  `terraform` is not on this machine")
        for shape, steps, seconds, memory in ELSEWHERE:
            print(f"  {shape:6} {steps:6} measured elsewhere: {seconds}, {memory}")
    for one in missed:
        print(f"MISSED  {one}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
