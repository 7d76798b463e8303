#!/usr/bin/env python3
"""The numbers table of the README, measured on this machine.

    cargo build --release && python3 benches/measure.py target/release/provisioner

Each figure is the median of several runs, warm. Standard library only.
"""
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

BUCKET = (
    "create a private, encrypted S3 bucket called demo-logs in Frankfurt, owner team-web, "
    "environment dev, sensitivity internal, cost center 9001"
)


def timed(command, runs):
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1000


def first_frame(program, home):
    """Milliseconds to the first frame and to an open session, and the resident memory then."""
    begun = time.perf_counter()
    child, master = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        os.environ.update(TERM="xterm-256color")
        os.execv(program, [program, "--home", home])
    seen, frame, opened = b"", None, None
    while opened is None and time.perf_counter() - begun < 20:
        if select.select([master], [], [], 0.001)[0]:
            seen += os.read(master, 65536)
            now = (time.perf_counter() - begun) * 1000
            # The end of the first synchronized update is the first whole frame.
            if frame is None and b"\x1b[?2026l" in seen:
                frame = now
            if b"SANDBOX" in seen and b"eu-central-1" in seen:
                opened = now
    time.sleep(0.5)
    with open(f"/proc/{child}/status") as status:
        memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(master)
    return frame, opened, memory


def engine(program, steps, shape):
    line = json.dumps({"id": 1, "steps": steps, "shape": shape}) + "\n"
    out = subprocess.run(
        [program, "conformance", "engine"], input=line, capture_output=True, text=True, check=True
    )
    return json.loads(out.stdout)["seconds"] * 1000 / steps


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/provisioner")
    with tempfile.TemporaryDirectory() as home:
        version = timed([program, "--version"], 21)
        frames = [first_frame(program, home) for _ in range(7)]
        search = timed([program, "--home", home, "catalog", "search", "create a private bucket"], 11)
        ask = []
        for at in range(5):
            words = BUCKET.replace("demo-logs", f"demo-logs-{at}")
            ask.append(timed([program, "--home", home, "ask", words, "--approve", "allowed", "--json"], 1))
        rows = [
            ("`provisioner --version`", f"{version:.0f} ms"),
            ("first frame of the chat", f"{statistics.median(f[0] for f in frames):.0f} ms"),
            ("session open, sandbox and servers started", f"{statistics.median(f[1] for f in frames):.0f} ms"),
            ("resident memory then, three catalogs open", f"{statistics.median(f[2] for f in frames):.0f} MiB"),
            ("cold process to an answer of the catalog search", f"{search:.0f} ms"),
            ("the whole bucket request with `ask`, cold", f"{statistics.median(ask):.0f} ms"),
            ("executor, per step of 5,000, flat", f"{engine(program, 5000, 'flat'):.3f} ms"),
            ("executor, per step of 5,000, chain", f"{engine(program, 5000, 'chain'):.3f} ms"),
            ("executor, per step of 5,000, tree", f"{engine(program, 5000, 'tree'):.3f} ms"),
            ("size of the program", f"{os.path.getsize(program) / 2**20:.0f} MiB"),
        ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"| {name:<{width}} | {value:>8} |")


if __name__ == "__main__":
    main()
