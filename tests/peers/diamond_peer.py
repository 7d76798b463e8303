"""A diamond over three clouds, whose branches run at the same time.

Every request that changes something takes a while in the cloud, in each cloud another. A step may only be sent when what it stands on is
answered, and while one branch is in the cloud the two others must be too. How much longer than its slowest way (the first step, the slowest
branch, the last step) the run takes is printed; it is a matter of the machine and of the build, so it is judged only where asked:
`diamond_peer.py --within 10` with a release build and nothing else to do wants at most a tenth more.
"""

import argparse
import itertools
import sys
import time

from three_clouds import World, azure_subnet, group, mark_of, oci_subnet, plan, queue, security_group, subnet, vcn, vnet, vpc

# Seconds that a change takes, by step.
TAKES = {"top": 1.0, "aws": 2.0, "aws-in": 2.0, "oci": 3.0, "oci-in": 3.0, "azure": 3.0, "azure-wall": 3.0, "azure-in": 4.0, "bottom": 1.0}
BRANCHES = (("aws", "aws-in"), ("oci", "oci-in"), ("azure", "azure-wall", "azure-in"))


def diamond():
    top, bottom = queue("top"), queue("bottom", after=["aws-in", "oci-in", "azure-in"])
    first = {"after": ["top"]}
    aws = [vpc("aws"), subnet("aws-in", "aws", "10.0.1.0/24")]
    oci = [vcn("oci", "10.50.0.0/16"), oci_subnet("oci-in", "oci", "10.50.1.0/24")]
    azure = [vnet("azure", "group", "10.80.0.0/16"), security_group("azure-wall", "group"),
             azure_subnet("azure-in", "group", "azure", "azure-wall", "10.80.1.0/24")]
    for one in (aws[0], oci[0]):
        one.update(first)
    return plan(top, *aws, *oci, {**group("group"), **first}, *azure, bottom)


def apart(spans):
    """The pairs of branches that were never in their clouds at the same time."""
    return [(one[0], other[0]) for one, other in itertools.combinations(BRANCHES, 2)
            if not any(spans[a][0] < spans[b][1] and spans[b][0] < spans[a][1] for a in one for b in other)]


def early(document, spans):
    """The steps that were sent before what they stand on was answered."""
    return [(step["id"], before) for step in document["steps"] for before in step.get("after", ())
            if step["id"] in spans and before in spans and spans[step["id"]][0] < spans[before][1]]


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--within", type=float, metavar="PERCENT", help="at most so much longer than the slowest way")
    within = asked.parse_args().within
    document = diamond()
    times = []

    def slowly(seen):
        step = world.proxy.steps.get(mark_of(seen)) if seen.writes else None
        if step:
            times.append((step, time.time()))
        return ("slow", TAKES.get(step, 0)) if step else None

    with World(document, slowly) as world:
        slowest = TAKES["top"] + TAKES["bottom"] + max(
            TAKES["aws"] + TAKES["aws-in"], TAKES["oci"] + TAKES["oci-in"], TAKES["azure"] + TAKES["azure-in"])
        one_by_one = sum(TAKES.values())
        begun = time.time()
        code, _, errors = world.apply()
        whole = time.time() - begun
        assert code == 0, errors[-800:]
        world.holds()
        spans = {step: (at, at + TAKES.get(step, 0)) for step, at in times}
        walked = spans["bottom"][1] - spans["top"][0]
        print(f"  one after the other {one_by_one:.1f} s, the slowest way {slowest:.1f} s, the run {walked:.2f} s ({walked / slowest - 1:+.1%}); "
              f"with start and end of the program {whole:.2f} s")
        assert not early(document, spans), f"sent before what they stand on was answered: {early(document, spans)}"
        assert not apart(spans), f"these branches waited for each other: {apart(spans)}"
        assert walked < one_by_one, "the run took as long as one step after the other"
        assert within is None or walked <= slowest * (1 + within / 100), f"{walked:.2f} s are more than {within} % over {slowest:.1f} s"
        print("the branches of a diamond over three clouds run at the same time")


if __name__ == "__main__":
    sys.exit(main())
