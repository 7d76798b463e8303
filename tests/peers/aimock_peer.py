"""A scripted OpenAI-compatible server of somebody else drives `provisioner ask`.

aimock streams tool calls in pieces of a few characters. The journey of the private bucket goes over look-ups, a
plan with a slip, its correction, approval, and execution in the sandbox. Then the same server is busy, fails,
answers garbage, calls a tool that does not exist, and breaks off: each time the program says so and exits, and
the person's words are kept.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

PROVISIONER = os.environ["PROVISIONER"]
NODE = pathlib.Path(os.environ["PEER_NODE"])
REGION = "eu-central-1"
BUCKET = "demo-logs"
WORDS = (
    "create a private, encrypted S3 bucket called demo-logs in Frankfurt, owner team-web, "
    "environment dev, sensitivity internal, cost center 9001"
)


def step(name, operation, params, after=()):
    return {
        "id": name,
        "cloud": "aws",
        "service": "s3",
        "operation": operation,
        "region": REGION,
        "params": {"Bucket": BUCKET, **params},
        "purpose": operation,
        "after": list(after),
    }


def plan(create="CreateBucket"):
    tags = {"owner": "team-web", "environment": "dev", "sensitivity": "internal", "cost-center": "9001"}
    return {
        "name": "private, encrypted bucket demo-logs",
        "steps": [
            step("bucket", create, {"CreateBucketConfiguration": {"LocationConstraint": REGION}}),
            step(
                "closed",
                "PutPublicAccessBlock",
                {
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": True,
                        "IgnorePublicAcls": True,
                        "BlockPublicPolicy": True,
                        "RestrictPublicBuckets": True,
                    }
                },
                ["bucket"],
            ),
            step(
                "encrypted",
                "PutBucketEncryption",
                {
                    "ServerSideEncryptionConfiguration": {
                        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                    }
                },
                ["bucket"],
            ),
            step(
                "tags",
                "PutBucketTagging",
                {"Tagging": {"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]}},
                ["bucket"],
            ),
        ],
    }


def calls(*wanted):
    return {"toolCalls": [{"name": name, "arguments": json.dumps(arguments)} for name, arguments in wanted]}


def fixtures():
    describe = ("aws_describe", {"service": "s3", "operation": "CreateBucket"})
    search = ("aws_search", {"query": "create bucket"})
    busy = {"error": {"message": "slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 1}
    failing = {"error": {"message": "the lights went out", "type": "server_error"}, "status": 500}
    return [
        # The journey, backwards: what answers a tool's answer stands before what answers words.
        {"match": {"userMessage": BUCKET, "toolResultContains": "was not taken up"}, "response": calls(("propose_plan", plan()))},
        {"match": {"userMessage": BUCKET, "hasToolResult": True}, "response": calls(("propose_plan", plan("CreateBuckets")))},
        {"match": {"userMessage": BUCKET}, "response": {"content": "I look it up: größer, 東京.", **calls(search, describe)}},
        {"match": {"userMessage": "busy for once", "sequenceIndex": 0}, "response": busy},
        {"match": {"userMessage": "busy for once"}, "response": {"content": "There are no buckets."}},
        {"match": {"userMessage": "busy for ever"}, "response": busy},
        {"match": {"userMessage": "fail for ever"}, "response": failing},
        {"match": {"userMessage": "garbage"}, "response": {"content": "x"}, "chaos": {"malformedRate": 1}},
        {"match": {"userMessage": "hang up"}, "response": {"content": "x"}, "chaos": {"disconnectRate": 1}},
        {
            "match": {"userMessage": "break off"},
            "response": {"content": "These words come before the line breaks, and these do not."},
            "latency": 40,
            "truncateAfterChunks": 4,
        },
        {"match": {"userMessage": "unknown tool", "hasToolResult": True}, "response": {"content": "I have no such tool."}},
        {"match": {"userMessage": "unknown tool"}, "response": calls(("aws_delete_everything", {}))},
    ]


class Server:
    def __init__(self, folder):
        path = folder / "fixtures.json"
        path.write_text(json.dumps({"fixtures": fixtures()}))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [str(NODE / "node_modules" / ".bin" / "llmock"), "-p", str(self.port), "-f", str(path)]
        command += ["--strict", "-c", "5", "--log-level", "warn"]
        self.log = open(folder / "aimock.log", "w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/models", timeout=1).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.stop()
        sys.exit("aimock did not start:\n" + (folder / "aimock.log").read_text())

    def requests(self):
        url = f"http://127.0.0.1:{self.port}/__aimock/journal?path=/v1/chat/completions"
        return json.load(urllib.request.urlopen(url, timeout=5))

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def run(home, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "OPENAI_"))}
    environment["AIMOCK_TEST_KEY"] = "key-of-the-peer"
    return subprocess.run(
        [PROVISIONER, "--home", str(home), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def ask(home, words, *more):
    return run(home, "ask", words, *more, "--json")


FAILED = []


def check(what, holds, shown):
    print(("ok    " if holds else "FAIL  ") + what)
    if not holds:
        FAILED.append(what)
        print("      " + str(shown)[:1500].replace("\n", "\n      "))


def journey(home, server):
    done = ask(home, WORDS, "--approve", "allowed")
    check("the journey exits with 0", done.returncode == 0, (done.returncode, done.stderr, done.stdout))
    try:
        document = json.loads(done.stdout)
    except ValueError:
        check("the journey prints one JSON document", False, done.stdout)
        return
    for part in ["plan", "verdict", "estimate", "approval", "execution", "record"]:
        check(f"the document holds the {part}", document.get(part) is not None, list(document))
    steps = (document.get("execution") or {}).get("steps") or {}
    check("four steps succeeded", len(steps) == 4 and set(steps.values()) == {"succeeded"}, steps)
    asked = server.requests()
    check("the model was asked three times", len(asked) == 3, len(asked))
    sent = json.dumps(asked)
    check("the slip went back to the model", "did you mean CreateBucket" in sent, sent[-3000:])


def fails(home, words, part):
    done = ask(home, words)
    said = done.stdout + done.stderr
    check(f"`{words}`: exits with 1 and says `{part}`", done.returncode == 1 and part in said, (done.returncode, said))
    check(f"`{words}`: no trace of a crash", "panicked" not in said, said)
    listed = run(home, "sessions", "list", "--json")
    check(f"`{words}`: the words are kept", words in listed.stdout, listed.stdout + listed.stderr)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        home = folder / "home"
        server = Server(folder)
        (home / "config").mkdir(parents=True)
        (home / "config" / "settings.yaml").write_text(
            f"model: {{name: gpt-4o, base_url: \"http://127.0.0.1:{server.port}/v1\", key_env: AIMOCK_TEST_KEY, patience_seconds: 10}}\n"
        )
        try:
            journey(home, server)
            once = ask(home, "busy for once")
            check("a busy model is asked again", once.returncode == 0 and "no buckets" in once.stdout, (once.stdout, once.stderr))
            fails(home, "busy for ever", "429")
            fails(home, "fail for ever", "the lights went out")
            fails(home, "garbage", "cannot be read")
            fails(home, "hang up", "model gpt-4o")
            fails(home, "break off", "broke off")
            unknown = ask(home, "unknown tool")
            check("an unknown tool is answered and the turn goes on", "no such tool" in unknown.stdout, (unknown.stdout, unknown.stderr))
            everything = b"".join(p.read_bytes() for p in (home).rglob("*") if p.is_file())
            check("the key is nowhere in the home", b"key-of-the-peer" not in everything, "found")
        finally:
            server.stop()
    print(f"{len(FAILED)} failed" if FAILED else "all held")
    sys.exit(1 if FAILED else 0)


main()
