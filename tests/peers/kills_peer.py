"""A plan of 60 steps over three clouds, killed with -9 at random moments, and its resumption killed again, until it is done.

  python kills_peer.py [--kills N] [--seed N]

After every round what exists is what was planned, nothing twice; no request came before its record or with another
token; the audit chain verifies.
"""

import argparse
import os
import random
import subprocess
import sys
import time

from fault_proxy import killed
from three_clouds import World, sixty

PER_ROUND = 5


def round_of_kills(rng, span, kills):
    """Kills the run, then its resumptions; how many kills met a running program."""
    with World(sixty()) as world:
        words = ("plan", "apply", world.desk.keep(world.document), "--approve", "warned")
        met = 0
        while met < kills:
            process = world.desk.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                code = process.wait(rng.uniform(0.02, span))
                assert code == 0, f"exit {code} without a kill"
                break
            except subprocess.TimeoutExpired:
                killed(process)
                met += 1
            if executions(world.desk):
                words = ("history", "resume")
        # What was on its way when the program died still arrives.
        time.sleep(0.3)
        if not executions(world.desk):
            # Killed before there was an execution: nothing may have been sent.
            assert not world.proxy.writes(), "sent before it was written down"
            code, _, errors = world.apply(timeout=600)
        else:
            code, _, errors = world.desk.run("history", "resume", timeout=600)
        assert code == 0, f"the last resumption exits with {code}: {errors[-800:]}"
        world.holds()
        return met


def executions(desk):
    _, document, _ = desk.run("history", "list")
    return bool(document and (document.get("executions") if isinstance(document, dict) else document))


def whole_run():
    with World(sixty()) as world:
        begun = time.time()
        code, _, errors = world.apply(timeout=600)
        took = time.time() - begun
        assert code == 0, errors[-500:]
        world.holds()
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
        if rounds % 20 == 0:
            print(f"  {met} kills in {rounds} rounds", flush=True)
    print(f"{met} kills in {rounds} rounds of a 60-step plan over three clouds: nothing lost, nothing doubled")


if __name__ == "__main__":
    sys.exit(main())
