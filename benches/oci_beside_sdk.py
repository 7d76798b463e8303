#!/usr/bin/env python3
"""How fast OCI requests are built and its catalog is made, beside the official SDK on the same machine.

    cargo build --release && pip install oci==2.189.0
    python3 benches/oci_beside_sdk.py target/release/provisioner [WHEEL]

Both sides build the same requests of one operation, unsigned, in the same run, in turns; a figure is the median of the
turns. The program's figure includes reading and writing JSON Lines. WHEEL is the package to compile, if that is wanted.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import oci
from oci._vendor import requests
from oci.signer import AbstractBaseSigner

TURNS = 7
OURS, THEIRS = 20_000, 2_000
PARAMS = {
    "compartmentId": "ocid1.compartment.oc1..example",
    "displayName": "web 1",
    "lifecycleState": "RUNNING",
    "limit": 50,
    "sortBy": "TIMECREATED",
}


class Stopped(BaseException):
    pass


def stop(*_, **__):
    raise Stopped


class Unsigned(AbstractBaseSigner):
    def __init__(self):
        pass

    def __call__(self, request, **_):
        return request


def sdk_rate(client):
    begun = time.perf_counter()
    for _ in range(THEIRS):
        try:
            client.list_instances(
                PARAMS["compartmentId"],
                display_name=PARAMS["displayName"],
                lifecycle_state=PARAMS["lifecycleState"],
                limit=PARAMS["limit"],
                sort_by=PARAMS["sortBy"],
                retry_strategy=oci.retry.NoneRetryStrategy(),
            )
        except Stopped:
            pass
    return THEIRS / (time.perf_counter() - begun)


def seconds_for(program, count):
    line = {"id": 1, "cloud": "oci", "service": "core.compute", "operation": "ListInstances", "region": "eu-frankfurt-1"}
    lines = (json.dumps(dict(line, params=PARAMS)) + "\n").encode() * count
    begun = time.perf_counter()
    out = subprocess.run([program, "conformance", "render"], input=lines, capture_output=True, check=True).stdout
    took = time.perf_counter() - begun
    assert out.count(b'"url"') == count, out[:300]
    return took


def our_rate(program):
    """Without the start of the process, which is measured apart."""
    return OURS / max(1e-9, seconds_for(program, OURS) - seconds_for(program, 1))


def milliseconds(command):
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1000


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/provisioner")
    requests.Session.send = stop
    nobody = {"user": "ocid1.user.oc1..x", "tenancy": "ocid1.tenancy.oc1..x", "fingerprint": ":".join(["00"] * 16)}
    nobody.update(key_content="none", region="eu-frankfurt-1")
    strategy = oci.circuit_breaker.NoCircuitBreakerStrategy()
    client = oci.core.ComputeClient(nobody, signer=Unsigned(), circuit_breaker_strategy=strategy)
    pairs = [(our_rate(program), sdk_rate(client)) for _ in range(TURNS)]
    ours, theirs = (statistics.median(side) for side in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"requests built per second: {ours:,.0f}, the SDK {theirs:,.0f}: {ratio:.1f} times as many")
    with tempfile.TemporaryDirectory() as home:
        show = [program, "--home", home, "catalog", "show", "oci", "core.compute", "LaunchInstance"]
        find = [program, "--home", home, "catalog", "search", "launch an instance", "--cloud", "oci"]
        bare = [program, "--version"]
        for name, command in (("--version", bare), ("catalog show", show), ("catalog search", find)):
            print(f"{name}, cold process: {statistics.median(milliseconds(command) for _ in range(11)):.1f} ms")
        if len(sys.argv) > 2:
            snapshot = os.path.join(home, "oci.catalog")
            command = [program, "catalog", "update", "--cloud", "oci", "--from", sys.argv[2], "--output", snapshot]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            wall = milliseconds(command) / 1000
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"compiled: {wall:.1f} s, {cpu:.1f} s of processor; {os.path.getsize(snapshot):,} bytes")


if __name__ == "__main__":
    main()
