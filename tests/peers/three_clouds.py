"""Plans over three clouds, the embedded clouds behind one proxy, and what must be true of them whatever happened.

The proxy looks into the program's journal when a request arrives: whatever is sent must be written down already. It knows
each step by its mark, a name that stands in the step's request and on the thing that it makes.
"""

import collections
import glob
import hashlib
import json
import os
import stat
import tempfile
import time
import urllib.parse

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fault_proxy import TAGS, Cloud, Desk, Proxy, queue, role, subnet, vpc

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TENANCY = "ocid1.tenancy.oc1..aaaapeer"
OCI_REGION, LOCATION = "eu-frankfurt-1", "germanywestcentral"
SPACE = "sandbox"


def write_profile(folder):
    """A profile of the OCI tools with a key of its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashlib.md5(der).hexdigest()
    fingerprint = ":".join(digest[i:i + 2] for i in range(0, 32, 2))
    key_file, config = os.path.join(folder, "key.pem"), os.path.join(folder, "config")
    with open(key_file, "wb") as out:
        out.write(pem)
    values = dict(user="ocid1.user.oc1..aaaapeer", tenancy=TENANCY, fingerprint=fingerprint, key_file=key_file, region=OCI_REGION)
    with open(config, "w") as out:
        out.write("[DEFAULT]\n" + "".join(f"{name}={value}\n" for name, value in values.items()))
    os.chmod(config, 0o600)
    os.chmod(key_file, 0o600)
    return config


def write_az(folder):
    """A stand-in for the Azure CLI that gives a token as the real one writes it."""
    path = os.path.join(folder, "az")
    token = {"accessToken": "sandbox", "expires_on": int(time.time()) + 36000, "tokenType": "Bearer"}
    with open(path, "w") as out:
        out.write(f"#!/bin/sh\ncat <<'END'\n{json.dumps(token)}\nEND\n")
    os.chmod(path, os.stat(path).st_mode | stat.S_IEXEC)
    return folder


TOOLS = tempfile.mkdtemp(prefix="tools-")
PROFILE, AZ = write_profile(TOOLS), write_az(TOOLS)


class ThreeDesk(Desk):
    """The program, pointed at one address for all clouds."""

    def __init__(self, port):
        super().__init__(port)
        kept = {name: value for name, value in self.environment.items() if not name.startswith(("AZURE_", "OCI_"))}
        address = f"http://127.0.0.1:{port}"
        self.environment = {
            **kept, "OCI_CLI_CONFIG_FILE": PROFILE, "OCI_CLI_ENDPOINT": address, "AZURE_RESOURCE_MANAGER_URL": address,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_TOKEN_CREDENTIALS": "dev", "PATH": f"{AZ}:{kept['PATH']}",
        }

    def journals(self):
        """The journals, oldest first; those that hold nothing are left out."""
        found = glob.glob(os.path.join(self.home, "**", "x-*.log"), recursive=True)
        return sorted((path for path in found if os.path.getsize(path)), key=os.path.basename)

    def records(self):
        """The records of the newest journal, as far as they are whole."""
        if not self.journals():
            return []
        with open(self.journals()[-1], "rb") as file:
            lines = file.read().split(b"\n")[:-1]
        return [json.loads(line.split(b" ", 3)[3]) for line in lines]

    def intents(self):
        """How often each step was written down before it was sent."""
        return collections.Counter(record["step"] for record in self.records() if record.get("event") == "intent")


class WatchedProxy(Proxy):
    """A proxy that holds every write against the journal of a desk, and every mark against a plan."""

    def __init__(self, cloud, meddle=lambda seen: None):
        super().__init__(cloud, self.looked_at)
        self.then = meddle
        self.own, self.theirs = str(self.port).encode(), str(cloud.port).encode()
        self.desk, self.steps = None, {}
        self.unwritten = []
        self.tokens = collections.defaultdict(set)

    def watch(self, desk, document):
        self.desk = desk
        self.steps = marks(document)

    def looked_at(self, seen):
        step = self.steps.get(mark_of(seen)) if seen.writes else None
        if step and seen.method != "DELETE":
            if not self.desk.intents()[step]:
                self.unwritten.append(step)
            if seen.token:
                self.tokens[step].add(seen.token)
        return self.then(seen)

    def passed_back(self, seen, headers, body):
        # Addresses at which Azure is to be asked later lead through the proxy again.
        if not seen.path.startswith("/subscriptions/"):
            return headers, body
        swap = lambda data: data.replace(b"127.0.0.1:" + self.theirs, b"127.0.0.1:" + self.own)
        return [(name, swap(value.encode()).decode()) for name, value in headers], swap(body)


def mark_of(seen):
    """The mark in a request that makes something; nothing in other requests."""
    if seen.path.startswith("/subscriptions/"):
        return seen.path.split("?")[0].rstrip("/").rpartition("/")[2]
    try:
        said = json.loads(seen.body)
    except ValueError:
        said = {name: values[0] for name, values in urllib.parse.parse_qs(seen.body.decode("latin-1")).items()}
    return mark_in(said) if isinstance(said, dict) else None


def mark_in(members):
    for name in ("name", "displayName", "QueueName", "RoleName", "CidrBlock"):
        if members.get(name):
            return members[name]
    return None


def marks(document):
    """By mark, the step of a plan."""
    return {mark_of_step(one): one["id"] for one in document["steps"]}


def mark_of_step(one):
    params = one["params"]
    if one["cloud"] == "azure":
        names = [name for name in params if name not in ("body", "resourceGroupName", "virtualNetworkName")]
        return params[names[0] if names else "virtualNetworkName" if "virtualNetworkName" in params else "resourceGroupName"]
    return mark_in(params.get("body") or params)


def live(cloud, document):
    """How often each mark of a plan exists."""
    wanted = marks(document)
    found = []
    for resource in cloud.get("resources"):
        if resource["service"].startswith("$"):
            continue  # work that goes on, and no thing
        if resource["id"].startswith("/subscriptions/"):
            found.append(resource["id"].rpartition("/")[2])
        else:
            found.append(mark_in(resource["attributes"]) or mark_in(resource["names"]))
    return collections.Counter(mark for mark in found if mark in wanted)


class World:
    """A cloud, a proxy, a desk, and a plan; all gone at the end."""

    def __init__(self, document, meddle=lambda seen: None):
        self.document = document
        self.cloud = Cloud()
        self.proxy = WatchedProxy(self.cloud, meddle)
        self.desk = ThreeDesk(self.proxy.port)
        self.proxy.watch(self.desk, document)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.desk.stop()
        self.proxy.stop()
        self.cloud.stop()

    def apply(self, *more, **options):
        return self.desk.apply(self.document, *more, **options)

    def holds(self):
        """Nothing lost, nothing doubled, nothing sent that was not written down, and a whole audit chain."""
        exists, wanted = live(self.cloud, self.document), collections.Counter(dict.fromkeys(marks(self.document), 1))
        assert exists == wanted, f"lost {wanted - exists}, doubled {exists - wanted}"
        self.faithful()

    def is_empty(self):
        assert not live(self.cloud, self.document), f"left over: {live(self.cloud, self.document)}"
        self.faithful()

    def faithful(self):
        assert not self.proxy.unwritten, f"sent before it was written down: {self.proxy.unwritten}"
        more = {step: tokens for step, tokens in self.proxy.tokens.items() if len(tokens) > 1}
        assert not more, f"sent with more than one token: {more}"
        self.desk.audit()


def oci(name, service, operation, params, **more):
    return {"id": name, "cloud": "oci", "service": service, "operation": operation, "region": OCI_REGION, "params": params,
            "purpose": f"part {name} of the test", **more}


def azure(name, service, operation, params, **more):
    return {"id": name, "cloud": "azure", "service": service, "operation": operation, "params": params,
            "purpose": f"part {name} of the test", **more}


def vcn(name, cidr, **more):
    return oci(name, "core.virtual_network", "CreateVcn", {
        "body": {"compartmentId": COMPARTMENT, "cidrBlocks": [cidr], "displayName": name, "freeformTags": TAGS}}, **more)


def oci_subnet(name, of, cidr, **more):
    return oci(name, "core.virtual_network", "CreateSubnet", {
        "body": {"compartmentId": COMPARTMENT, "vcnId": f"${{{{ steps.\"{of}\".output.id }}}}", "cidrBlock": cidr, "displayName": name,
                 "prohibitPublicIpOnVnic": True, "freeformTags": TAGS}}, **more)


def bucket(name, **more):
    return oci(name, "object_storage.object_storage", "CreateBucket", {
        "namespaceName": SPACE, "body": {"name": name, "compartmentId": COMPARTMENT, "freeformTags": TAGS}}, **more)


def block_volume(name, **more):
    return oci(name, "core.blockstorage", "CreateVolume", {
        "body": {"compartmentId": COMPARTMENT, "availabilityDomain": "AD-1", "displayName": name, "sizeInGBs": 50, "freeformTags": TAGS}},
        **more)


def group(name, **more):
    return azure(name, "resource", "ResourceGroups_CreateOrUpdate", {
        "resourceGroupName": name, "body": {"location": LOCATION, "tags": TAGS}}, **more)


def vnet(name, of, cidr, **more):
    return azure(name, "network", "VirtualNetworks_CreateOrUpdate", {
        "resourceGroupName": of, "virtualNetworkName": name,
        "body": {"location": LOCATION, "tags": TAGS, "properties": {"addressSpace": {"addressPrefixes": [cidr]}}}},
        after=[of], **more)


def azure_subnet(name, within, of, wall, cidr, **more):
    return azure(name, "network", "Subnets_CreateOrUpdate", {
        "resourceGroupName": within, "virtualNetworkName": of, "subnetName": name,
        "body": {"properties": {"addressPrefix": cidr, "defaultOutboundAccess": False,
                                "networkSecurityGroup": {"id": f"${{{{ steps.\"{wall}\".output.id }}}}"}}}}, after=[of], **more)


def security_group(name, within, **more):
    return azure(name, "network", "NetworkSecurityGroups_CreateOrUpdate", {
        "resourceGroupName": within, "networkSecurityGroupName": name, "body": {"location": LOCATION, "tags": TAGS}},
        after=[within], **more)


COMPARTMENT = "ocid1.compartment.oc1..aaaapeer"


def plan(*steps):
    return {"version": 1, "name": "a plan over three clouds", "steps": list(steps)}


def twelve():
    """Four steps in each cloud; some wait for a step in another one."""
    document = plan(
        vpc("aws-net"), subnet("aws-web", "aws-net", "10.0.1.0/24"), queue("jobs"), role("worker", after=["group-a"]),
        vcn("oci-net", "10.50.0.0/16"), oci_subnet("oci-web", "oci-net", "10.50.1.0/24"), bucket("oci-logs", after=["jobs"]), block_volume("oci-disk"),
        group("group-a"), vnet("azure-net", "group-a", "10.80.0.0/16"), azure_subnet("azure-web", "group-a", "azure-net", "azure-wall", "10.80.1.0/24"),
        security_group("azure-wall", "group-a"))
    assert len(document["steps"]) == len(marks(document)) == 12
    return document


def sixty():
    """Twenty steps in each cloud."""
    steps = []
    for n in range(4):
        steps += [vpc(f"aws-net{n}", f"10.{n}.0.0/16"), queue(f"jobs{n}", after=[f"oci-net{n}"]), role(f"worker{n}")]
        steps += [subnet(f"aws-net{n}-{k}", f"aws-net{n}", f"10.{n}.{k}.0/24") for k in range(2)]
        steps += [vcn(f"oci-net{n}", f"10.{50 + n}.0.0/16"), bucket(f"oci-logs{n}"), block_volume(f"oci-disk{n}", after=[f"azure-net{n}"])]
        steps += [oci_subnet(f"oci-net{n}-{k}", f"oci-net{n}", f"10.{50 + n}.{k}.0/24") for k in range(2)]
        steps += [group(f"group-{n}", after=[f"aws-net{n}"]), vnet(f"azure-net{n}", f"group-{n}", f"10.{80 + n}.0.0/16")]
        steps += [azure_subnet(f"azure-net{n}-{k}", f"group-{n}", f"azure-net{n}", f"azure-wall{n}", f"10.{80 + n}.{k}.0/24") for k in range(2)]
        steps += [security_group(f"azure-wall{n}", f"group-{n}")]
    document = plan(*steps)
    assert len(document["steps"]) == len(marks(document)) == 60
    return document
