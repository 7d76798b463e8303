"""`catalog update` with the real SDK packages: new services, an index on loopback, and kills at random moments.

  python refresh_peer.py [--kills N] [--seed N] [--wheels FOLDER]

Wheels are packed from the installed packages, so the versions are those of requirements.txt. With --wheels the kills meet an update
of that folder, which has to hold wheels of all three clouds.
"""

import argparse
import csv
import hashlib
import http.server
import importlib.metadata
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

PROGRAM = os.environ["PROVISIONER"]
CLOUDS = ("aws", "azure", "oci")
NEW = "azure-mgmt-fresh"

RULES = {
    "version": "1.0",
    "parameters": {"Region": {"builtIn": "AWS::Region", "required": True, "type": "String"}},
    "rules": [{"conditions": [], "type": "endpoint", "endpoint": {
        "url": "https://fresh.{Region}.amazonaws.com", "properties": {}, "headers": {}}}],
}
MODEL = {
    "metadata": {"apiVersion": "2026-01-01", "endpointPrefix": "fresh", "protocol": "json", "jsonVersion": "1.1",
                 "signatureVersion": "v4", "targetPrefix": "FreshService", "serviceFullName": "Amazon Fresh Orchards",
                 "serviceId": "Fresh"},
    "operations": {
        "PlantOrchard": {"name": "PlantOrchard", "http": {"method": "POST", "requestUri": "/"},
                         "input": {"shape": "PlantOrchardRequest"}},
        "DescribeOrchards": {"name": "DescribeOrchards", "http": {"method": "POST", "requestUri": "/"}, "readonly": True},
    },
    "shapes": {
        "PlantOrchardRequest": {"type": "structure", "required": ["OrchardName"], "members": {
            "OrchardName": {"shape": "Text"}, "Trees": {"shape": "Count"}}},
        "Text": {"type": "string"}, "Count": {"type": "integer"},
    },
}


def pack(folder, distribution, version=None, name=None, keep=lambda path: True, change=lambda path, data: {path: data}):
    """A wheel of an installed distribution; `change` says which files stand in the place of one."""
    found = importlib.metadata.distribution(distribution)
    name, version = name or distribution, version or found.version
    stem = f"{name.replace('-', '_')}-{version}"
    wheel = pathlib.Path(folder) / f"{stem}-py3-none-any.whl"
    files = {}
    for entry in found.files:
        path = str(entry)
        if path.startswith("..") or ".dist-info/" in path or path.endswith((".pyc", ".pyi")) or not keep(path):
            continue
        data = entry.locate().read_bytes()
        if path == f"{distribution}/__init__.py":
            data = data.replace(found.version.encode(), version.encode())
        files.update(change(path, data))
    files[f"{stem}.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows([path, "", ""] for path in files)
    files[f"{stem}.dist-info/RECORD"] = rows.getvalue().encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return wheel


def fresh_aws(path, data):
    if path != "botocore/data/partitions.json":
        return {path: data}
    new = "botocore/data/fresh/2026-01-01"
    return {path: data, f"{new}/service-2.json": json.dumps(MODEL).encode(),
            f"{new}/endpoint-rule-set-1.json": json.dumps(RULES).encode()}


def fresh_oci(path, data):
    """A second module beside `audit`, with its operations."""
    if not path.startswith("oci/audit/"):
        return {path: data}
    return {path: data, path.replace("oci/audit/", "oci/fresh/"): data.replace(b"oci.audit.", b"oci.fresh.")}


def fresh_azure(path, data):
    return {path.replace("mgmt/dns/", "mgmt/fresh/"): data.replace(b"mgmt.dns", b"mgmt.fresh")}


def few(*services):
    """The parts of botocore and oci that a few services need."""
    kept = tuple(f"botocore/data/{service}/" for service in services) + tuple(f"oci/{service}/" for service in services)

    def keep(path):
        parts = path.split("/")
        return path.startswith(kept) or parts[0] == "botocore" and (len(parts) == 2 or path.endswith("partitions.json")) \
            or parts[0] == "oci" and len(parts) == 2

    return keep


class Desk:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.home = pathlib.Path(self.folder.name)

    def command(self, *words):
        return [PROGRAM, "--home", str(self.home), *map(str, words)]

    def run(self, *words, expect=0):
        done = subprocess.run(self.command(*words, "--json"), capture_output=True, text=True)
        assert done.returncode == expect, f"{words}: exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    def update(self, *words, expect=0):
        answer = self.run("catalog", "update", *words, expect=expect)
        return {cloud["cloud"]: cloud for cloud in answer["clouds"]} if isinstance(answer, dict) else answer

    def file(self, cloud):
        return self.home / "data" / "catalog" / f"{cloud}.catalog"

    def works(self):
        """The catalogs open, and an operation of each cloud can be described; the versions in use."""
        status = self.run("catalog", "status")
        assert not status["warnings"], status["warnings"]
        for cloud, service in (("aws", "sqs"), ("azure", "dns"), ("oci", "audit.audit")):
            assert self.run("catalog", "show", cloud, service)["operations"], cloud
        return {one["cloud"]: one["version"] for one in status["catalogs"]}


class Index:
    """A simple index on loopback: JSON, or links where the client does not want JSON; with faults by file."""

    def __init__(self, folder):
        self.folder, self.faults, self.asked = pathlib.Path(folder), {}, []
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                index.asked.append(self.path)
                index.answer(self)

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """A client that was killed hangs up."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/simple/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler):
        name = handler.path.strip("/").split("/")[-1]
        fault = self.faults.get(name)
        if fault == "down":
            return self.send(handler, 503, "text/plain", b"down")
        if handler.path.startswith("/files/"):
            data = (self.folder / name).read_bytes()
            return self.send(handler, 200, "application/octet-stream", data, len(data) // 2 if fault == "cut" else None)
        files = sorted(f for f in self.folder.iterdir() if f.name.startswith(name.replace("-", "_") + "-"))
        if not files:
            return self.send(handler, 404, "text/plain", b"no")
        listed = []
        for file in files:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            if self.faults.get(file.name) == "wrong hash":
                digest = digest[::-1]
            listed.append((file.name, digest, self.faults.get(file.name) == "yanked"))
        if "html" in self.faults:
            links = "".join(f'<a href="/files/{name}#sha256={digest}"{" data-yanked" * yanked}>{name}</a><br>\n'
                            for name, digest, yanked in listed)
            return self.send(handler, 200, "text/html", f"<!DOCTYPE html><html><body>\n{links}</body></html>".encode())
        page = {"meta": {"api-version": "1.0"}, "name": name, "files": [
            {"filename": name, "url": f"/files/{name}", "hashes": {"sha256": digest}, "yanked": yanked}
            for name, digest, yanked in listed]}
        self.send(handler, 200, "application/vnd.pypi.simple.v1+json", json.dumps(page).encode())

    @staticmethod
    def send(handler, status, kind, data, cut=None):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data if cut is None else data[:cut])
        handler.close_connection = cut is not None

    def fetched(self):
        return [path.split("/")[-1] for path in self.asked if path.startswith("/files/")]

    def stop(self):
        self.server.shutdown()


def new_services(wheels):
    """A service that was added to a copy of each package is found, described, and called, with the program as it is."""
    desk = Desk()
    pack(wheels, "botocore", version="98.0.0", change=fresh_aws)
    pack(wheels, "oci", version="98.0.0", change=fresh_oci)
    pack(wheels, "azure-mgmt-dns", name=NEW, version="1.0.0", change=fresh_azure)
    begun = time.monotonic()
    answer = desk.update("--from", wheels, "--package", NEW)
    print(f"  all three clouds updated in {time.monotonic() - begun:.1f} s")
    added = {cloud: [one["service"] for one in answer[cloud]["changes"]["new_services"]] for cloud in CLOUDS}
    assert added == {"aws": ["fresh"], "azure": ["fresh"], "oci": ["fresh.audit"]}, added
    gone = {cloud: answer[cloud]["changes"]["removed_services"] for cloud in CLOUDS}
    assert not any(gone.values()), gone
    for cloud, words, service, operation, params, part in (
        ("aws", "plant fresh orchard", "fresh", "PlantOrchard", {"OrchardName": "north"}, "FreshService.PlantOrchard"),
        ("oci", "fresh audit events", "fresh.audit", "ListEvents",
         {"compartmentId": "ocid1.compartment.oc1..x", "startTime": "2026-01-01T00:00:00Z",
          "endTime": "2026-01-02T00:00:00Z"}, "/auditEvents"),
        ("azure", "fresh zones get", "fresh", "Zones_Get", {"resourceGroupName": "web", "zoneName": "a.example"},
         "dnsZones/a.example"),
    ):
        hits = desk.run("catalog", "search", words, "--cloud", cloud)["hits"]
        assert any((hit["service"], hit["operation"]) == (service, operation) for hit in hits), (words, hits)
        assert operation in json.dumps(desk.run("catalog", "show", cloud, service, operation))
        called = desk.run("call", cloud, service, operation, "--params", json.dumps(params), "--dry-run")
        assert part in json.dumps(called), called
        print(f"  {cloud} {service} {operation}: found, described, called")
    # The way back, and forth again.
    desk.run("catalog", "update", "--undo")
    desk.run("catalog", "show", "aws", "fresh", expect=2)
    desk.run("catalog", "update", "--undo")
    desk.run("catalog", "show", "aws", "fresh")
    for wheel in wheels.iterdir():
        if "98.0.0" in wheel.name:
            wheel.unlink()


def small(folder, version):
    """Packages of a few services."""
    services = ("sqs", "sns", "dynamodb", "kms") if version.endswith("0.0") else ("sqs", "sns", "lambda")
    pack(folder, "botocore", version=version, keep=few(*services))
    pack(folder, "oci", version=version, keep=few("audit", "announcements_service"))
    pack(folder, "azure-mgmt-dns", version=version)


def refused(desk, index, name, fault, *parts):
    """With this fault the update fails by name, and the catalog in use stays."""
    before = desk.file("aws").read_bytes()
    index.faults = {name: fault}
    answer = desk.update("--cloud", "aws", "--index", index.url, expect=1)["aws"]
    assert answer["state"] == "failed" and all(part in answer["error"] for part in parts), answer
    assert desk.file("aws").read_bytes() == before
    left = [file.name for file in (desk.home / "data" / "catalog").rglob("*") if ".new-" in file.name or ".part-" in file.name]
    assert not left, left
    print(f"  {fault}: refused, nothing lost")


def an_index(folder):
    desk, index = Desk(), Index(folder)
    small(folder, "90.0.0")
    small(folder, "90.10.0")
    small(folder, "90.9.0")
    answer = desk.update("--index", index.url)
    assert {cloud: answer[cloud]["state"] for cloud in CLOUDS} == dict.fromkeys(CLOUDS, "updated"), answer
    assert answer["aws"]["after"]["version"] == "90.10.0", "not the newest"
    assert not answer["azure"]["changes"]["removed_services"], "services of packages that the index does not have are gone"
    assert all("90.10.0" in file for file in index.fetched()), index.fetched()
    desk.works()
    taken = "botocore-90.11.0-py3-none-any.whl"
    pack(folder, "botocore", version="90.11.0", keep=few("sqs", "ses"))
    refused(desk, index, taken, "wrong hash", taken, "not taken", "SHA-256")
    refused(desk, index, taken, "cut", taken)
    refused(desk, index, "botocore", "down", "503", "botocore", "--from FOLDER")
    index.faults = {taken: "yanked"}
    assert desk.update("--cloud", "aws", "--index", index.url)["aws"]["state"] == "unchanged", "a yanked file was taken"
    index.faults = {"html": True}
    answer = desk.update("--cloud", "aws", "--index", index.url)["aws"]
    assert answer["after"]["version"] == "90.11.0" and answer["state"] == "updated", answer
    answer = desk.update("--cloud", "aws", "--index", index.url, "--version", "90.9.0")["aws"]
    assert answer["after"]["version"] == "90.9.0", answer
    status = {one["cloud"]: one for one in desk.run("catalog", "status", "--check", "--index", index.url)["catalogs"]}
    assert [one["known"] for one in status["aws"]["newer"]] == ["90.11.0"], status["aws"]["newer"]
    index.stop()


def kills(source, count, rng, versions):
    """Killed at random moments, an update leaves catalogs that open; the next one goes through and sweeps."""
    desk = Desk()
    begun = time.monotonic()
    desk.update(*source())
    span, met, seen = time.monotonic() - begun, 0, []
    while met < count:
        process = subprocess.Popen(desk.command("catalog", "update", *source()), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(rng.uniform(0, span))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            met += 1
            in_use = desk.works()
            seen.append(in_use)
            for cloud, allowed in versions.items():
                assert in_use[cloud] in allowed, (in_use, allowed)
    answer = desk.update(*source())
    assert all(one["state"] in ("updated", "unchanged") for one in answer.values()), answer
    left = [file.name for file in (desk.home / "data" / "catalog").rglob("*") if ".new-" in file.name or ".part-" in file.name]
    assert not left, f"drafts were not swept: {left}"
    desk.works()
    mixed = sum(one["aws"] != one["oci"] for one in seen)
    print(f"  {met} kills within {span:.1f} s, each left a working catalog ({mixed} with one cloud before and another after)")


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--wheels", type=pathlib.Path)
    asked = words.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if asked.wheels:
            print("an update of the given wheels, killed")
            kills(lambda: ("--from", asked.wheels), asked.kills, rng, {})
            return
        print("new services")
        (folder / "new").mkdir()
        new_services(folder / "new")
        print("an index on loopback")
        (folder / "index").mkdir()
        an_index(folder / "index")
        print("an update, killed")
        (folder / "a").mkdir()
        (folder / "b").mkdir()
        small(folder / "a", "91.0.0")
        small(folder / "b", "91.1.0")
        index = Index(folder / "b")
        ways = [("--from", folder / "a"), ("--index", index.url)]
        kills(lambda: rng.choice(ways), asked.kills, rng,
              {"aws": ("91.0.0", "91.1.0"), "oci": ("91.0.0", "91.1.0")})
        index.stop()


if __name__ == "__main__":
    main()
    sys.exit(0)
