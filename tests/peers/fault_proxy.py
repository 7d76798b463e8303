"""The embedded clouds behind a proxy that makes things go wrong, and the program run against them.

The proxy sees every request before and after the cloud does, so it knows what was carried out whatever the program believes.
"""

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

PROGRAM = os.environ["PROVISIONER"]
REGION = "eu-central-1"
TAGS = {"owner": "team-web", "environment": "dev", "sensitivity": "internal", "cost-center": "9001"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cloud:
    """`provisioner sandbox serve` on a free port, with its state in a folder of its own."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="cloud-")
        self.port = free_port()
        command = [PROGRAM, "--home", self.home, "sandbox", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.get("requests")
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the sandbox did not start")

    def get(self, what):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_sandbox/{what}", timeout=10) as answer:
            return json.load(answer)[what]

    def live(self):
        """(service, kind, name) of everything that a plan here makes; what the cloud adds by itself is left out."""
        own = []
        for resource in self.get("resources"):
            if resource["tags"].get("owner") or resource["tags"].get("Owner"):
                own.append((resource["service"], resource["kind"], name_of(resource)))
        return sorted(own)

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


def name_of(resource):
    attributes = resource["attributes"]
    for member in ("CidrBlock", "QueueName", "TopicName", "Name", "logGroupName", "TableName", "RoleName", "Bucket"):
        if attributes.get(member) or resource["names"].get(member):
            return attributes.get(member) or resource["names"].get(member)
    return resource["id"]


class Seen:
    """One request that passed the proxy."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.at = time.time()
        self.forwarded = False
        self.status = None
        self.until = None
        target = headers.get("x-amz-target", "")
        form = urllib.parse.parse_qs(body.decode("latin-1")) if "form-urlencoded" in headers.get("content-type", "") else {}
        self.operation = target.rpartition(".")[2] or form.get("Action", [""])[0] or f"{method} {path.split('?')[0]}"
        text = body.decode("latin-1")
        found = re.search(r'"?(?:ClientToken|clientToken|ClientRequestToken|IdempotencyToken)"?[=:]"?([\w-]+)', text)
        self.token = headers.get("opc-retry-token") or (found.group(1) if found else None)

    @property
    def writes(self):
        return not re.match(r"(Describe|Get|List|Head)|GET |HEAD ", self.operation)


class Proxy:
    """Passes requests on to a cloud. `meddle` is asked before each one and names a fault, or nothing.

    Faults: ("drop",) before the cloud saw it; ("lose",) after it was carried out; ("cut",) in the middle of the answer;
    ("slow", seconds) and ("hang", seconds) after it was carried out; ("answer", status, headers, body) instead of the cloud;
    ("carried", status, headers, body) after it; ("pause", event, event) sets one event when the request came, and goes on when
    the other is set.
    """

    def __init__(self, cloud, meddle=lambda seen: None):
        self.seen = []
        self.meddle = meddle
        self.lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (ConnectionError, ValueError):
                    self.close_connection = True

            def serve(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(self.command, self.path, headers, body)
                with proxy.lock:
                    proxy.seen.append(seen)
                    fault = proxy.meddle(seen)
                kind = fault[0] if fault else None
                if kind == "drop":
                    return self.break_off()
                if kind == "answer":
                    return self.say(*fault[1:])
                if kind == "pause":
                    fault[1].set()
                    fault[2].wait(60)
                status, answer_headers, answer = self.forward(seen)
                if kind == "lose":
                    return self.break_off()
                if kind == "slow":
                    time.sleep(fault[1])
                if kind == "hang":
                    time.sleep(fault[1])
                    return self.break_off()
                if kind == "carried":
                    return self.say(*fault[1:])
                if kind == "cut":
                    self.wfile.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(answer) + 9}\r\n\r\n".encode() + answer[:5])
                    return self.break_off()
                seen.until = time.time()
                self.say(status, *proxy.passed_back(seen, answer_headers, answer))

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = serve

            def forward(self, seen):
                upstream = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=60)
                passed = {n: v for n, v in seen.headers.items() if n not in ("connection", "content-length")}
                upstream.request(seen.method, seen.path, body=seen.body, headers=passed)
                answer = upstream.getresponse()
                body = answer.read()
                seen.forwarded, seen.status = True, answer.status
                kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("content-length", "connection", "transfer-encoding")]
                return answer.status, kept, body

            def say(self, status, headers, body):
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def break_off(self):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def passed_back(self, seen, headers, body):
        """Headers and body of an answer as the program gets them."""
        return headers, body

    def writes(self, operation=None):
        """Requests that the cloud carried out and that change something."""
        done = [s for s in self.seen if s.forwarded and s.writes and s.status is not None and s.status < 300]
        return [s for s in done if operation is None or s.operation == operation]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Desk:
    """The program with a home of its own, pointed at a proxy."""

    def __init__(self, port, home=None):
        self.home = home or tempfile.mkdtemp(prefix="desk-")
        self.environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def command(self, *words):
        return [PROGRAM, "--home", self.home, "--target", "live", *words]

    def run(self, *words, timeout=120, **options):
        """(exit code, JSON or None, standard error)."""
        done = subprocess.run(self.command(*words, "--json"), env=self.environment, capture_output=True, timeout=timeout, **options)
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = None
        return done.returncode, document, done.stderr.decode(errors="replace")

    def start(self, *words, **options):
        command = self.command(*words, "--json")
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(command, env=self.environment, **options)

    def apply(self, plan, *more, **options):
        return self.run("plan", "apply", self.keep(plan), "--approve", "warned", *more, **options)

    def keep(self, plan):
        path = os.path.join(self.home, "plan.json")
        with open(path, "w") as out:
            json.dump(plan, out)
        return path

    def audit(self):
        code, _, errors = self.run("audit", "verify")
        assert code == 0, f"the audit chain does not verify: {errors}"

    def stop(self):
        shutil.rmtree(self.home, ignore_errors=True)


def step(name, service, operation, params, **more):
    return {"id": name, "cloud": "aws", "service": service, "operation": operation, "region": REGION, "params": params,
            "purpose": f"part {name} of the test", **more}


def vpc(name, cidr="10.0.0.0/16"):
    return step(name, "ec2", "CreateVpc", {"CidrBlock": cidr, "TagSpecifications": [{"ResourceType": "vpc", "Tags": TAG_LIST}]})


def subnet(name, of, cidr):
    return step(name, "ec2", "CreateSubnet", {
        "VpcId": f"${{{{ steps.\"{of}\".output.Vpc.VpcId }}}}", "CidrBlock": cidr,
        "TagSpecifications": [{"ResourceType": "subnet", "Tags": TAG_LIST}]})


def queue(name, **more):
    return step(name, "sqs", "CreateQueue", {"QueueName": f"queue-{name}", "Attributes": {"SqsManagedSseEnabled": "true"}, "tags": TAGS}, **more)


def topic(name, **more):
    return step(name, "sns", "CreateTopic", {"Name": f"topic-{name}", "Attributes": {"KmsMasterKeyId": "alias/aws/sns"}, "Tags": TAG_LIST}, **more)


def table(name, **more):
    return step(name, "dynamodb", "CreateTable", {
        "TableName": f"table-{name}", "BillingMode": "PAY_PER_REQUEST", "Tags": TAG_LIST,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}, **more)


def role(name, **more):
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    return step(name, "iam", "CreateRole", {"RoleName": f"role-{name}", "AssumeRolePolicyDocument": json.dumps(policy), "Tags": TAG_LIST}, **more)


def plan(*steps):
    return {"version": 1, "name": "a plan that meets faults", "steps": list(steps)}


def planned(document):
    """The live set that a plan of the makers above comes to."""
    kinds = {"CreateVpc": ("ec2", "Vpc", "CidrBlock"), "CreateSubnet": ("ec2", "Subnet", "CidrBlock"), "CreateQueue": ("sqs", "Queue", "QueueName"),
             "CreateTopic": ("sns", "Topic", "Name"), "CreateTable": ("dynamodb", "Table", "TableName"), "CreateRole": ("iam", "Role", "RoleName")}
    out = []
    for one in document["steps"]:
        service, kind, member = kinds[one["operation"]]
        out.append((service, kind, one["params"][member]))
    return sorted(out)


def killed(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
