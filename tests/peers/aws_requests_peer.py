"""Random requests of every operation, rendered by botocore and by us.

botocore builds each request from random parameters and is stopped before it is sent; `conformance render` gets the same
parameters. Both must mean the same.

  python aws_requests_peer.py [--seed N] [--all | --services a,b,…] [--per-operation N] [--keep FILE]

Without arguments: a fixed seed and every seventh service, with the large and the peculiar ones.
"""

import argparse
import base64
import datetime
import json
import random
import string
import sys
import urllib.parse
import warnings

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.tokens import FrozenAuthToken

from request_meaning import judge

warnings.filterwarnings("ignore")
REGION = "us-east-1"
# Peculiar ones, in every run: addressing, signing, aliases, presigned copies, host labels.
ALWAYS = ["s3", "s3control", "ec2", "rds", "route53", "glacier", "apigateway", "dynamodb", "sqs", "kinesis", "lambda",
          "iam", "sts", "cloudwatch", "cloudformation", "lexv2-runtime", "iot-data", "bedrock-runtime", "neptune"]
TRIES = 6
PLAIN = string.ascii_letters + string.digits
ODD = PLAIN + " _-.~!*'()&=+/:@#%?<>\"\\{}[]^|,;äß漢😀"


class Values:
    """Random parameters for a shape: what botocore takes, and the same as a plan writes it."""

    def __init__(self, rng, tame):
        self.rng = rng
        # A tame value has only letters and digits: for labels, headers, and second tries.
        self.tame = tame

    def text(self, shape, tame):
        if shape.enum and self.rng.random() < 0.9:
            return self.rng.choice(shape.enum)
        least = int(shape.metadata.get("min") or 0)
        length = max(least, 1, self.rng.randint(1, 12))
        return "".join(self.rng.choice(PLAIN if tame or self.tame else ODD) for _ in range(length))

    def whole(self, shape, size):
        least = int(shape.metadata.get("min", 0))
        most = int(shape.metadata.get("max", max(least + 1000, 1000)))
        return self.rng.randint(least, max(least, min(most, size)))

    def value(self, shape, depth, tame=False):
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            least = int(shape.metadata.get("min") or 0)
            count = max(least, 0 if depth > 5 else self.rng.randint(0, 3))
            if depth > 12:
                raise RecursionError
            both = [self.value(shape.member, depth + 1, tame) for _ in range(count)]
            return [b[0] for b in both], [b[1] for b in both]
        if kind == "map":
            least = int(shape.metadata.get("min") or 0)
            count = max(least, 0 if depth > 5 else self.rng.randint(0, 2))
            theirs, ours = {}, {}
            for _ in range(count):
                key = self.value(shape.key, depth + 1, True)[0]
                theirs[key], ours[key] = self.value(shape.value, depth + 1, tame)
            return theirs, ours
        if kind in ("integer", "long"):
            return (self.whole(shape, 2**31 - 1 if kind == "integer" else 2**53),) * 2
        if kind in ("float", "double"):
            return (self.whole(shape, 10**6) + self.rng.choice([0.0, 0.5, 0.25, 0.125]),) * 2
        if kind == "boolean":
            return (self.rng.random() < 0.5,) * 2
        if kind == "timestamp":
            at = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
            at += datetime.timedelta(seconds=self.rng.randint(0, 10**8))
            return at, at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if kind == "blob":
            data = self.rng.randbytes(max(1, int(shape.metadata.get("min") or 0), self.rng.randint(1, 40)))
            return data, base64.b64encode(data).decode()
        return (self.text(shape, tame),) * 2

    def document(self):
        return self.rng.choice([{"a": [1, "x", None, True]}, ["y", {"b": 2.5}], "text", 7, False, {}])

    def structure(self, shape, depth):
        if getattr(shape, "is_document_type", False):
            return (self.document(),) * 2
        if depth > 24:
            raise RecursionError
        theirs, ours = {}, {}
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [self.rng.choice(names)]
        for name in names:
            member = shape.members[name]
            needed = name in shape.required_members or getattr(shape, "is_tagged_union", False)
            if not needed and (depth > 4 or self.rng.random() > (0.45 if depth < 2 else 0.25)):
                continue
            theirs[name], ours[name] = self.member(name, member, depth)
        return theirs, ours

    def member(self, name, member, depth):
        at = member.serialization
        if at.get("jsonvalue") and at.get("location") == "header":
            return (self.document(),) * 2
        if name == "AccountId" and member.type_name == "string":
            return (str(self.rng.randint(10**11, 10**12 - 1)),) * 2
        if name == "KvsARN":
            return ("arn:aws:cloudfront::123456789012:key-value-store/a1b2c3d4",) * 2
        if name == "SourceRegion":
            return (self.rng.choice(["eu-west-1", "us-west-2"]),) * 2
        if name == "Bucket" and member.type_name == "string":
            return (self.rng.choice(["bucket-", "b.", "my-data-"]) + "".join(self.rng.choices(string.ascii_lowercase, k=6)),) * 2
        if at.get("hostLabel"):
            return ("label" + str(self.rng.randint(1, 999)),) * 2
        return self.value(member, depth + 1, tame=at.get("location") in ("header", "headers"))


class Recorder:
    """A botocore client that hands over its requests instead of sending them."""

    def __init__(self, session, service):
        config = Config(retries={"max_attempts": 1}, connect_timeout=1, parameter_validation=True)
        self.client = session.create_client(
            service, region_name=REGION, config=config, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret"
        )
        self.request = None
        self.signing = None
        # One service is asked with a token, which botocore would look for in a sign-on.
        self.client._request_signer._auth_token = FrozenAuthToken("token")
        self.client.meta.events.register("before-send", self.capture)

    def capture(self, request, **_):
        self.request = request
        # Services that must be asked where to go name the place that they were asked at.
        host = urllib.parse.urlsplit(request.url).netloc
        return AWSResponse(request.url, 200, {}, Raw({"Endpoints": [{"Address": host, "CachePeriodInMinutes": 9}]}))

    def record(self, operation, params):
        self.request = None
        refusal = None
        try:
            self.client._make_api_call(operation, params)
        except Exception as error:  # botocore raises many kinds; after the capture none of them matters
            refusal = error
        if self.request is None:
            raise refusal
        body = self.request.body
        if body is None:
            body = b""
        elif hasattr(body, "read"):
            body = body.read()
        elif isinstance(body, str):
            body = body.encode()
        text = lambda v: v.decode("latin-1") if isinstance(v, bytes) else str(v)
        return {
            "method": self.request.method,
            "url": self.request.url,
            "headers": {text(k).lower(): text(v) for k, v in self.request.headers.items()},
            "body": bytes(body),
        }


class Raw:
    """The body of an answer."""

    def __init__(self, value):
        self.body = json.dumps(value).encode()

    def stream(self, **_):
        return iter([self.body])

    def read(self, *_):
        return self.body


def vectors(services, seed, per_operation):
    """(line for us, what botocore made of it) for every operation; what botocore refuses is counted and left out."""
    session = botocore.session.get_session()
    for service in services:
        recorder = Recorder(session, service)
        model = recorder.client.meta.service_model
        # botocore has no methods for operations with an event stream as input.
        names = [n for n in model.operation_names if not model.operation_model(n).has_event_stream_input]
        for operation in names:
            for turn in range(per_operation):
                yield vector(recorder, model, service, operation, f"{seed}.{service}.{operation}.{turn}")


def vector(recorder, model, service, operation, name):
    shape = model.operation_model(operation).input_shape
    refusal = None
    for attempt in range(TRIES):
        values = Values(random.Random(f"{name}.{attempt}"), tame=attempt > 1)
        try:
            theirs, ours = values.structure(shape, 0) if shape else ({}, {})
            line = {"id": name, "cloud": "aws", "service": service, "operation": operation, "region": REGION, "params": ours}
            return line, recorder.record(operation, theirs)
        except Exception as error:
            refusal = error
    return {"id": name}, refusal


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--all", action="store_true")
    options.add_argument("--services")
    options.add_argument("--per-operation", type=int, default=1)
    options.add_argument("--keep", help="write lines that differ to this file")
    options = options.parse_args()
    every = botocore.session.get_session().get_available_services()
    services = every if options.all else sorted(set(every[::7]) | set(ALWAYS))
    if options.services:
        services = options.services.split(",")
    made, refused = [], []
    for line, request in vectors(services, options.seed, options.per_operation):
        (refused if isinstance(request, BaseException) else made).append((line, request))
    left_out = [f"{line['id']}: {error}" for line, error in refused]
    return judge(made, left_out, f"{len(services)} services", 99.9, options.keep)


if __name__ == "__main__":
    sys.exit(main())
