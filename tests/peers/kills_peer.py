"""A plan of 60 steps, killed with -9 at random moments, and its resumption killed again, until it is done.

  python kills_peer.py [--kills N] [--seed N]

After every round what exists is what was planned, nothing twice, and the audit chain verifies.
"""

import argparse
import collections
import os
import random
import subprocess
import sys
import time

from fault_proxy import Cloud, Desk, Proxy, killed, plan, planned, queue, role, subnet, vpc

PER_ROUND = 5


def sixty():
    steps = []
    for n in range(8):
        steps.append(vpc(f"net{n}", f"10.{n}.0.0/16"))
        steps += [subnet(f"net{n}-{k}", f"net{n}", f"10.{n}.{k}.0/24") for k in range(4)]
    steps += [queue(f"jobs{n}", after=[f"net{n % 8}"]) for n in range(12)]
    steps += [role(f"worker{n}") for n in range(8)]
    assert len(steps) == 60
    return plan(*steps)


def round_of_kills(rng, span, kills):
    """Kills the run, then its resumptions; (kills that met a running program, seconds that a whole run takes)."""
    cloud = Cloud()
    proxy = Proxy(cloud)
    desk = Desk(proxy.port)
    wanted = sixty()
    try:
        words = ("plan", "apply", desk.keep(wanted), "--approve", "warned")
        met = 0
        while met < kills:
            process = desk.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            words = ("history", "resume")
            try:
                code = process.wait(rng.uniform(0.02, span))
                assert code == 0, f"exit {code} without a kill"
                break
            except subprocess.TimeoutExpired:
                killed(process)
                met += 1
        time.sleep(0.3)
        if not executions(desk):
            # Killed before there was an execution: nothing may have been sent.
            assert not proxy.writes(), "sent before it was written down"
            code, _, errors = desk.run("plan", "apply", desk.keep(wanted), "--approve", "warned")
        else:
            code, _, errors = desk.run("history", "resume")
        assert code == 0, f"the last resumption exits with {code}: {errors[-800:]}"
        live = collections.Counter(cloud.live())
        assert live == collections.Counter(planned(wanted)), (
            f"lost {planned_minus(wanted, live)}, doubled or foreign {live - collections.Counter(planned(wanted))}")
        desk.audit()
        return met
    finally:
        desk.stop()
        proxy.stop()
        cloud.stop()


def planned_minus(wanted, live):
    return collections.Counter(planned(wanted)) - live


def executions(desk):
    _, document, _ = desk.run("history", "list")
    return bool(document and (document.get("executions") if isinstance(document, dict) else document))


def whole_run():
    cloud = Cloud()
    proxy = Proxy(cloud)
    desk = Desk(proxy.port)
    begun = time.time()
    code, _, errors = desk.apply(sixty())
    took = time.time() - begun
    desk.stop()
    proxy.stop()
    cloud.stop()
    assert code == 0, errors[-500:]
    return took


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = options.parse_args()
    rng = random.Random(options.seed)
    span = whole_run()
    print(f"  a whole run takes {span:.1f} s; seed {options.seed}", flush=True)
    met = rounds = 0
    while met < options.kills:
        met += round_of_kills(rng, span, min(PER_ROUND, options.kills - met))
        rounds += 1
    print(f"{met} kills in {rounds} rounds of a 60-step plan: nothing lost, nothing doubled")


if __name__ == "__main__":
    sys.exit(main())
