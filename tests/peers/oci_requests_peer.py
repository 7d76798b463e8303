"""Random requests of OCI operations, rendered by the official SDK and by us.

The SDK builds each request from random arguments and is stopped before it is sent; `conformance render` gets the same
values under their wire names. Both must mean the same.

  python oci_requests_peer.py [--seed N] [--all | --modules a,b,…] [--per-operation N] [--keep FILE]

Without arguments: a fixed seed and every sixth operation of every client of every module.
"""

import argparse
import base64
import datetime
import importlib
import inspect
import io
import os
import pkgutil
import random
import re
import string
import sys
import warnings
import zlib

import oci
from oci._vendor import requests
from oci.circuit_breaker import NoCircuitBreakerStrategy
from oci.retry import NoneRetryStrategy
from oci.signer import AbstractBaseSigner, inject_missing_headers
from oci.util import NONE_SENTINEL

from request_meaning import judge

warnings.filterwarnings("ignore")
TRIES = 8
PLAIN = string.ascii_letters + string.digits
ODD = PLAIN + " _-.~!*'()&=+/:@#%?<>\"\\{}[]^|,;äß漢😀"
REGIONS = ["us-ashburn-1", "iad", "eu-frankfurt-1", "us-langley-1", "eu-dcc-milan-1", "uk-gov-london-1", "xx-unknown-7"]
NOBODY = {
    "user": "ocid1.user.oc1..example",
    "tenancy": "ocid1.tenancy.oc1..example",
    "fingerprint": ":".join(["00"] * 16),
    "key_content": "none",
}
# Arguments of the call itself, and a header that the signature overwrites.
NOT_SENT = {"retry_strategy", "allow_control_chars", "enable_strict_url_encoding", "buffer_limit", "authorization"}
DOCUMENTED = re.compile(r"^\s*:param (.*?) (\w+): \((required|optional)\)$", re.M)
TAKEN = r"(?:kwargs\.get\([\"'](\w+)[\"'], missing\)|(\w+))"
PLACED = re.compile(
    r'^\s+"([^"]+)": (?:self\.base_client\.generate_collection_format_param\()?' + TAKEN + r"(?:, '\w+'\))?,?$", re.M
)
BODY = re.compile(r"^\s+body=(?:kwargs\.get\('(\w+)'\)|(\w+)),$", re.M)
WORDS = re.compile(r"Allowed values (?:are|for this property are|for items in this list are): (.*)")


class Stopped(BaseException):
    """Carries a request out of the SDK. No `Exception`, so that nobody on the way handles it."""

    def __init__(self, request):
        super().__init__()
        self.request = request


def stop(_session, request, **_):
    raise Stopped(request)


class Unsigned(AbstractBaseSigner):
    """Adds what signing adds, but for the signature."""

    def __init__(self):
        pass

    def __call__(self, request, enforce_content_headers=True):
        inject_missing_headers(request, True, enforce_content_headers)
        return request

    @property
    def without_content_headers(self):
        return lambda request: self(request, enforce_content_headers=False)


def words_in(text):
    found = WORDS.search(text or "")
    return [w for w in re.findall(r'"([^"]*)"', found.group(1)) if w != "UNKNOWN_ENUM_VALUE"] if found else []


class Values:
    """Random arguments: what the SDK takes, and the same under wire names."""

    def __init__(self, rng, models, tame):
        self.rng = rng
        self.models = models
        self.tame = tame

    def text(self, tame=False):
        return "".join(self.rng.choice(PLAIN if tame or self.tame else ODD) for _ in range(self.rng.randint(1, 12)))

    def document(self):
        return self.rng.choice([{"a": [1, "x", None, True]}, ["y", {"b": 2.5}], "text", 7, False, {}])

    def value(self, kind, words=(), depth=0, tame=False):
        kind = kind.strip()
        rng = self.rng
        if kind.startswith("oci.") and ".models." in kind:
            kind = kind.split(".models.", 1)[1]
        if kind.startswith("list["):
            both = [self.value(kind[5:-1], words, depth + 1, tame) for _ in range(rng.randint(1, 3))]
            return [b[0] for b in both], [b[1] for b in both]
        if kind.startswith("dict(str, "):
            theirs, ours = {}, {}
            for _ in range(rng.randint(0, 2)):
                key = self.text(True)
                theirs[key], ours[key] = self.value(kind[10:-1], (), depth + 1, tame)
            return theirs, ours
        if words:
            return (rng.choice(words),) * 2
        if kind == "bool":
            return (rng.random() < 0.5,) * 2
        if kind == "int":
            return (rng.choice([0, -1, rng.randint(0, 99), rng.randint(0, 2**53)]),) * 2
        if kind == "float":
            return (rng.choice([0.5, 3.0, -1.25, rng.random(), 1e-7, 2.5e17]),) * 2
        if kind == "datetime":
            at = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=rng.randint(0, 10**8))
            at = at.replace(microsecond=rng.choice([0, 0, 1, 250000]))
            if rng.random() < 0.7:
                at = at.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=rng.choice([0, 120, -330]))))
            return at, at.isoformat()
        if kind == "date":
            return datetime.date(2024, 2, 29), "2024-02-29"
        if kind == "object":
            return (self.document(),) * 2
        if kind == "stream":
            data = rng.randbytes(rng.randint(1, 40))
            return io.BytesIO(data), base64.b64encode(data).decode()
        model = self.models.get(kind)
        if model is not None:
            return self.model(model, depth)
        return (self.text(tame),) * 2

    def model(self, model, depth):
        if depth > 20:
            raise RecursionError(model.__name__)
        variants = [m for m in self.models.values() if m is not model and issubclass(m, model)]
        if variants:
            model = self.rng.choice(sorted(variants, key=lambda m: m.__name__))
        theirs = model()
        ours = {}
        fixed = {name for name in theirs.swagger_types if getattr(theirs, name) is not None}
        for name, kind in theirs.swagger_types.items():
            wire = theirs.attribute_map[name]
            if name in fixed:
                ours[wire] = getattr(theirs, name)
                continue
            about = getattr(model, name).__doc__ or ""
            required = about.strip().startswith("**[Required]**")
            if not required and (depth > 4 or self.rng.random() > (0.5 if depth < 2 else 0.25)):
                continue
            if not required and self.rng.random() < 0.05:
                setattr(theirs, name, NONE_SENTINEL)
                ours[wire] = None
                continue
            value, ours[wire] = self.value(kind, words_in(about), depth + 1)
            setattr(theirs, name, value)
        return theirs, ours


def clients(modules):
    """(module name, service name, client class) of every client."""
    for module in modules:
        package = importlib.import_module(f"oci.{module}")
        for found in pkgutil.iter_modules(package.__path__):
            if found.name.endswith("_client") and not found.name.startswith("async_"):
                source = importlib.import_module(f"oci.{module}.{found.name}")
                for name, member in vars(source).items():
                    if inspect.isclass(member) and member.__module__ == source.__name__:
                        yield module, f"{module}.{found.name[:-len('_client')]}", member


def make(client_class, rng):
    """A client somewhere, and how a checker's line says where."""
    region = rng.choice(REGIONS)
    context, options = {}, {"circuit_breaker_strategy": NoCircuitBreakerStrategy(), "signer": Unsigned()}
    regional = "service_endpoint" not in inspect.signature(client_class.__init__).parameters
    if rng.random() < 0.2 or not regional:
        context["endpoint"] = options["service_endpoint"] = rng.choice(["https://a-1.example.com", "http://127.0.0.1:8443"])
    if rng.random() < 0.3:
        context["use_dualstack"] = options["client_level_dualstack_endpoints_enabled"] = rng.random() < 0.7
    if rng.random() < 0.3:
        options["client_level_realm_specific_endpoint_template_enabled"] = True
        context["realm_specific_endpoint"] = True
    return client_class(dict(NOBODY, region=region), **options), region, context


def arguments(method, source, values):
    """Positional and named arguments, and the same under wire names."""
    about = inspect.getdoc(method) or ""
    kinds = {}
    for found in DOCUMENTED.finditer(about):
        rest = about[found.end() :].split("\n:param", 1)[0]
        kinds[found.group(2)] = (found.group(1), words_in(rest))
    wires = {a or b: wire for wire, a, b in PLACED.findall(source)}
    wires.update({a or b: "body" for a, b in BODY.findall(source)})
    if 'kwargs.get("opc_meta"' in source:
        wires["opc_meta"] = "opc-meta-"
    needed = [name for name in inspect.signature(method).parameters if name != "kwargs"]
    theirs, ours = {}, {}
    for name, (kind, words) in kinds.items():
        if name in NOT_SENT or (name not in needed and values.rng.random() > 0.4):
            continue
        wire = wires[name]
        plain = wire != "body" and (wire == wire.lower() or "-" in wire)
        value, own = values.value(kind, words, 0, tame=plain)
        # Dot segments change which resource a path names: we refuse them.
        if isinstance(own, str) and wire != "body" and any(part in (".", "..", "") for part in own.strip().split("/")):
            value = own = values.text(True)
        theirs[name], ours[wire] = value, own
    return [theirs.pop(name) for name in needed], theirs, ours


def vector(client, name, method, source, region, context, identity):
    refusal = None
    for attempt in range(TRIES):
        values = Values(random.Random(f"{identity}.{attempt}"), client.base_client.complex_type_mappings, tame=attempt > 2)
        try:
            positional, named, ours = arguments(method, source, values)
            method(*positional, retry_strategy=NoneRetryStrategy(), **named)
        except Stopped as stopped:
            operation = "".join(part[:1].upper() + part[1:] for part in method.__name__.split("_"))
            line = {"id": identity, "cloud": "oci", "service": name, "operation": operation, "region": region,
                    "params": ours, "context": context}  # fmt: skip
            return line, request_of(stopped.request)
        except Exception as error:  # the SDK raises many kinds
            refusal = error
    return {"id": identity}, refusal


def request_of(prepared):
    body = prepared.body
    body = b"" if body is None else body.read() if hasattr(body, "read") else body
    address, mark, query = prepared.url.partition("?")
    text = lambda v: v.decode("latin-1") if isinstance(v, bytes) else str(v)
    return {
        "method": prepared.method,
        # Both ways to write a space mean the same.
        "url": address + mark + query.replace("+", "%20"),
        "headers": {text(k).lower(): text(v) for k, v in prepared.headers.items()},
        "body": body.encode() if isinstance(body, str) else bytes(body),
    }


def vectors(modules, seed, per_operation, every):
    for _, service, client_class in clients(modules):
        rng = random.Random(f"{seed}.{service}")
        client, region, context = make(client_class, rng)
        for name, function in inspect.getmembers(client_class, inspect.isfunction):
            if name.startswith("_") or (zlib.crc32(f"{service}.{name}".encode()) + seed) % every:
                continue
            source = inspect.getsource(function)
            for turn in range(per_operation):
                identity = f"{seed}.{service}.{name}.{turn}"
                yield vector(client, service, getattr(client, name), source, region, context, identity)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--all", action="store_true")
    options.add_argument("--modules")
    options.add_argument("--per-operation", type=int, default=1)
    options.add_argument("--keep", help="write lines that differ to this file")
    options = options.parse_args()
    requests.Session.send = stop
    every = [m.name for m in pkgutil.iter_modules(oci.__path__) if m.ispkg]
    modules = [m for m in every if os.path.isdir(os.path.join(oci.__path__[0], m, "models"))]
    if options.modules:
        modules = options.modules.split(",")
    step = 1 if options.all or options.modules else 6
    made, refused = [], []
    for line, request in vectors(modules, options.seed, options.per_operation, step):
        (refused if isinstance(request, BaseException) else made).append((line, request))
    left_out = [f"{line['id']}: {type(error).__name__}: {error}" for line, error in refused]
    return judge(made, left_out, f"{len(modules)} modules", 100, options.keep)


if __name__ == "__main__":
    sys.exit(main())
