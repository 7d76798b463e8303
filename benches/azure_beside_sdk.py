#!/usr/bin/env python3
"""Requests of the Azure Resource Manager, rendered by this program and by the official clients in one run.

    cargo build --release && python3 benches/azure_beside_sdk.py target/release/provisioner [FOLDER_OF_WHEELS]

Needs azure-mgmt-compute, -network and -storage. Nothing is sent: the clients are stopped before it. Rates are the median of several
rounds in one warm process. With a folder of wheels the time to compile them is measured too; opening is a new process from
nothing to one operation shown.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from azure.core.credentials import AccessToken
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute import models as compute
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network import models as network
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.storage import models as storage

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
ROUNDS = 5


class Stopped(BaseException):
    """Thrown instead of sending."""


class Stop:
    def send(self, request, **_):
        raise Stopped(request)

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


def client(kind):
    return kind(credential=Credential(), subscription_id=SUBSCRIPTION, transport=Stop())


VM = {
    "location": "westeurope", "tags": {"owner": "team-web", "environment": "dev"},
    "properties": {
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {
            "imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
            "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
        },
        "networkProfile": {"networkInterfaces": [{"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n"}]},
    },
}
NETWORK = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [{"name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}}]}}
ACCOUNT = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"supportsHttpsTrafficOnly": True}}


def calls():
    """Name of the service and operation, our parameters, their call."""
    vms, nets, accounts = client(ComputeManagementClient), client(NetworkManagementClient), client(StorageManagementClient)
    return [
        ("compute", "VirtualMachines_CreateOrUpdate", {"resourceGroupName": "g", "vmName": "v", "body": VM},
         lambda: vms.virtual_machines.begin_create_or_update("g", "v", compute.VirtualMachine(VM))),
        ("network", "VirtualNetworks_CreateOrUpdate", {"resourceGroupName": "g", "virtualNetworkName": "n", "body": NETWORK},
         lambda: nets.virtual_networks.begin_create_or_update("g", "n", network.VirtualNetwork(NETWORK))),
        ("storage", "StorageAccounts_Create", {"resourceGroupName": "g", "accountName": "a", "body": ACCOUNT},
         lambda: accounts.storage_accounts.begin_create("g", "a", storage.StorageAccountCreateParameters(ACCOUNT))),
        ("compute", "VirtualMachines_Get", {"resourceGroupName": "g", "vmName": "v", "$expand": "instanceView"},
         lambda: vms.virtual_machines.get("g", "v", expand="instanceView")),
    ]


def theirs(call):
    rates = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(100):
            try:
                call()
            except Stopped:
                pass
        rates.append(100 / (time.perf_counter() - begun))
    return statistics.median(rates)


def ours():
    lines = "".join(
        json.dumps({"operation": {"cloud": "azure", "service": s, "operation": o}, "params": p}) + "\n"
        for s, o, p, _ in calls()
    )
    command = ["cargo", "bench", "--quiet", "--bench", "azure_rendered"]
    out = subprocess.run(command, cwd=ROOT, input=lines, capture_output=True, text=True, check=True).stdout
    answers = (json.loads(line) for line in out.splitlines() if line.startswith("{"))
    return {answer["operation"]: answer["per_second"] for answer in answers}


def cold(command, runs):
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1000


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/provisioner")
    rates = ours()
    for service, operation, _, call in calls():
        own, other = rates[operation], theirs(call)
        print(f"{service} {operation}: {own:,.0f} per second, the client {other:,.0f}: {own / other:.0f} times")
    with tempfile.TemporaryDirectory() as home:
        bare = cold([program, "--version"], 15)
        shown = cold([program, "--home", home, "catalog", "show", "azure", "compute", "VirtualMachines_CreateOrUpdate"], 15)
        print(f"open and first look-up: {shown - bare:.1f} ms more than a process that does nothing ({bare:.1f} ms)")
        if len(sys.argv) > 2:
            spent = cold([program, "catalog", "update", "--cloud", "azure", "--from", sys.argv[2], "--output", f"{home}/a.catalog"], 3)
            print(f"compile and pack: {spent / 1000:.1f} s, {os.path.getsize(f'{home}/a.catalog'):,} bytes")


if __name__ == "__main__":
    main()
