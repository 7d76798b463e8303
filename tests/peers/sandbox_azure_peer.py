"""The official Azure clients and ours against one embedded Resource Manager: what one makes the other reads, lists and deletes.

Every check stands alone: one that fails is named with its reason, and the others still run.
"""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
LOCATION = "germanywestcentral"
TAGS = {"owner": "team-web", "environment": "dev", "sensitivity": "internal", "cost-center": "9001"}
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Credential:
    def get_token(self, *scopes, **_):
        return AccessToken("sandbox", int(time.time()) + 3600)


class PlainHttp(SansIOHTTPPolicy):
    """The SDK's own policy gives a token to TLS alone, and the sandbox listens on loopback without it; everything else of the
    pipeline is the SDK's own."""

    def on_request(self, request):
        request.http_request.headers["Authorization"] = "Bearer sandbox"


class Server:
    def __init__(self, home, port, *flags):
        self.home, self.port, self.flags = home, port, flags
        self.endpoint = f"http://127.0.0.1:{port}"

    def start(self):
        command = [os.environ["PROVISIONER"], "sandbox", "serve", "--port", str(self.port), "--home", self.home, "--json", *self.flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert json.loads(line)["endpoint"] == self.endpoint, line

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=20) == 0

    def peek(self, what):
        with urllib.request.urlopen(f"{self.endpoint}/_sandbox/{what}") as answer:
            return json.load(answer)[what]


SERVER = None
TOOLS = None


def client(kind):
    credential = Credential()
    return kind(
        credential,
        SUBSCRIPTION,
        base_url=SERVER.endpoint,
        credential_scopes=["sandbox"],
        authentication_policy=PlainHttp(),
    )


def ours(service, operation, params, approve="warned", expect=0):
    """The program's own client, live, at the same address; its token comes from a stand-in for the Azure CLI."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "AWS_", "OCI_"))}
    environment.update(
        PATH=f"{TOOLS}:{os.environ['PATH']}",
        AZURE_RESOURCE_MANAGER_URL=SERVER.endpoint,
        AZURE_SUBSCRIPTION_ID=SUBSCRIPTION,
        AZURE_TOKEN_CREDENTIALS="dev",
    )
    with tempfile.TemporaryDirectory() as home:
        command = [os.environ["PROVISIONER"], "call", "azure", service, operation, "--target", "live", "--json", "--home", home]
        command += ["--params", json.dumps(params), "--approve", approve]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == expect, f"{done.returncode}: {done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    answer = json.loads(done.stdout) if done.stdout.strip() else {}
    outputs = list((answer.get("outputs") or {}).values())
    return outputs[0] if outputs else answer


def fails(code, call, kind=HttpResponseError):
    try:
        result = call()
        if hasattr(result, "result"):
            result.result()
    except kind as error:
        assert error.error and error.error.code == code, f"wanted {code}, found {error}"
        return error
    raise AssertionError(f"wanted {code}, nothing failed")


def names(items):
    return sorted(item.name for item in items)


def network(group):
    """A group with a network, a subnet, and a network interface, made by the official clients."""
    client(ResourceManagementClient).resource_groups.create_or_update(group, {"location": LOCATION, "tags": {"owner": "web"}})
    net = client(NetworkManagementClient)
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    net.virtual_networks.begin_create_or_update(group, "net", {"location": LOCATION, "properties": {"addressSpace": space}}).result()
    subnet = net.subnets.begin_create_or_update(group, "net", "front", {"properties": {"addressPrefix": "10.0.0.0/24"}}).result()
    nic = {"location": LOCATION, "properties": {"ipConfigurations": [{"name": "main", "properties": {"subnet": {"id": subnet.id}}}]}}
    return net.network_interfaces.begin_create_or_update(group, "nic", nic).result()


def machine(nic_id):
    return {
        "location": LOCATION,
        "tags": TAGS,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_B2s"},
            "storageProfile": {"imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}},
            "securityProfile": {"encryptionAtHost": True},
            "osProfile": {"computerName": "one", "adminUsername": "me", "linuxConfiguration": {"disablePasswordAuthentication": True}},
            "networkProfile": {"networkInterfaces": [{"id": nic_id}]},
        },
    }


@check
def groups_are_made_listed_changed_and_deleted():
    resource = client(ResourceManagementClient)
    made = resource.resource_groups.create_or_update("plain", {"location": LOCATION, "tags": {"a": "1"}})
    assert made.id.endswith("/resourceGroups/plain") and made.properties.provisioning_state == "Succeeded", made
    assert resource.resource_groups.check_existence("plain") and not resource.resource_groups.check_existence("other")
    assert resource.resource_groups.get("PLAIN").name == "plain"
    resource.resource_groups.update("plain", {"tags": {"b": "2"}})
    assert resource.resource_groups.get("plain").tags == {"b": "2"}
    assert "plain" in names(resource.resource_groups.list())
    assert names(resource.resource_groups.list(top=1))[:1], "pages"
    fails("ResourceGroupNotFound", lambda: resource.resource_groups.get("other"), ResourceNotFoundError)
    resource.resource_groups.begin_delete("plain").result()
    assert not resource.resource_groups.check_existence("plain")


@check
def a_network_and_what_is_in_it():
    nic = network("netted")
    net = client(NetworkManagementClient)
    shown = net.virtual_networks.get("netted", "net")
    assert [s.name for s in shown.subnets] == ["front"], shown
    assert nic.ip_configurations[0].subnet.id == shown.subnets[0].id
    assert nic.ip_configurations[0].private_ip_address.startswith("10.0.0."), nic
    assert names(net.virtual_networks.list_all()) == ["net"] and names(net.subnets.list("netted", "net")) == ["front"]
    fails("InUseSubnetCannotBeDeleted", lambda: net.subnets.begin_delete("netted", "net", "front"))
    fails("ResourceNotFound", lambda: net.virtual_networks.get("netted", "other"), ResourceNotFoundError)
    fails("ResourceGroupNotFound", lambda: net.virtual_networks.get("other", "net"), ResourceNotFoundError)
    net.network_interfaces.begin_delete("netted", "nic").result()
    net.subnets.begin_delete("netted", "net", "front").result()
    assert net.virtual_networks.get("netted", "net").subnets in (None, [])
    client(ResourceManagementClient).resource_groups.begin_delete("netted").result()


@check
def a_machine_lives_and_goes():
    nic = network("machines")
    compute = client(ComputeManagementClient)
    begun = compute.virtual_machines.begin_create_or_update("machines", "one", machine(nic.id))
    made = begun.result()
    assert begun.status() == "Succeeded" and made.provisioning_state == "Succeeded" and made.vm_id, made
    compute.virtual_machines.begin_deallocate("machines", "one").result()
    view = compute.virtual_machines.instance_view("machines", "one")
    assert "PowerState/deallocated" in [status.code for status in view.statuses], view
    compute.virtual_machines.begin_start("machines", "one").result()
    assert names(compute.virtual_machines.list("machines")) == ["one"] == names(compute.virtual_machines.list_all())
    fails("NicInUse", lambda: client(NetworkManagementClient).network_interfaces.begin_delete("machines", "nic"))
    compute.virtual_machines.begin_delete("machines", "one").result()
    fails("ResourceNotFound", lambda: compute.virtual_machines.get("machines", "one"), ResourceNotFoundError)
    client(ResourceManagementClient).resource_groups.begin_delete("machines").result()
    fails("ResourceGroupNotFound", lambda: client(NetworkManagementClient).virtual_networks.get("machines", "net"), ResourceNotFoundError)


@check
def what_they_make_we_read_list_and_delete():
    nic = network("theirs")
    client(ComputeManagementClient).virtual_machines.begin_create_or_update("theirs", "one", machine(nic.id)).result()
    vm = ours("compute", "VirtualMachines_Get", {"resourceGroupName": "theirs", "vmName": "one"})
    assert vm["properties"]["hardwareProfile"]["vmSize"] == "Standard_B2s", vm
    listed = ours("network", "VirtualNetworks_List", {"resourceGroupName": "theirs"})
    assert [item["name"] for item in listed["value"]] == ["net"], listed
    subnet = ours("network", "Subnets_Get", {"resourceGroupName": "theirs", "virtualNetworkName": "net", "subnetName": "front"})
    assert subnet["properties"]["addressPrefix"] == "10.0.0.0/24", subnet
    ours("compute", "VirtualMachines_Delete", {"resourceGroupName": "theirs", "vmName": "one"})
    fails("ResourceNotFound", lambda: client(ComputeManagementClient).virtual_machines.get("theirs", "one"), ResourceNotFoundError)
    ours("resource", "ResourceGroups_Delete", {"resourceGroupName": "theirs"})
    assert not client(ResourceManagementClient).resource_groups.check_existence("theirs")


@check
def what_we_make_they_read_list_and_delete():
    group = {"resourceGroupName": "ours"}
    tags = TAGS
    ours("resource", "ResourceGroups_CreateOrUpdate", {**group, "body": {"location": LOCATION, "tags": tags}})
    body = {"location": LOCATION, "tags": tags, "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
    ours("network", "VirtualNetworks_CreateOrUpdate", {**group, "virtualNetworkName": "net", "body": body})
    guard = {**group, "networkSecurityGroupName": "guard", "body": {"location": LOCATION, "tags": tags}}
    guard = ours("network", "NetworkSecurityGroups_CreateOrUpdate", guard)
    properties = {"addressPrefix": "10.1.0.0/24", "networkSecurityGroup": {"id": guard["id"]}}
    inside = {**group, "virtualNetworkName": "net", "subnetName": "front", "body": {"properties": properties}}
    subnet = ours("network", "Subnets_CreateOrUpdate", inside)
    configuration = {"name": "main", "properties": {"subnet": {"id": subnet["id"]}}}
    body = {"location": LOCATION, "tags": tags, "properties": {"ipConfigurations": [configuration]}}
    nic = ours("network", "NetworkInterfaces_CreateOrUpdate", {**group, "networkInterfaceName": "nic", "body": body})
    vm = ours("compute", "VirtualMachines_CreateOrUpdate", {**group, "vmName": "one", "body": machine(nic["id"])})
    assert vm["name"] == "one" and vm["properties"]["provisioningState"] == "Succeeded", vm
    compute, net = client(ComputeManagementClient), client(NetworkManagementClient)
    theirs = compute.virtual_machines.get("ours", "one")
    assert theirs.provisioning_state == "Succeeded" and theirs.network_profile.network_interfaces[0].id == nic["id"], theirs
    assert names(net.network_interfaces.list("ours")) == ["nic"] and names(net.virtual_networks.list("ours")) == ["net"]
    compute.virtual_machines.begin_delete("ours", "one").result()
    client(ResourceManagementClient).resource_groups.begin_delete("ours").result()
    ours("resource", "ResourceGroups_Get", group, expect=1)


@check
def what_a_deployment_would_do_is_the_same_for_both():
    network("planned")
    deployments = client(DeploymentsMgmtClient).deployments

    def asked(space):
        net = {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01", "name": "net", "location": LOCATION}
        net["properties"] = {"addressSpace": {"addressPrefixes": [space]}}
        return {"properties": {"mode": "Incremental", "template": {"contentVersion": "1.0.0.0", "resources": [net]}}}

    for space, change in [("10.0.0.0/16", "NoChange"), ("10.0.0.0/8", "Modify")]:
        theirs = deployments.begin_what_if("planned", "d", asked(space)).result()
        assert [one.change_type for one in theirs.changes] == [change], theirs.as_dict()
        params = {"resourceGroupName": "planned", "deploymentName": "d", "body": asked(space)}
        found = ours("resource-deployments", "Deployments_WhatIf", params)
        assert found == theirs.as_dict(), f"{found}\n{theirs.as_dict()}"
    good = deployments.begin_validate("planned", "d", asked("10.0.0.0/16")).result()
    assert good.error is None and good.properties.provisioning_state == "Succeeded", good.as_dict()
    odd = asked("10.0.0.0/16")
    odd["properties"]["template"]["resources"][0]["name"] = "gone/sub"
    odd["properties"]["template"]["resources"][0]["type"] = "Microsoft.Network/virtualNetworks/subnets"
    error = fails("InvalidTemplateDeployment", lambda: deployments.begin_validate("planned", "d", odd))
    assert error.error.details[0].code == "ParentResourceNotFound", error
    assert client(NetworkManagementClient).virtual_networks.get("planned", "net").address_space.address_prefixes == ["10.0.0.0/16"]
    client(ResourceManagementClient).resource_groups.begin_delete("planned").result()


@check
def storage_accounts_and_their_keys():
    client(ResourceManagementClient).resource_groups.create_or_update("stored", {"location": LOCATION})
    storage = client(StorageManagementClient)
    body = {"location": LOCATION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    made = storage.storage_accounts.begin_create("stored", "shop4711", body).result()
    assert made.primary_endpoints.blob == "https://shop4711.blob.core.windows.net/", made
    keys = storage.storage_accounts.list_keys("stored", "shop4711").keys_property
    assert [key.key_name for key in keys] == ["key1", "key2"], keys
    storage.blob_containers.create("stored", "shop4711", "logs", {})
    assert names(storage.blob_containers.list("stored", "shop4711")) == ["logs"]
    storage.storage_accounts.delete("stored", "shop4711")
    client(ResourceManagementClient).resource_groups.begin_delete("stored").result()


@check
def providers_and_any_resource_by_its_id():
    resource = client(ResourceManagementClient)
    compute = resource.providers.get("Microsoft.Compute")
    assert compute.registration_state == "Registered" and "virtualMachines" in [t.resource_type for t in compute.resource_types]
    resource.resource_groups.create_or_update("generic", {"location": LOCATION})
    thing = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/generic/providers/Contoso.Things/boxes/a"
    resource.resources.begin_create_or_update_by_id(thing, {"location": LOCATION, "properties": {"size": 3}}, api_version="2024-01-01").result()
    assert resource.resources.get_by_id(thing, api_version="2024-01-01").properties["size"] == 3
    assert names(resource.resources.list_by_resource_group("generic")) == ["a"]
    resource.resources.begin_delete_by_id(thing, api_version="2024-01-01").result()
    fails("ResourceNotFound", lambda: resource.resources.get_by_id(thing, api_version="2024-01-01"), ResourceNotFoundError)
    resource.resource_groups.begin_delete("generic").result()


@check
def what_was_made_survives_a_kill_also_in_the_middle_of_an_operation():
    nic = network("kept")
    begun = client(ComputeManagementClient).virtual_machines.begin_create_or_update("kept", "one", machine(nic.id), polling=False)
    del begun
    SERVER.kill()
    SERVER.start()
    vm = client(ComputeManagementClient).virtual_machines.get("kept", "one")
    assert vm.provisioning_state == "Succeeded", vm
    operations = [request["operation"] for request in SERVER.peek("requests") if request.get("cloud") == "azure"]
    assert "VirtualMachines_CreateOrUpdate" in operations, "the log of requests is lost"
    client(ResourceManagementClient).resource_groups.begin_delete("kept").result()


@check
def a_dry_run_shows_no_token_and_sends_nothing():
    before = len(SERVER.peek("requests"))
    with tempfile.TemporaryDirectory() as home:
        command = [os.environ["PROVISIONER"], "call", "azure", "resource", "ResourceGroups_Get", "--dry-run", "--json", "--home", home]
        done = subprocess.run([*command, "--params", '{"resourceGroupName": "a"}'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["method"] == "GET" and "Bearer" not in json.dumps(shown), shown
    assert len(SERVER.peek("requests")) == before


def write_tools(folder):
    """A stand-in for the Azure CLI that gives a token as the real one writes it."""
    path = os.path.join(folder, "az")
    token = {"accessToken": "sandbox", "expires_on": int(time.time()) + 3600, "tokenType": "Bearer"}
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\ncat <<'END'\n{json.dumps(token)}\nEND\n")
    os.chmod(path, os.stat(path).st_mode | stat.S_IEXEC)
    return folder


def main():
    global SERVER, TOOLS
    wanted = sys.argv[1:]
    failed = []
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as tools:
        TOOLS = write_tools(tools)
        SERVER = Server(home, free_port())
        SERVER.start()
        started = time.monotonic()
        try:
            for function in CHECKS:
                if wanted and function.__name__ not in wanted:
                    continue
                try:
                    function()
                    print(f"ok      {function.__name__}")
                except Exception as error:  # every failure is named, and the next check still runs
                    failed.append(function.__name__)
                    where = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == __file__][-1]
                    print(f"FAILED  {function.__name__}, line {where.lineno}: {where.line}\n        {error!r}")
            served = len(SERVER.peek("requests"))
            print(f"{len(CHECKS) - len(failed)} of {len(CHECKS)} checks held; {served} requests in {time.monotonic() - started:.1f} s")
            SERVER.stop()
        except BaseException:
            SERVER.kill()
            raise
    sys.exit(1 if failed else 0)


main()
