"""What the catalog says of the models of Azure, beside the official clients' own running classes.

Compared for every model that operations reach: wire names, which members are required, which the cloud sets itself,
the discriminator with its values, and the known values of enumerations.

  python azure_models_peer.py [--packages a,b,…]

Without arguments: the packages of requirements.txt.
"""

import argparse
import enum
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import typing
import warnings

from azure_requests_peer import Unions, client_classes, groups, is_model

warnings.filterwarnings("ignore")


def rest_facts(kind, models):
    """A class with `rest_field` members."""
    kind()
    hints = typing.get_type_hints(kind, {**vars(sys.modules[kind.__module__]), "_models": models, "_unions": Unions()})
    members = {}
    for name, field in kind._attr_to_rest_field.items():
        read_only = field._visibility == ["read"]
        members[field._rest_name] = {
            "required": type(None) not in typing.get_args(hints[name]) and not read_only,
            "read_only": read_only,
            "write_only": field._visibility is not None and "read" not in field._visibility,
            "allowed": enumeration(hints[name]),
        }
    below = {value: chosen.__name__ for value, chosen in vars(kind).get("__mapping__", {}).items()}
    decider = next((f._rest_name for f in kind._attr_to_rest_field.values() if f._is_discriminator), None)
    return members, decider if below else None, below


def enumeration(hint):
    """The values of an enumeration; None for a type that is none."""
    kinds = [k for k in typing.get_args(hint) or [hint] if k is not type(None)]
    for kind in kinds:
        if typing.get_origin(kind) is typing.Union:
            return enumeration(kind)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return sorted(str(one.value) for one in kind)
    return None


def mapped_facts(kind, _models):
    """A class with an `_attribute_map`."""
    rules = getattr(kind, "_validation", {})
    members = {}
    for name, entry in kind._attribute_map.items():
        if entry["key"] == "":
            continue
        rule = rules.get(name, {})
        read_only = bool(rule.get("readonly"))
        members[entry["key"].replace("\\.", ".")] = {
            "required": bool(rule.get("required")) and not read_only,
            "read_only": read_only,
            "write_only": False,
            "allowed": None,
        }
    below = vars(kind).get("_subtype_map", {})
    for attribute, values in below.items():
        return members, kind._attribute_map[attribute]["key"].replace("\\.", "."), values
    return members, None, {}


def folders(service_class):
    """The `models` packages that a client's groups use."""
    client_class = service_class
    from azure_requests_peer import Credential, Stop
    import inspect

    arguments = {"credential": Credential(), "transport": Stop()}
    if "subscription_id" in inspect.signature(client_class.__init__).parameters:
        arguments["subscription_id"] = "s"
    if "base_url" in inspect.signature(client_class.__init__).parameters:
        arguments["base_url"] = "https://management.azure.com"
    found = {}
    for _, group in groups(client_class(**arguments)):
        owner = next(b for b in type(group).__mro__ if b.__name__.endswith(("Operations", "OperationsMixin")))
        name = owner.__module__.rsplit(".operations", 1)[0] + ".models"
        found[name] = importlib.import_module(name)
    return list(found.values())


def compare(service, shapes, modules):
    """(number of facts compared, differences in words)."""
    facts, wrong = 0, []
    for shape in shapes:
        # Several API versions may have a model of one name: one of them must be as the catalog says.
        candidates = [(getattr(m, shape["name"]), m) for m in modules if is_model(getattr(m, shape["name"], None))]
        if not candidates:
            # Lists of pages are no public classes.
            candidates = [(getattr(i, shape["name"]), m) for m in modules for i in [inner(m)] if is_model(getattr(i, shape["name"], None))]
        if not candidates:
            wrong.append(f"{service} {shape['name']}: the package has no such class")
            continue
        results = [one(shape, kind, module) for kind, module in candidates]
        best = min(results, key=lambda r: len(r[1]))
        facts += best[0]
        wrong += [f"{service} {shape['name']}: {what}" for what in best[1]]
    return facts, wrong


def inner(module):
    try:
        return importlib.import_module(module.__name__ + "._models")
    except ImportError:
        return module


def one(shape, kind, module):
    read = mapped_facts if hasattr(kind, "_attribute_map") else rest_facts
    members, decider, below = read(kind, module)
    wrong = []
    ours = shape["members"]
    nested = {n for n in members if any(other.startswith(n + ".") for other in members)}
    if set(ours) != set(members) - nested:
        wrong.append(f"members {sorted(set(ours) ^ (set(members) - nested))[:6]} are not in both")
    facts = 1
    for name in set(ours) & set(members):
        for fact in ("required", "read_only", "write_only"):
            facts += 1
            if ours[name][fact] != members[name][fact]:
                wrong.append(f"{name} {fact}: {ours[name][fact]} for {members[name][fact]}")
        if members[name]["allowed"] is not None:
            facts += 1
            if sorted(ours[name]["allowed"]) != members[name]["allowed"]:
                wrong.append(f"{name}: values {ours[name]['allowed'][:4]} for {members[name]['allowed'][:4]}")
    facts += 1
    if decider != shape["discriminator"]:
        wrong.append(f"discriminator {shape['discriminator']} for {decider}")
    # Ours lists also the variants of variants.
    for value, name in below.items():
        facts += 1
        if shape["variants"].get(value) != name:
            wrong.append(f"variant {value}: {shape['variants'].get(value)} for {name}")
    return facts, wrong


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--packages")
    options = options.parse_args()
    installed = sorted(d.metadata["Name"] for d in importlib.metadata.distributions())
    packages = [p for p in installed if p.startswith("azure-mgmt-") and p != "azure-mgmt-core"]
    if options.packages:
        packages = [p for p in packages if p.removeprefix("azure-mgmt-") in options.packages.split(",")]
    facts, models, wrong = 0, 0, []
    for package in packages:
        for service, kind in client_classes(package):
            line = json.dumps({"id": service, "cloud": "azure", "service": service})
            command = [os.environ["PROVISIONER"], "conformance", "shapes"]
            answer = json.loads(subprocess.run(command, input=line.encode(), stdout=subprocess.PIPE, check=True).stdout)
            if "error" in answer:
                wrong.append(f"{service}: {answer['error']['message']}")
                continue
            compared, differences = compare(service, answer["shapes"], folders(kind))
            facts, models, wrong = facts + compared, models + len(answer["shapes"]), wrong + differences
    for what in wrong[:40]:
        print(f"  {what[:240]}")
    print(f"{facts - len(wrong)}/{facts} facts of {models} models in {len(packages)} packages equal")
    return 0 if facts and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
