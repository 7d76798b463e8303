"""A diamond over three clouds, whose branches run at the same time.

Every request that changes something takes a while in the cloud, in each cloud another. The run may take at most a tenth longer than its
slowest way: the first step, the slowest branch, and the last step.
"""

import sys
import time

from three_clouds import World, azure_subnet, group, mark_of, oci_subnet, plan, queue, security_group, subnet, vcn, vnet, vpc

# Seconds that a change takes, by step.
TAKES = {"top": 1.0, "aws": 2.0, "aws-in": 2.0, "oci": 3.0, "oci-in": 3.0, "azure": 3.0, "azure-wall": 3.0, "azure-in": 4.0, "bottom": 1.0}
MORE = 1.10


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


def main():
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
        walked = max(at for _, at in times) + TAKES["bottom"] - min(at for _, at in times)
        print(f"  one after the other {one_by_one:.1f} s, the slowest way {slowest:.1f} s, the run {walked:.2f} s ({walked / slowest - 1:+.1%}); "
              f"with start and end of the program {whole:.2f} s")
        assert walked <= slowest * MORE, f"the branches wait for each other: {walked:.2f} s for {slowest:.1f} s"
        together = {step: at for step, at in times}
        assert max(together[s] for s in ("aws", "oci")) - min(together[s] for s in ("aws", "oci")) < 0.5, "the branches begin one after the other"
        print("the branches of a diamond over three clouds run at the same time")


if __name__ == "__main__":
    sys.exit(main())
