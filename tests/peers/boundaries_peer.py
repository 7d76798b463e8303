"""A plan of twelve steps over three clouds, killed at every boundary of its journal, and resumed.

  python boundaries_peer.py [--all] [--from N] [--to N]

A record is a boundary three times: the program ends before it is written, when it is on disk, and with half of it on
disk. Each record is met in one of the three ways, with --all in all of them. The same for taking the plan back. After each resumption what exists is what was planned, nothing twice; no request came before its
record or with another token; the audit chain verifies. At the end the check is checked: in every cloud, a step that is not
written down is found out.
"""

import argparse
import collections
import random
import sys
import time

from three_clouds import World, twelve

DIED = -6  # abort: nothing is flushed, nobody is told


def torn(desk, rng):
    """Leaves half of the last record of the newest journal."""
    path = desk.journals()[-1]
    with open(path, "rb") as file:
        whole = file.read()
    last = len(whole.rstrip(b"\n").rpartition(b"\n")[2]) + 1
    with open(path, "wb") as file:
        file.write(whole[:len(whole) - rng.randint(1, last - 1)])


def whole_run():
    """Records of a run that nothing happens to, and of taking it back."""
    with World(twelve()) as world:
        code, document, errors = world.apply()
        assert code == 0, errors[-800:]
        world.holds()
        made = len(world.desk.records())
        code, _, errors = world.desk.run("plan", "undo", document["execution"]["id"], "--approve", "warned")
        assert code == 0, errors[-800:]
        world.is_empty()
        return made, len(world.desk.records()) - made


def killed_at(record, how, rng):
    with World(twelve()) as world:
        kind = "kill-before-record" if how == "before" else "kill-at-record"
        code, _, _ = world.apply("--inject", f"*:{kind}:{record}")
        if code == 0:
            # Some waits are not written when they are short, so the last runs may be shorter.
            return world.holds() or 0
        assert code == DIED, f"exit {code}"
        if how == "half":
            torn(world.desk, rng)
        code, _, errors = world.desk.run("history", "resume")
        assert code == 0, f"resume exits with {code}: {errors[-800:]}"
        world.holds()
        return 1


def killed_while_taking_back(record, how, rng):
    with World(twelve()) as world:
        code, document, errors = world.apply()
        assert code == 0, errors[-800:]
        identifier = document["execution"]["id"]
        kind = "kill-before-record" if how == "before" else "kill-at-record"
        code, _, _ = world.desk.run("plan", "undo", identifier, "--approve", "warned", "--inject", f"*:{kind}:{record}")
        if code == 0:
            return world.is_empty() or 0
        assert code == DIED, f"exit {code}"
        if how == "half":
            torn(world.desk, rng)
        unfinished, document, errors = world.desk.run("history", "resume")
        if unfinished == 0 and not document:
            # Killed before the first word of taking it back was on disk: the run is as it was.
            unfinished, _, errors = world.desk.run("plan", "undo", identifier, "--approve", "warned")
        assert unfinished == 0, f"resume exits with {unfinished}: {errors[-800:]}"
        world.is_empty()
        taken = collections.Counter((s.method, s.path, s.body) for s in world.proxy.writes() if takes_away(s))
        assert max(taken.values()) == 1, f"taken back twice: {[key for key, n in taken.items() if n > 1]}"
        return 1


def takes_away(seen):
    # Azure answers 204 where there is nothing to take away; the others answer with an error.
    return (seen.method == "DELETE" or "Delete" in seen.operation) and not (seen.status == 204 and seen.path.startswith("/subscriptions/"))


def found_out():
    """A step that is not written down before it is sent: the check must see it, in every cloud."""
    for step in ("aws-net", "jobs", "oci-net", "oci-logs", "oci-web", "group-a", "azure-net", "azure-web"):
        with World(twelve()) as world:
            world.apply("--inject", f"{step}:forget-intent", "--inject", f"{step}:kill-after-send")
            world.desk.run("history", "resume")
            assert step in world.proxy.unwritten, f"{step} was sent unwritten, and nobody noticed: this peer would prove nothing"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", action="store_true")
    options.add_argument("--from", type=int, default=1, dest="first")
    options.add_argument("--to", type=int, default=10**6, dest="last")
    options.add_argument("--seed", type=int, default=int(time.time()))
    options = options.parse_args()
    rng = random.Random(options.seed)
    begun = time.time()
    found_out()
    made, taken = whole_run()
    print(f"  seed {options.seed}; {made} records make the plan, {taken} take it back; what is not written down is found out in each cloud", flush=True)
    broken = []
    met = collections.Counter()
    for what, records, test in (("making", made, killed_at), ("taking back", taken, killed_while_taking_back)):
        for record in range(options.first, min(records, options.last) + 1):
            ways = ("before", "at", "half")
            for how in ways if options.all else [rng.choice(ways)]:
                try:
                    met[what] += test(record, how, rng)
                except Exception as error:
                    broken.append((what, record, how))
                    print(f"  BROKEN  {what}, {how} record {record}: {error}", flush=True)
        print(f"  {what}: {met[what]} kills ({time.time() - begun:.0f} s)", flush=True)
    print(f"{sum(met.values())} kills at the boundaries of a journal over three clouds, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
