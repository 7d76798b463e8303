"""Random requests of operations of the Azure Resource Manager, made by the official clients and by us.

Each client builds its request from random arguments and is stopped before it is sent; `conformance render` gets the same
values under their wire names. Both must mean the same.

  python azure_requests_peer.py [--seed N] [--packages a,b,…] [--all] [--keep FILE]

Without arguments: a fixed seed and the packages of requirements.txt.
"""

import argparse
import ast
import base64
import collections
import copy
import datetime
import decimal
import enum
import importlib
import importlib.metadata
import inspect
import random
import string
import sys
import textwrap
import typing
import warnings

from azure.core import MatchConditions
from azure.core.credentials import AccessToken

from request_meaning import judge

warnings.filterwarnings("ignore")
PLAIN = string.ascii_letters + string.digits
ODD = PLAIN + " _-.~!*'()&=+/:@#%?<>[]^|,;äß漢"
SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
ENDPOINT = "https://management.azure.com"
DEEPEST = 5


class Captured(BaseException):
    """The request, thrown past everything that would try again."""


class Stop:
    """A transport that sends nothing."""

    def send(self, request, **_):
        raise Captured(request)

    def open(self):
        pass

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Credential:
    def get_token(self, *_, **__):
        return AccessToken("token", 99999999999)


class Unknown(Exception):
    """The peer does not know how to make such an argument."""


class Values:
    """Random values: what the client takes, and the same on the wire."""

    def __init__(self, rng, models, read_only):
        self.rng = rng
        self.models = models
        self.read_only = read_only

    def text(self, odd=True):
        return "".join(self.rng.choice(ODD if odd else PLAIN) for _ in range(self.rng.randint(1, 12)))

    def of(self, kind, depth=0):
        """A value of a Python type."""
        origin, inside = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Union:
            kinds = [k for k in inside if k is not type(None)]
            named = [k for k in kinds if isinstance(k, type) and issubclass(k, enum.Enum)]
            if named:
                chosen = self.rng.choice(list(named[0])).value
                return chosen, chosen
            known = [k for k in kinds if is_model(k) or typing.get_origin(k) in (list, dict)]
            return self.of((known or kinds)[0], depth)
        if origin is typing.Literal:
            value = getattr(inside[0], "value", inside[0])
            return value, value
        if origin in (list, collections.abc.Sequence):
            both = [self.of(inside[0], depth + 1) for _ in range(self.rng.randint(0, 2) if depth < DEEPEST else 0)]
            return [b[0] for b in both], [b[1] for b in both]
        if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
            both = {self.text(False): self.of(inside[1], depth + 1) for _ in range(self.rng.randint(0, 2) if depth < DEEPEST else 0)}
            return {k: v[0] for k, v in both.items()}, {k: v[1] for k, v in both.items()}
        if is_model(kind):
            return self.model(kind, depth)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            chosen = self.rng.choice(list(kind)).value
            return chosen, chosen
        if kind is str:
            return (self.text(),) * 2
        if kind is bool:
            return (self.rng.random() < 0.5,) * 2
        if kind is int:
            return (self.rng.randint(1, 10**6),) * 2
        if kind in (float, decimal.Decimal):
            return (self.rng.randint(0, 1000) + self.rng.choice([0.5, 0.25]),) * 2
        if kind is datetime.datetime:
            at = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=self.rng.randint(0, 10**8))
            return at, at
        if kind is datetime.date:
            return datetime.date(2021, 2, 3), "2021-02-03"
        if kind is datetime.timedelta:
            return datetime.timedelta(days=3), "P3D"
        if kind is bytes:
            data = self.rng.randbytes(6)
            return data, base64.b64encode(data).decode()
        if kind in (typing.Any, object):
            value = self.rng.choice([{"a": [1, "x", True]}, ["y", {"b": 2.5}], "text", 7])
            return value, value
        raise Unknown(f"a value of {kind}")

    def model(self, kind, depth):
        if hasattr(kind, "_attribute_map"):
            wire = self.mapped(kind, depth)
            # Reading takes discriminators out of what it reads.
            return kind.from_dict(copy.deepcopy(wire)), wire
        return self.rest(kind, depth)

    def rest(self, kind, depth):
        """A model of the newest clients, member by member, and its JSON."""
        below = sorted(vars(kind).get("__mapping__", {}).items())
        if below:
            value, chosen = self.rng.choice(below)
            made, wire = self.rest(chosen, depth)
            decider = next(f._rest_name for f in chosen._attr_to_rest_field.values() if f._is_discriminator)
            # Some classes leave their own value out, and no answer would be understood without it.
            made.setdefault(decider, value)
            wire[decider] = made[decider]
            return made, wire
        made, wire = kind(), {}
        hints = typing.get_type_hints(kind, {**vars(sys.modules[kind.__module__]), "_models": self.models, "_unions": Unions()})
        for name, field in kind._attr_to_rest_field.items():
            read_only = field._visibility == ["read"]
            hint = hints[name]
            needed = type(None) not in typing.get_args(hint)
            if field._is_discriminator:
                if made.get(field._rest_name) is not None:
                    wire[field._rest_name] = made[field._rest_name]
                continue
            if read_only and not (self.read_only and depth < 2 and self.rng.random() < 0.3):
                continue
            if not read_only and not needed and (depth >= DEEPEST or self.rng.random() > (0.5 if depth < 2 else 0.25)):
                continue
            if depth > 12:
                raise RecursionError
            if read_only:
                ours = timed(self.of(hint, depth + 1)[1], field._format)
                made[field._rest_name] = wire[field._rest_name] = ours
                continue
            theirs, ours = self.of(hint, depth + 1)
            setattr(made, name, theirs)
            wire[field._rest_name] = timed(ours, field._format) if is_time(ours) else ours
        return made, timed(wire, None)

    def mapped(self, kind, depth):
        """The JSON of an older model."""
        for attribute, values in getattr(kind, "_subtype_map", {}).items():
            if "_subtype_map" in vars(kind) and values:
                value, below = self.rng.choice(sorted(values.items()))
                below = getattr(self.models, below)
                wire = self.mapped(below, depth)
                deeper = attribute in vars(below).get("_subtype_map", {})
                place(wire, kind._attribute_map[attribute]["key"], value, keep=deeper)
                return wire
        wire = {}
        # What stands for this class where its bases decide.
        own = {
            attribute: value
            for base in kind.__mro__[1:]
            for attribute, values in vars(base).get("_subtype_map", {}).items()
            for value, name in values.items()
            if name == kind.__name__
        }
        rules = getattr(kind, "_validation", {})
        for name, entry in kind._attribute_map.items():
            rule = rules.get(name, {})
            if entry["key"] == "" or rule.get("constant"):
                if rule.get("constant"):
                    place(wire, entry["key"], getattr(kind, name))
                continue
            if rule.get("readonly") and not (self.read_only and depth < 2 and self.rng.random() < 0.3):
                continue
            if not rule.get("required") and not rule.get("readonly") and (
                depth >= DEEPEST or self.rng.random() > (0.5 if depth < 2 else 0.25)
            ):
                continue
            if depth > 12:
                raise RecursionError
            place(wire, entry["key"], own.get(name) or self.written(entry["type"], depth))
        return wire

    def written(self, kind, depth):
        """A value of a type as the older models write it."""
        if kind[0] == "[":
            return [self.written(kind[1:-1], depth + 1) for _ in range(self.rng.randint(0, 2) if depth < DEEPEST else 0)]
        if kind[0] == "{":
            return {self.text(False): self.written(kind[1:-1], depth + 1) for _ in range(self.rng.randint(0, 2) if depth < DEEPEST else 0)}
        if kind == "iso-8601":
            return "2021-02-03T04:05:06.000Z"
        if kind == "rfc-1123":
            return "Wed, 03 Feb 2021 04:05:06 GMT"
        plain = {
            "str": str, "int": int, "long": int, "float": float, "bool": bool, "object": object, "duration": datetime.timedelta,
            "date": datetime.date, "bytearray": bytes, "base64": bytes, "decimal": float,
        }.get(kind)
        if plain:
            return self.of(plain, depth)[1]
        named = getattr(self.models, kind, None)
        if named is None:
            raise Unknown(f"a value of {kind}")
        if issubclass(named, enum.Enum):
            return self.rng.choice(list(named)).value
        return self.mapped(named, depth + 1)


class Unions:
    """Stands for aliases of unions, which are texts."""

    def __getattr__(self, _):
        return str


class Copies:
    """Stands for the models as plain dictionaries."""

    def __getattr__(self, _):
        return dict


def is_model(kind):
    if not isinstance(kind, type):
        return False
    return hasattr(kind, "_attribute_map") or any(base.__module__.endswith("model_base") for base in kind.__mro__)


def is_time(value):
    return isinstance(value, datetime.datetime)


def timed(value, form):
    """Points in time as they travel."""
    if isinstance(value, datetime.datetime):
        if form == "unix-timestamp":
            return int(value.timestamp())
        if form == "rfc7231":
            return value.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, dict):
        return {k: timed(v, form) for k, v in value.items()}
    if isinstance(value, list):
        return [timed(v, form) for v in value]
    return value


def place(wire, key, value, keep=False):
    """Puts a value where a key with dots says."""
    parts = [p.replace("\0", ".") for p in key.replace("\\.", "\0").split(".")]
    for part in parts[:-1]:
        wire = wire.setdefault(part, {})
    if not (keep and parts[-1] in wire):
        wire[parts[-1]] = value


class Method:
    """What the source of a method says about the wire: names, and which argument is the body."""

    def __init__(self, group, name):
        self.function = inspect.unwrap(getattr(type(group), name))
        module = sys.modules[self.function.__module__]
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.function)))
        initial = [c.func.attr for c in calls(tree) if isinstance(c.func, ast.Attribute) and c.func.attr.endswith("_initial")]
        if initial:
            sender = inspect.unwrap(getattr(type(group), initial[0]))
            tree = ast.parse(textwrap.dedent(inspect.getsource(sender)))
        self.body = None
        for call in calls(tree):
            if ast.unparse(call.func) in ("self._serialize.body", "json.dumps") and isinstance(call.args[0], ast.Name):
                self.body = call.args[0].id
                break
        self.types, self.least = {}, {}
        built = [c for c in calls(tree) if isinstance(c.func, ast.Name) and c.func.id.startswith("build_")]
        if not built:
            # The older clients write the request into the method itself, without annotations.
            self.wire = self.named(tree)
            self.types.update({c.args[0].id: c.args[1].value for c in calls(tree)
                               if ast.unparse(c.func) == "self._serialize.body" and isinstance(c.args[0], ast.Name)})
            return
        if self.body is None and any(k.arg in ("content", "json") for k in built[0].keywords):
            raise Unknown("a body that is no model")
        if self.body and self.body not in inspect.signature(self.function).parameters:
            raise Unknown("a body that is made of arguments")
        builder = ast.parse(inspect.getsource(getattr(module, built[0].func.id)))
        inner = self.named(builder)
        # The names of the builder's arguments in the method.
        self.wire = {k.value.id: inner[k.arg] for k in built[0].keywords if k.arg in inner and isinstance(k.value, ast.Name)}


    def named(self, tree):
        """Variables to wire names; types and least lengths on the side."""
        found = {}

        def note(call, wire):
            found[call.args[1].id] = wire
            self.types[call.args[1].id] = call.args[2].value
            self.least.update({wire: k.value.value for k in call.keywords if k.arg == "min_length"})

        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values):
                    if serialised(value):
                        note(value, key.value)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                call = node.value
                if isinstance(call, ast.ListComp):
                    found[call.generators[0].iter.id] = node.targets[0].slice.value
                elif serialised(call):
                    note(call, node.targets[0].slice.value)
        return found


def serialised(node):
    kinds = tuple(f"{of}.{how}" for of in ("_SERIALIZER", "self._serialize") for how in ("url", "query", "header"))
    return isinstance(node, ast.Call) and ast.unparse(node.func) in kinds and isinstance(node.args[1], ast.Name)


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def record(group, name, values, models):
    """Arguments under wire names, and the request of the client."""
    method = Method(group, name)
    signature = inspect.signature(method.function)
    space = {**vars(sys.modules[method.function.__module__]), "_models": models, "_types": Copies()}
    theirs, ours = {}, {}
    preconditions = False
    for parameter in list(signature.parameters.values())[1:]:
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        optional = parameter.default is not parameter.empty
        if parameter.name in ("etag", "match_condition"):
            preconditions = True
            continue
        if optional and values.rng.random() > 0.5:
            continue
        kind = eval(parameter.annotation, space) if isinstance(parameter.annotation, str) else parameter.annotation
        if kind is parameter.empty:
            written = method.types.get(parameter.name, "str")
            kind = TYPES.get(written) or getattr(models, written)
        else:
            kind = resolved(kind, space)
        if parameter.name == method.body:
            theirs[parameter.name], sent = values.of(kind)
            ours["body"] = timed(sent, None)
            continue
        wire = method.wire.get(parameter.name)
        if wire is None:
            if optional:
                continue
            raise Unknown(f"the argument {parameter.name}")
        value, sent = values.of(kind)
        if isinstance(value, str):
            value = sent = value.ljust(max(2, method.least.get(wire, 0)), "x")
        if method_header(wire):
            value = sent = values.text(False)
        theirs[parameter.name], ours[wire] = value, timed(sent, None) if not is_time(sent) else sent.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if preconditions and values.rng.random() < 0.5:
        theirs.update(etag="tag", match_condition=MatchConditions.IfNotModified)
    try:
        answer = getattr(group, name)(**theirs)
        next(iter(answer))
    except Captured as captured:
        request = captured.args[0]
    else:
        raise Unknown("no request was made")
    headers = {k.lower(): v for k, v in request.headers.items()}
    if "match_condition" in theirs:
        ours.update({n: headers[n.lower()] for n in ("If-Match", "If-None-Match") if n.lower() in headers})
    body = request.body or b""
    return ours, {
        "method": request.method,
        "url": request.url,
        "headers": headers,
        "body": body.encode() if isinstance(body, str) else bytes(body),
    }


TYPES = {"str": str, "int": int, "bool": bool, "float": float, "object": object, "iso-8601": datetime.datetime}


def method_header(wire):
    return wire.lower() in ("if-match", "if-none-match", "x-ms-client-request-id")


def resolved(kind, space):
    """A type with its forward references looked up."""
    return typing.get_type_hints(type("_", (), {"__annotations__": {"x": kind}}), space)["x"]


def capitalised(name):
    return "".join(word[:1].upper() + word[1:] for word in name.removeprefix("begin_").split("_"))


def client_classes(package):
    """(service, client class) of a package, by its own list of files."""
    found = []
    for file in importlib.metadata.files(package):
        parts = file.parts
        if parts[-1] != "__init__.py" or {"aio", "models", "operations", "_utils"} & set(parts) or parts[0] != "azure":
            continue
        if any(p[0] == "v" and p[1:5].isdigit() for p in parts):
            continue
        module = importlib.import_module(".".join(parts[:-1]))
        for name in getattr(module, "__all__", []):
            if name.endswith("Client") or isinstance(getattr(module, name), type):
                kind = getattr(module, name)
                if "credential" in inspect.signature(kind.__init__).parameters:
                    found.append((parts[:-1], kind))
    short = package.removeprefix("azure-mgmt-")
    return [(short if len(found) == 1 else f"{short}.{at[-1]}", kind) for at, kind in found]


def groups(client):
    """(prefix of the operations' names, object) of a client."""
    names = [n for n in dir(client) if not n.startswith("_") and n not in ("models", "close", "profile")]
    for name in names:
        try:
            group = getattr(client, name)
        except (ValueError, AttributeError):
            continue
        kind = type(group).__name__
        if kind.endswith("Operations"):
            yield (kind.removesuffix("Operations") or "Operations") + "_", group
    if any(base.__name__.endswith("OperationsMixin") for base in type(client).__mro__):
        yield "", client


def vectors(packages, seed, skipped):
    for package in packages:
        for service, kind in client_classes(package):
            arguments = {"credential": Credential(), "transport": Stop()}
            known = inspect.signature(kind.__init__).parameters
            if "subscription_id" in known:
                arguments["subscription_id"] = SUBSCRIPTION
            if "base_url" in known:
                arguments["base_url"] = ENDPOINT
            client = kind(**arguments)
            for prefix, group in groups(client):
                owner = next(b for b in type(group).__mro__ if b.__name__.endswith(("Operations", "OperationsMixin")))
                models = importlib.import_module(owner.__module__.rsplit(".operations", 1)[0] + ".models")
                for name, _ in inspect.getmembers(owner, inspect.isfunction):
                    if name.startswith("_") or (not prefix and name in ("close", "send_request")):
                        continue
                    operation = prefix + capitalised(name)
                    label = f"{seed}.{service}.{operation}"
                    try:
                        last = None
                        for attempt in range(3):
                            values = Values(random.Random(f"{label}.{attempt}"), models, read_only=attempt == 0)
                            try:
                                ours, request = record(group, name, values, models)
                                break
                            except (RecursionError, TypeError, ValueError, AttributeError) as error:
                                last = error
                        else:
                            raise last
                    except Exception as error:  # of many kinds; all are told
                        skipped.append(f"{label}: {type(error).__name__}: {error}")
                        continue
                    yield {
                        "id": label, "cloud": "azure", "service": service, "operation": operation, "region": None,
                        "params": ours, "context": {"endpoint": ENDPOINT, "subscription_id": SUBSCRIPTION},
                    }, request


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--packages")
    options.add_argument("--all", action="store_true", help="every package that is installed")
    options.add_argument("--keep", help="write lines that differ to this file")
    options = options.parse_args()
    installed = sorted(d.metadata["Name"] for d in importlib.metadata.distributions())
    packages = [p for p in installed if p.startswith("azure-mgmt-") and p != "azure-mgmt-core"]
    if options.packages:
        packages = [p for p in packages if p.removeprefix("azure-mgmt-") in options.packages.split(",")]
    skipped = []
    made = list(vectors(packages, options.seed, skipped))
    return judge(made, skipped, f"{len(packages)} packages", 99.8, options.keep)


if __name__ == "__main__":
    sys.exit(main())
