"""The official OCI SDK and our client against one embedded sandbox: what one creates the other reads.

Our client takes the way of the live cloud: a profile with an API key, and the sandbox as its endpoint. Every check
stands alone: one that fails is named with its reason, and the others still run.
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback

os.environ["OCI_PYTHON_SDK_NO_SERVICE_IMPORTS"] = "1"
import oci  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402
from oci.core import BlockstorageClient, ComputeClient, VirtualNetworkClient  # noqa: E402
from oci.core import models as core  # noqa: E402
from oci.exceptions import ServiceError  # noqa: E402
from oci.identity import IdentityClient  # noqa: E402
from oci.identity import models as identity  # noqa: E402
from oci.object_storage import ObjectStorageClient  # noqa: E402
from oci.object_storage import models as storage  # noqa: E402

TENANCY = "ocid1.tenancy.oc1..aaaapeer"
USER = "ocid1.user.oc1..aaaapeer"
REGION = "eu-frankfurt-1"
# The rules ask for these.
TAGS = {"owner": "team-web", "environment": "dev", "sensitivity": "internal", "cost-center": "9001"}
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, home, port):
        self.home, self.endpoint = home, f"http://127.0.0.1:{port}"
        command = [os.environ["PROVISIONER"], "sandbox", "serve", "--port", str(port), "--home", home, "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert json.loads(line)["endpoint"] == self.endpoint, line

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=20) == 0


class Ours:
    """Our client, as the live cloud is called, with the sandbox as its endpoint."""

    def __init__(self, folder, endpoint, profile):
        self.home = os.path.join(folder, "ours")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("OCI_")}
        self.env.update(OCI_CLI_CONFIG_FILE=profile, OCI_CLI_ENDPOINT=endpoint)

    def run(self, service, operation, params, *more):
        command = [os.environ["PROVISIONER"], "--home", self.home, "--target", "live", "--json", "call", "oci", service]
        command += [operation, "--params", json.dumps(params), *more]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=120)

    def read(self, service, operation, params):
        """All pages of a read: the answer alone."""
        done = self.run(service, operation, params, "--all")
        assert done.returncode == 0, done.stderr or done.stdout
        return json.loads(done.stdout)

    def write(self, service, operation, params):
        """A change, through the gate: the answer of its one step."""
        done = self.run(service, operation, params, "--approve", "warned")
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return json.loads(done.stdout)


def profile(folder):
    """A profile with an API key of its own under a pass phrase; the path of the file, and the same as a dict."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind = serialization.BestAvailableEncryption(b"correct horse")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kind)
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.MD5())
    digest.update(der)
    fingerprint = ":".join(f"{byte:02x}" for byte in digest.finalize())
    key_file, config = os.path.join(folder, "key.pem"), os.path.join(folder, "config")
    with open(key_file, "wb") as f:
        f.write(pem)
    values = dict(user=USER, tenancy=TENANCY, fingerprint=fingerprint, key_file=key_file, pass_phrase="correct horse", region=REGION)
    with open(config, "w") as f:
        f.write("[DEFAULT]\n" + "".join(f"{name}={value}\n" for name, value in values.items()))
    os.chmod(config, 0o600)
    os.chmod(key_file, 0o600)
    return config, oci.config.from_file(config)


SERVER = OURS = CONFIG = PLACE = None


def sdk(client):
    return client(CONFIG, service_endpoint=SERVER.endpoint, retry_strategy=oci.retry.NoneRetryStrategy())


def refused(code, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except ServiceError as error:
        assert error.code == code, f"wanted {code}, found {error}"
        assert error.request_id, "the error names no request"
        return
    raise AssertionError(f"wanted {code}, nothing failed")


def new_vcn(name="net"):
    details = core.CreateVcnDetails(compartment_id=TENANCY, cidr_blocks=["10.0.0.0/16"], display_name=name)
    return sdk(VirtualNetworkClient).create_vcn(details).data


@check
def a_network_of_the_sdk_is_read_by_ours():
    network = sdk(VirtualNetworkClient)
    vcn = new_vcn()
    assert vcn.lifecycle_state == "AVAILABLE" and vcn.default_route_table_id, vcn
    details = core.CreateSubnetDetails(compartment_id=TENANCY, vcn_id=vcn.id, cidr_block="10.0.1.0/24", display_name="front")
    subnet = network.create_subnet(details).data
    assert OURS.read("core.virtual_network", "GetVcn", {"vcnId": vcn.id})["displayName"] == "net"
    seen = OURS.read("core.virtual_network", "GetSubnet", {"subnetId": subnet.id})
    assert seen["vcnId"] == vcn.id and seen["cidrBlock"] == "10.0.1.0/24", seen
    listed = OURS.read("core.virtual_network", "ListSubnets", {"compartmentId": TENANCY, "vcnId": vcn.id})
    assert [one["id"] for one in listed["body"]] == [subnet.id], listed
    refused("Conflict", network.delete_vcn, vcn.id)
    network.delete_subnet(subnet.id)
    network.delete_vcn(vcn.id)
    refused("NotAuthorizedOrNotFound", network.get_vcn, vcn.id)


@check
def a_network_of_ours_is_read_changed_and_deleted_by_the_sdk():
    OURS.write("core.virtual_network", "CreateVcn", {"body": {"compartmentId": PLACE, "freeformTags": TAGS, "cidrBlocks": ["10.9.0.0/16"], "displayName": "ours"}})
    network = sdk(VirtualNetworkClient)
    vcn = network.list_vcns(PLACE, display_name="ours").data[0]
    assert vcn.cidr_blocks == ["10.9.0.0/16"], vcn
    response = network.get_vcn(vcn.id)
    changed = network.update_vcn(vcn.id, core.UpdateVcnDetails(display_name="theirs"), if_match=response.headers["etag"])
    assert changed.data.display_name == "theirs"
    refused("NoEtagMatch", network.update_vcn, vcn.id, core.UpdateVcnDetails(display_name="x"), if_match=response.headers["etag"])
    assert OURS.read("core.virtual_network", "GetVcn", {"vcnId": vcn.id})["displayName"] == "theirs"
    network.delete_vcn(vcn.id)


@check
def an_instance_goes_through_its_life():
    compute, network = sdk(ComputeClient), sdk(VirtualNetworkClient)
    vcn = new_vcn("vm")
    details = core.CreateSubnetDetails(compartment_id=TENANCY, vcn_id=vcn.id, cidr_block="10.0.2.0/24")
    subnet = network.create_subnet(details).data
    domains = sdk(IdentityClient).list_availability_domains(TENANCY).data
    image = compute.list_images(TENANCY, operating_system="Oracle Linux").data[0]
    launch = core.LaunchInstanceDetails(
        compartment_id=TENANCY, availability_domain=domains[0].name, shape="VM.Standard.E5.Flex", display_name="vm",
        shape_config=core.LaunchInstanceShapeConfigDetails(ocpus=1.0, memory_in_gbs=8.0),
        source_details=core.InstanceSourceViaImageDetails(image_id=image.id),
        create_vnic_details=core.CreateVnicDetails(subnet_id=subnet.id))
    instance = compute.launch_instance(launch).data
    oci.wait_until(compute, compute.get_instance(instance.id), "lifecycle_state", "RUNNING", max_wait_seconds=10)
    seen = OURS.read("core.compute", "GetInstance", {"instanceId": instance.id})
    assert seen["lifecycleState"] == "RUNNING" and seen["shapeConfig"]["memoryInGBs"] == 8.0, seen
    assert compute.instance_action(instance.id, "STOP").data.lifecycle_state == "STOPPED"
    OURS.write("core.compute", "InstanceAction", {"instanceId": instance.id, "action": "START"})
    assert compute.get_instance(instance.id).data.lifecycle_state == "RUNNING"
    OURS.write("core.compute", "UpdateInstance", {"instanceId": instance.id, "body": {"displayName": "renamed"}})
    assert compute.get_instance(instance.id).data.display_name == "renamed"
    compute.terminate_instance(instance.id)
    refused("NotAuthorizedOrNotFound", compute.get_instance, instance.id)


@check
def buckets_and_objects_are_shared():
    store = sdk(ObjectStorageClient)
    space = store.get_namespace().data
    assert OURS.read("object_storage.object_storage", "GetNamespace", {})["body"] == space
    store.create_bucket(space, storage.CreateBucketDetails(name="theirs", compartment_id=TENANCY, freeform_tags={"a": "b"}))
    seen = OURS.read("object_storage.object_storage", "GetBucket", {"namespaceName": space, "bucketName": "theirs"})
    assert seen["freeformTags"] == {"a": "b"}, seen
    refused("BucketAlreadyExists", store.create_bucket, space, storage.CreateBucketDetails(name="theirs", compartment_id=TENANCY))
    store.put_object(space, "theirs", "dir/a b.txt", b"hello", opc_meta={"owner": "me"})
    seen = OURS.read("object_storage.object_storage", "GetObject", {"namespaceName": space, "bucketName": "theirs", "objectName": "dir/a b.txt"})
    assert base64.b64decode(seen["body"]) == b"hello" and seen["opc-meta-owner"] == "me", seen
    body = base64.b64encode(bytes(range(256))).decode()
    OURS.write("object_storage.object_storage", "PutObject", {"namespaceName": space, "bucketName": "theirs", "objectName": "bytes", "body": body})
    assert store.get_object(space, "theirs", "bytes").data.content == bytes(range(256))
    assert store.head_object(space, "theirs", "bytes").status == 200
    names = [one.name for one in store.list_objects(space, "theirs", prefix="dir/").data.objects]
    assert names == ["dir/a b.txt"], names
    refused("BucketNotEmpty", store.delete_bucket, space, "theirs")
    for name in ("dir/a b.txt", "bytes"):
        store.delete_object(space, "theirs", name)
    store.update_bucket(space, "theirs", storage.UpdateBucketDetails(freeform_tags={"c": "d"}))
    assert OURS.read("object_storage.object_storage", "GetBucket", {"namespaceName": space, "bucketName": "theirs"})["freeformTags"] == {"c": "d"}
    store.delete_bucket(space, "theirs")
    refused("BucketNotFound", store.get_bucket, space, "theirs")
    OURS.write("object_storage.object_storage", "CreateBucket", {"namespaceName": space, "body": {"name": "ours", "compartmentId": PLACE, "freeformTags": TAGS}})
    assert store.get_bucket(space, "ours").data.name == "ours"


@check
def compartments_are_shared():
    client = sdk(IdentityClient)
    made = client.create_compartment(identity.CreateCompartmentDetails(compartment_id=TENANCY, name="team", description="A team")).data
    assert made.lifecycle_state == "ACTIVE", made
    seen = OURS.read("identity.identity", "ListCompartments", {"compartmentId": TENANCY})
    assert sorted(one["name"] for one in seen["body"]) == ["place", "team"], seen
    OURS.write("identity.identity", "UpdateCompartment", {"compartmentId": made.id, "body": {"description": "Ours"}})
    assert client.get_compartment(made.id).data.description == "Ours"
    vcn = sdk(VirtualNetworkClient).create_vcn(core.CreateVcnDetails(compartment_id=made.id, cidr_block="10.0.0.0/24")).data
    assert vcn.compartment_id == made.id
    assert client.get_tenancy(TENANCY).data.home_region_key == "FRA"
    assert "eu-frankfurt-1" in [one.name for one in client.list_regions().data]


@check
def pages_tokens_and_mistakes_are_as_the_cloud_has_them():
    network = sdk(VirtualNetworkClient)
    for number in range(5):
        new_vcn(f"page-{number}")
    found = oci.pagination.list_call_get_all_results(network.list_vcns, TENANCY, limit=2).data
    assert len([one for one in found if one.display_name.startswith("page-")]) == 5
    ours = OURS.read("core.virtual_network", "ListVcns", {"compartmentId": TENANCY, "limit": 2})
    assert sorted(one["id"] for one in ours["body"]) == sorted(one.id for one in found)
    details = core.CreateVcnDetails(compartment_id=TENANCY, cidr_block="10.0.0.0/24", display_name="once")
    first, again = (network.create_vcn(details, opc_retry_token="token-1").data for _ in range(2))
    assert first.id == again.id
    refused("InvalidatedRetryToken", network.create_vcn, core.CreateVcnDetails(compartment_id=TENANCY, cidr_block="10.1.0.0/24"), opc_retry_token="token-1")
    refused("InvalidParameter", network.create_vcn, core.CreateVcnDetails(cidr_block="10.1.0.0/24"))
    lost = "ocid1.vcn.oc1.eu-frankfurt-1.nothing"
    details = core.CreateSubnetDetails(compartment_id=TENANCY, vcn_id=lost, cidr_block="10.0.1.0/24")
    refused("NotAuthorizedOrNotFound", network.create_subnet, details)


@check
def volumes_are_made_attached_and_taken_away():
    blocks, compute = sdk(BlockstorageClient), sdk(ComputeClient)
    volume = blocks.create_volume(core.CreateVolumeDetails(compartment_id=TENANCY, availability_domain="AD-1", size_in_gbs=100)).data
    assert OURS.read("core.blockstorage", "GetVolume", {"volumeId": volume.id})["sizeInGBs"] == 100
    launch = core.LaunchInstanceDetails(compartment_id=TENANCY, availability_domain="AD-1", shape="VM.Standard.E2.1.Micro")
    instance = compute.launch_instance(launch).data
    details = core.AttachParavirtualizedVolumeDetails(instance_id=instance.id, volume_id=volume.id)
    attachment = compute.attach_volume(details).data
    assert attachment.lifecycle_state == "ATTACHED", attachment
    refused("Conflict", blocks.delete_volume, volume.id)
    compute.detach_volume(attachment.id)
    blocks.delete_volume(volume.id)


@check
def our_requests_are_in_the_log_of_the_sandbox():
    import urllib.request
    with urllib.request.urlopen(f"{SERVER.endpoint}/_sandbox/requests") as answer:
        requests = json.load(answer)["requests"]
    assert {one.get("cloud") for one in requests} == {"oci"}
    assert any(one["service"] == "core.virtual_network" and one["operation"] == "CreateVcn" and one["changed"] for one in requests)
    assert not [one for one in requests if one["service"] == "?"]


def main():
    global SERVER, OURS, CONFIG, PLACE
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        path, CONFIG = profile(folder)
        SERVER = Server(os.path.join(folder, "sandbox"), free_port())
        OURS = Ours(folder, SERVER.endpoint, path)
        # The rules keep the root compartment free: our own changes go to another one.
        place = identity.CreateCompartmentDetails(compartment_id=TENANCY, name="place", description="For our changes")
        PLACE = sdk(IdentityClient).create_compartment(place).data.id
        for function in CHECKS:
            try:
                function()
                print(f"ok    {function.__name__}")
            except Exception as error:
                failed.append(function.__name__)
                print(f"FAIL  {function.__name__}: {error}")
                traceback.print_exc()
        SERVER.stop()
    print(f"{len(CHECKS) - len(failed)} of {len(CHECKS)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
