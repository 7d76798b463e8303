"""The faults that a run survives, one test each, against the embedded clouds behind a proxy that makes things go wrong.

  python faults_peer.py [NAME…]

`tests/faults.md` lists them with what must hold. After every recovery: what exists is what was planned, nothing was made
twice, the audit chain verifies, and the exit code tells the truth.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback

import three_clouds
from three_clouds import World, group, oci, vcn, vnet
from fault_proxy import (
    REGION, TAG_LIST, TAGS, Cloud, Desk, Proxy, killed, plan, planned, queue, role, step, subnet, table, topic, vpc,
)

FAULTS = []
DONE, FAILED, PARTLY = 0, 1, 4


def fault(test):
    FAULTS.append(test)
    return test


class NotShown(Exception):
    """This machine does not let the fault happen."""


class Scene:
    """A cloud, a proxy, a desk; all gone at the end."""

    def __init__(self, meddle=lambda seen: None):
        self.cloud = Cloud()
        self.proxy = Proxy(self.cloud, meddle)
        self.desk = Desk(self.proxy.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.desk.stop()
        self.proxy.stop()
        self.cloud.stop()

    def resumed(self, code=DONE):
        self.proxy.meddle = lambda seen: None
        got, document, errors = self.desk.run("history", "resume")
        assert got == code, f"resume exits with {got}: {errors[-600:]}"
        return document, errors

    def holds(self, document):
        live, wanted = self.cloud.live(), planned(document)
        assert live == wanted, f"exists: {live}\n  planned: {wanted}"
        self.desk.audit()


def once(operation, action):
    """The fault meets the first request of an operation."""
    left = [1]

    def meddle(seen):
        if seen.operation == operation and left[0]:
            left[0] -= 1
            return action
        return None

    return meddle


def volume(name, **more):
    return step(name, "ec2", "CreateVolume", {
        "AvailabilityZone": f"{REGION}a", "Size": 8, "VolumeType": "gp3", "Encrypted": True,
        "TagSpecifications": [{"ResourceType": "volume", "Tags": TAG_LIST}]}, **more)


def volumes(scene):
    return [r for r in scene.cloud.get("resources") if r["kind"] == "Volume"]


def statuses(document):
    return document["execution"]["steps"]


THREE = [vpc("net"), subnet("web", "net", "10.0.1.0/24"), queue("jobs")]


@fault
def killed_between_intent_and_request():
    with Scene() as scene:
        wanted = plan(*THREE)
        scene.desk.apply(wanted, "--inject", "net:kill-before-send")
        assert not scene.proxy.writes("CreateVpc"), "it was sent before the kill"
        scene.resumed()
        scene.holds(wanted)
        assert len(scene.proxy.writes("CreateVpc")) == 1


@fault
def killed_while_the_request_is_under_way():
    arrived, go_on = threading.Event(), threading.Event()
    with Scene(once("CreateVolume", ("pause", arrived, go_on))) as scene:
        process = scene.desk.start("plan", "apply", scene.desk.keep(plan(volume("disk"))), "--approve", "warned")
        assert arrived.wait(30), "the request never came"
        killed(process)
        go_on.set()
        time.sleep(0.5)
        scene.resumed()
        tokens = {seen.token for seen in scene.proxy.seen if seen.operation == "CreateVolume"}
        assert len(tokens) == 1 and None not in tokens, f"tokens: {tokens}"
        assert len(volumes(scene)) == 1, "doubled"
        scene.desk.audit()


@fault
def what_arrives_after_the_program_died_is_not_made_twice():
    # No token and no name: the first look finds nothing, because the request is still on its way.
    arrived, go_on = threading.Event(), threading.Event()
    with Scene(once("CreateVpc", ("pause", arrived, go_on))) as scene:
        wanted = plan(vpc("net"))
        process = scene.desk.start("plan", "apply", scene.desk.keep(wanted), "--approve", "warned")
        assert arrived.wait(30), "the request never came"
        killed(process)
        resumed = scene.desk.start("history", "resume")
        time.sleep(3)
        go_on.set()
        assert resumed.wait(60) == DONE
        scene.holds(wanted)
        assert len(scene.proxy.writes("CreateVpc")) == 1, "made twice"


@fault
def killed_between_answer_and_record():
    with Scene() as scene:
        scene.desk.apply(plan(volume("disk")), "--inject", "disk:kill-after-send")
        document, _ = scene.resumed()
        assert len(volumes(scene)) == 1, "doubled"
        identifier = volumes(scene)[0]["id"]
        _, graph, _ = scene.desk.run("graph", "show")
        assert identifier in json.dumps(graph), "the graph does not know it"


@fault
def killed_where_there_is_no_token():
    with Scene() as scene:
        # By its name, by its mark, and because making it again gives back what is there.
        wanted = plan(role("worker"), vpc("net"), topic("news"))
        for name in ("worker", "net", "news"):
            scene.desk.apply(wanted, "--inject", f"{name}:kill-after-send")
            document, errors = scene.resumed()
            scene.holds(wanted)
            code, _, errors = scene.desk.run("plan", "undo", scene.desk.keep(wanted), "--approve", "warned")
            assert code == DONE and scene.cloud.live() == [], f"{errors[-300:]} {scene.cloud.live()}"
    # Two that could be ours: a person is asked and nothing is written.
    with Scene() as scene:
        wanted = plan(vpc("net"))
        scene.desk.apply(wanted, "--inject", "net:kill-after-send")
        carried = next(seen for seen in scene.proxy.seen if seen.operation == "CreateVpc")
        again = http.client.HTTPConnection("127.0.0.1", scene.cloud.port)
        again.request("POST", carried.path, carried.body, carried.headers)
        assert again.getresponse().status == 200
        before = len(scene.proxy.writes("CreateVpc"))
        _, errors = scene.resumed(PARTLY)
        assert len(scene.proxy.writes("CreateVpc")) == before, "it wrote although two could be ours"
        assert "2 things" in errors, errors[-300:]


@fault
def what_nothing_can_find_again_waits_for_a_persons_word():
    # A key has no name and no token, and cannot be asked for by a tag.
    with Scene() as scene:
        key = step("key", "kms", "CreateKey", {"Tags": [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in TAG_LIST]})
        scene.desk.apply(plan(key, queue("jobs")), "--inject", "key:kill-before-send")
        document, errors = scene.resumed(PARTLY)
        assert not scene.proxy.writes("CreateKey") and "--not-carried-out key" in errors, errors[-500:]
        identifier = scene.desk.run("history", "list")[1][0]["id"]
        code, _, errors = scene.desk.run("history", "resume", identifier, "--not-carried-out", "jobs")
        assert code == 2 and "in doubt: key" in errors, f"exit {code}: {errors[-300:]}"
        code, _, errors = scene.desk.run("history", "resume", identifier, "--not-carried-out", "key")
        assert code == DONE, f"exit {code}: {errors[-300:]}"
        assert len(scene.proxy.writes("CreateKey")) == len(scene.proxy.writes("CreateQueue")) == 1
        scene.desk.audit()


@fault
def a_run_that_forgets_its_intents_is_found_out():
    # The check must bite: without the intent on disk the request is sent twice, and that is seen.
    with Scene() as scene:
        wanted = plan(vpc("net"))
        code, _, _ = scene.desk.apply(wanted, "--inject", "net:forget-intent", "--inject", "net:kill-after-send")
        scene.proxy.meddle = lambda seen: None
        scene.desk.run("history", "resume")
        assert len(scene.cloud.live()) == 2, "a forgotten intent is not noticed: this test would prove nothing"


@fault
def killed_at_every_record():
    steps = [vpc("net"), *[subnet(f"web{i}", "net", f"10.0.{i}.0/24") for i in range(4)],
             queue("jobs"), queue("mail"), topic("news"), topic("alarm"), table("orders"), role("worker"), role("reader")]
    wanted = plan(*steps)
    for one in steps:
        for kind in ("kill-before-send", "kill-after-send", "kill-after-result"):
            with Scene() as scene:
                scene.desk.apply(wanted, "--inject", f"{one['id']}:{kind}")
                scene.resumed()
                scene.holds(wanted)
                for made in planned(wanted):
                    assert scene.cloud.live().count(made) == 1, f"{kind} at {one['id']}: {made}"


@fault
def a_torn_last_record_is_told_and_an_earlier_damaged_one_stops_the_run():
    with Scene() as scene:
        wanted = plan(*THREE)
        scene.desk.apply(wanted, "--inject", "jobs:kill-after-send")
        path = newest_journal(scene.desk)
        whole = open(path, "rb").read()
        with open(path, "wb") as out:
            out.write(whole[:-7])
        scene.resumed()
        scene.holds(wanted)
    with Scene() as scene:
        scene.desk.apply(plan(*THREE), "--inject", "jobs:kill-after-send")
        path = newest_journal(scene.desk)
        whole = bytearray(open(path, "rb").read())
        whole[len(whole) // 4] ^= 1
        with open(path, "wb") as out:
            out.write(whole)
        time.sleep(0.5)
        before = len(scene.proxy.writes())
        code, _, errors = scene.desk.run("history", "resume")
        assert code != DONE and len(scene.proxy.writes()) == before, "it ran on a damaged journal"
        assert "record" in errors or "line" in errors, f"the record is not named: {errors[-300:]}"


@fault
def a_damaged_last_record_stops_the_run():
    # It ends in a newline, so the disk had it: it may be an intent, and what it says may have been sent.
    with Scene() as scene:
        scene.desk.apply(plan(*THREE), "--inject", "jobs:kill-after-send")
        path = newest_journal(scene.desk)
        whole = bytearray(open(path, "rb").read())
        whole[-20] ^= 1
        with open(path, "wb") as out:
            out.write(whole)
        time.sleep(0.5)
        before = len(scene.proxy.writes())
        code, _, errors = scene.desk.run("history", "resume")
        assert code != DONE and len(scene.proxy.writes()) == before, "it ran on a damaged journal"
        count = whole.count(b"\n")
        assert f"record {count}" in errors, f"the record is not named: {errors[-300:]}"
        assert open(path, "rb").read() == bytes(whole), "the damaged journal was changed"


def newest_journal(desk):
    named = [os.path.join(folder, name) for folder, _, names in os.walk(desk.home) for name in names if name.startswith("x-")]
    named = [path for path in named if os.path.getsize(path)]
    assert named, "there is no journal"
    return max(named, key=os.path.getmtime)


def small_disk(desk, size):
    """A folder of its own for the desk on a disk of that size; None where this machine does not let us."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", desk.home], capture_output=True)
    return desk if done.returncode == 0 else None


def fill(desk):
    with open(os.path.join(desk.home, "filler"), "wb") as out:
        try:
            while True:
                out.write(b"x" * 4096)
                out.flush()
        except OSError:
            pass


@fault
def a_full_disk_stops_before_the_request_and_loses_nothing():
    with Scene() as scene:
        if not small_disk(scene.desk, "48m"):
            raise NotShown("this machine lets us mount no disk")
        try:
            # Each request is larger than what is left in the last block of a full disk.
            long = {f"note-{i:02}": "x" * 240 for i in range(40)}
            steps = [queue("one"), queue("two", after=["one"]), queue("three", after=["two"])]
            for one in steps:
                one["params"]["tags"] = {**TAGS, **long}
            wanted = plan(*steps)
            filled = []

            def meddle(seen):
                # The disk is full from the moment when the first answer is on its way.
                if seen.operation == "CreateQueue" and not filled:
                    filled.append(True)
                    fill(scene.desk)
                return None

            scene.proxy.meddle = meddle
            code, document, errors = scene.desk.apply(wanted)
            assert code in (FAILED, PARTLY), f"exit {code}: {errors[-300:]}"
            assert len(scene.proxy.writes("CreateQueue")) <= 1, "it sent what it could not write down"
            assert "space" in errors.lower() or "disk" in errors.lower(), f"the disk is not named: {errors[-400:]}"
            os.remove(os.path.join(scene.desk.home, "filler"))
            scene.resumed()
            scene.holds(wanted)
            assert len(scene.proxy.writes("CreateQueue")) == 3, "a queue was made again"
        finally:
            subprocess.run(["umount", "-l", scene.desk.home])


@fault
def a_disk_that_cannot_be_written_is_told_before_anything_is_sent():
    with Scene() as scene:
        if not small_disk(scene.desk, "48m"):
            raise NotShown("this machine lets us mount no disk")
        try:
            wanted = plan(queue("one"))
            path = scene.desk.keep(wanted)
            subprocess.run(["mount", "-o", "remount,ro", scene.desk.home], check=True)
            code, _, errors = scene.desk.run("plan", "apply", path, "--approve", "warned")
            assert code == FAILED or code == 2, f"exit {code}"
            assert not scene.proxy.writes(), "it wrote to the cloud"
            assert "read-only" in errors.lower() or "cannot" in errors.lower(), errors[-300:]
        finally:
            subprocess.run(["umount", "-l", scene.desk.home])


@fault
def a_second_process_is_refused_and_takes_over_after_a_kill():
    arrived, go_on = threading.Event(), threading.Event()
    with Scene(once("CreateQueue", ("pause", arrived, go_on))) as scene:
        wanted = plan(queue("jobs"))
        process = scene.desk.start("plan", "apply", scene.desk.keep(wanted), "--approve", "warned")
        assert arrived.wait(30)
        code, _, errors = scene.desk.run("history", "resume")
        assert code != DONE and str(process.pid) in errors, f"the owner is not named: {errors[-300:]}"
        killed(process)
        go_on.set()
        scene.resumed()
        scene.holds(wanted)


@fault
def a_paused_owner_keeps_the_lock_and_writes_nothing_twice():
    arrived, go_on = threading.Event(), threading.Event()
    with Scene(once("CreateQueue", ("pause", arrived, go_on))) as scene:
        wanted = plan(queue("one"), queue("two", after=["one"]))
        process = scene.desk.start("plan", "apply", scene.desk.keep(wanted), "--approve", "warned")
        assert arrived.wait(30)
        process.send_signal(signal.SIGSTOP)
        go_on.set()
        time.sleep(1)
        code, _, errors = scene.desk.run("history", "resume")
        # The lock is the system's: it ends with the process, so a paused owner cannot lose it.
        assert code != DONE and str(process.pid) in errors, errors[-300:]
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == DONE
        scene.holds(wanted)
        assert len(scene.proxy.writes("CreateQueue")) == 2


@fault
def throttling_is_honoured():
    times = []

    def meddle(seen):
        if seen.operation == "CreateQueue":
            times.append(seen.at)
            if len(times) <= 2:
                body = json.dumps({"__type": "com.amazonaws.sqs#ThrottlingException", "message": "Rate exceeded"}).encode()
                return ("answer", 429, [("retry-after", "1"), ("content-type", "application/x-amz-json-1.0")], body)
        return None

    with Scene(meddle) as scene:
        wanted = plan(queue("jobs"))
        code, _, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-400:]
        gaps = [b - a for a, b in zip(times, times[1:])]
        assert all(gap >= 0.9 for gap in gaps), f"asked again after {gaps}"
        assert len(times) < 8
        scene.holds(wanted)


@fault
def a_cloud_that_throttles_is_asked_less_at_the_same_time():
    refused = ("answer", 429, [("retry-after", "1"), ("content-type", "application/x-amz-json-1.0")],
               json.dumps({"__type": "com.amazonaws.sqs#ThrottlingException", "message": "Rate exceeded"}).encode())
    names = set()

    def meddle(seen):
        if seen.operation != "CreateQueue":
            return None
        # The first wave is told to come later, each request once.
        if len(names) < 12 and seen.body not in names:
            names.add(seen.body)
            return refused
        return ("slow", 0.3)

    def at_once(requests):
        return max(sum(one.at <= other.at < one.until for one in requests) for other in requests)

    with Scene(meddle) as scene:
        wanted = plan(*[queue(f"q{n:02}") for n in range(40)])
        code, _, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-400:]
        carried = sorted((s for s in scene.proxy.writes("CreateQueue")), key=lambda s: s.at)
        first, later = [s for s in carried if s.body in names], [s for s in carried if s.body not in names]
        assert len(first) == 12
        assert at_once(later[:8]) <= 6 < at_once(first), f"{at_once(first)} at the same time, then {at_once(later[:8])}"
        scene.holds(wanted)


@fault
def a_failure_after_the_deed_is_repeated_with_the_same_token():
    broken = ("carried", 503, [("content-type", "text/xml")],
              b"<Response><Errors><Error><Code>Unavailable</Code><Message>later</Message></Error></Errors></Response>")
    with Scene(once("CreateVolume", broken)) as scene:
        code, _, errors = scene.desk.apply(plan(volume("disk")))
        assert code == DONE, errors[-400:]
        asked = [seen for seen in scene.proxy.seen if seen.operation == "CreateVolume"]
        assert len(asked) == 2 and asked[0].token == asked[1].token is not None
        assert len(volumes(scene)) == 1


@fault
def an_answer_that_breaks_off_is_asked_for_again():
    with Scene(once("CreateVolume", ("cut",))) as scene:
        code, _, errors = scene.desk.apply(plan(volume("disk")))
        assert code == DONE, errors[-400:]
        assert len(volumes(scene)) == 1
        assert len({seen.token for seen in scene.proxy.seen if seen.operation == "CreateVolume"}) == 1


@fault
def a_connection_that_hangs_is_given_up_and_asked_again():
    with Scene(once("CreateVolume", ("hang", 8))) as scene:
        begun = time.time()
        code, _, errors = scene.desk.apply(plan(volume("disk")))
        assert code == DONE, errors[-400:]
        assert len(volumes(scene)) == 1 and time.time() - begun < 60


@fault
def credentials_that_end_pause_the_run_and_their_siblings_go_on():
    expired = ("answer", 403, [("content-type", "application/x-amz-json-1.0")],
               json.dumps({"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"}).encode())

    def meddle(seen):
        return expired if seen.operation == "CreateQueue" else None

    with Scene(meddle) as scene:
        wanted = plan(queue("jobs"), topic("news"), table("orders"))
        code, document, errors = scene.desk.apply(wanted)
        assert code == PARTLY, f"exit {code}: {errors[-400:]}"
        assert "AWS_SESSION_TOKEN" in errors, f"the fix is not named: {errors[-400:]}"
        assert statuses(document)["news"] == "succeeded" and statuses(document)["orders"] == "succeeded", statuses(document)
        scene.resumed()
        scene.holds(wanted)
        assert len(scene.proxy.writes("CreateQueue")) == 1


@fault
def a_wrong_clock_is_learnt():
    late = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3600))
    skewed = ("answer", 403, [("date", late), ("content-type", "application/x-amz-json-1.0")],
              json.dumps({"__type": "RequestTimeTooSkewed", "message": "The difference is too large"}).encode())
    with Scene(once("CreateQueue", skewed)) as scene:
        wanted = plan(queue("jobs"))
        code, _, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-400:]
        dates = [seen.headers.get("x-amz-date") for seen in scene.proxy.seen if seen.operation == "CreateQueue"]
        assert len(dates) == 2 and dates[0][:11] != dates[1][:11], f"the clock was not moved: {dates}"
        scene.holds(wanted)


@fault
def what_was_just_made_may_not_be_seen_yet():
    missing = ("answer", 400, [("content-type", "text/xml")],
               b"<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>not yet</Message></Error></Errors></Response>")
    left = {"DescribeVpcs": 2, "CreateSubnet": 1}

    def meddle(seen):
        if left.get(seen.operation, 0):
            left[seen.operation] -= 1
            return missing
        return None

    with Scene(meddle) as scene:
        wanted = plan(vpc("net"), subnet("web", "net", "10.0.1.0/24"))
        code, document, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-600:]
        scene.holds(wanted)
        assert len(scene.proxy.writes("CreateVpc")) == 1, "made again"


@fault
def a_wait_that_fails_skips_only_what_needs_it():
    with Scene() as scene:
        wanted = plan(vpc("net"), subnet("web", "net", "10.0.1.0/24"), queue("jobs"), queue("mail", after=["jobs"]))
        code, document, errors = scene.desk.apply(wanted, "--inject", "net:wait-failure")
        assert code == FAILED or code == PARTLY, f"exit {code}"
        said = statuses(document)
        assert said["web"] == "skipped" and said["mail"] == "succeeded" and said["net"] == "failed", said
        assert "plan undo" in errors, f"taking back is not offered: {errors[-500:]}"


@fault
def a_wait_without_end_parks_the_run():
    with Scene() as scene:
        wanted = plan(vpc("net"), subnet("web", "net", "10.0.1.0/24"))
        code, document, errors = scene.desk.apply(wanted, "--inject", "net:wait-timeout")
        assert code == PARTLY, f"exit {code}: {errors[-300:]}"
        scene.resumed()
        scene.holds(wanted)
        assert len(scene.proxy.writes("CreateVpc")) == 1


@fault
def what_was_made_is_taken_back_in_reverse_order_each_once():
    refused = ("answer", 400, [("content-type", "application/x-amz-json-1.0")],
               json.dumps({"__type": "InvalidParameterValue", "message": "no"}).encode())
    left = ("answer", 403, [("content-type", "text/xml")],
            b"<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not yours</Message></Error></ErrorResponse>")

    def meddle(seen):
        if seen.operation == "CreateTable":
            return refused
        return left if seen.operation == "DeleteTopic" else None

    with Scene(meddle) as scene:
        wanted = plan(vpc("net"), subnet("web", "net", "10.0.1.0/24"), topic("news"), table("orders", after=["web"]))
        code, document, errors = scene.desk.apply(wanted)
        assert code in (FAILED, PARTLY), code
        code, document, errors = scene.desk.run("plan", "undo", document["execution"]["id"], "--approve", "warned")
        deleted = [seen.operation for seen in scene.proxy.writes() if seen.operation.startswith("Delete")]
        assert deleted == ["DeleteSubnet", "DeleteVpc"], f"taken back: {deleted}"
        assert scene.cloud.live() == [("sns", "Topic", "topic-news")], scene.cloud.live()
        assert "stuck" in errors.lower() and "DeleteTopic" in errors, f"what is stuck is not told: {errors[-600:]}"
        assert code in (FAILED, PARTLY), code


@fault
def killed_while_taking_back():
    with Scene() as scene:
        wanted = plan(vpc("net"), subnet("web", "net", "10.0.1.0/24"), queue("jobs"))
        code, document, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-300:]
        identifier = document["execution"]["id"]
        scene.desk.run("plan", "undo", identifier, "--approve", "warned", "--inject", "web:kill-after-undo")
        code, document, errors = scene.desk.run("history", "resume")
        assert code == DONE, f"exit {code}: {errors[-400:]}"
        assert scene.cloud.live() == [], scene.cloud.live()
        for operation in ("DeleteSubnet", "DeleteVpc", "DeleteQueue"):
            assert len(scene.proxy.writes(operation)) == 1, f"{operation}: {len(scene.proxy.writes(operation))} times"
        scene.desk.audit()


@fault
def the_first_interrupt_finishes_what_is_in_flight_and_the_second_stops():
    for signals in (1, 2):
        arrived, go_on = threading.Event(), threading.Event()
        with Scene(once("CreateQueue", ("pause", arrived, go_on))) as scene:
            wanted = plan(queue("one"), queue("two", after=["one"]))
            process = scene.desk.start("plan", "apply", scene.desk.keep(wanted), "--approve", "warned")
            assert arrived.wait(30)
            for _ in range(signals):
                process.send_signal(signal.SIGINT)
                time.sleep(0.4)
            if signals == 1:
                go_on.set()
            code = process.wait(30)
            go_on.set()
            assert code == PARTLY, f"{signals} interrupts: exit {code}"
            assert len([s for s in scene.proxy.seen if s.operation == "CreateQueue"]) == 1, "a step was begun after the interrupt"
            time.sleep(0.3)
            scene.resumed()
            scene.holds(wanted)
            assert len(scene.cloud.live()) == 2


@fault
def what_changed_since_the_approval_stops_the_step():
    refused = ("answer", 412, [("content-type", "application/x-amz-json-1.0")],
               json.dumps({"__type": "PreconditionFailed", "message": "it changed"}).encode())
    with Scene(lambda seen: refused if seen.operation == "CreateQueue" else None) as scene:
        wanted = plan(queue("one"), queue("two", after=["one"]))
        code, document, errors = scene.desk.apply(wanted)
        assert code in (FAILED, PARTLY), code
        asked = [seen for seen in scene.proxy.seen if seen.operation == "CreateQueue"]
        assert len(asked) == 1, "it was tried again over what changed"
        assert "PreconditionFailed" in errors, errors[-300:]
        assert statuses(document)["two"] == "skipped"


def asked_of_the_cloud(world, method, path, body):
    """Somebody else, who does not come through the proxy."""
    signed = 'Signature version="1",keyId="a/b/c",algorithm="rsa-sha256",headers="date",signature="x"'
    other = http.client.HTTPConnection("127.0.0.1", world.cloud.port)
    headers = {"content-type": "application/json", "authorization": signed if path.startswith("/2016") else "Bearer sandbox"}
    other.request(method, path, json.dumps(body), headers)
    answer = other.getresponse()
    said = answer.read()
    assert answer.status < 300, said
    return json.loads(said)


@fault
def what_is_not_as_it_was_shown_is_not_overwritten():
    # Shown with one read, looked at with a second one before anything is sent, and changed by another hand in between or after.
    for moment in ("before the run", "before the request"):
        with World(three_clouds.plan(vcn("net", "10.50.0.0/16"))) as world:
            code, document, errors = world.apply()
            assert code == DONE, errors[-400:]
            made = next(one for one in world.cloud.get("resources") if one["kind"] == "vcns")["id"]
            path = f"/20160918/vcns/{made}"
            reads = []

            def meddle(seen):
                if seen.path == path:
                    reads.append(seen)
                    is_time = len(reads) == 2 if moment == "before the run" else seen.method == "PUT"
                    if is_time and not any(one is None for one in reads):
                        reads.append(None)
                        asked_of_the_cloud(world, "PUT", path, {"displayName": "theirs"})
                return None

            world.proxy.then = meddle
            change = oci("rename", "core.virtual_network", "UpdateVcn", {"vcnId": made, "body": {"displayName": "ours"}})
            code, document, errors = world.desk.apply(three_clouds.plan(change))
            assert code in (FAILED, PARTLY), f"{moment}: exit {code}: {errors[-400:]}"
            named = [one for one in world.cloud.get("resources") if one["id"] == made]
            assert named[0]["attributes"]["displayName"] == "theirs", f"{moment}: it was overwritten"
            sent = [one for one in reads if one is not None and one.method == "PUT"]
            if moment == "before the run":
                assert not sent and "ChangedSinceApproval" in errors, f"{len(sent)} sent: {errors[-400:]}"
            else:
                assert len(sent) == 1 and sent[0].headers.get("if-match"), "the version was not named"
                assert "NoEtagMatch" in errors, errors[-400:]


@fault
def what_came_into_being_since_it_was_shown_is_not_overwritten():
    wanted = three_clouds.plan(vnet("net", "place", "10.80.0.0/16"))
    wanted["steps"][0]["after"] = []
    with World(wanted) as world:
        place = f"/subscriptions/{three_clouds.SUBSCRIPTION}/resourcegroups/place"
        asked_of_the_cloud(world, "PUT", f"{place}?api-version=2024-03-01", {"location": three_clouds.LOCATION})
        reads = []

        def meddle(seen):
            if seen.method == "GET" and seen.path.split("?")[0].endswith("/virtualNetworks/net"):
                reads.append(seen)
                if len(reads) == 2:
                    body = {"location": three_clouds.LOCATION, "properties": {"addressSpace": {"addressPrefixes": ["10.99.0.0/16"]}}}
                    asked_of_the_cloud(world, "PUT", seen.path, body)
            return None

        world.proxy.then = meddle
        code, _, errors = world.apply()
        assert code in (FAILED, PARTLY) and "ChangedSinceApproval" in errors, f"exit {code}: {errors[-500:]}"
        assert not [s for s in world.proxy.seen if s.method == "PUT"], "it was overwritten"


@fault
def what_azure_made_before_its_answer_was_lost_is_taken_back():
    wanted = three_clouds.plan(group("place"), vnet("net", "place", "10.80.0.0/16"))
    for how in ("lost", "killed"):
        with World(wanted) as world:
            if how == "lost":
                left = [1]

                def meddle(seen):
                    if seen.method == "PUT" and "virtualNetworks" in seen.path and left[0]:
                        left[0] = 0
                        return ("lose",)
                    return None

                world.proxy.then = meddle
                code, document, errors = world.apply()
                identifier = document["execution"]["id"]
            else:
                world.apply("--inject", "net:kill-after-send")
                code, document, errors = world.desk.run("history", "resume")
                identifier = world.desk.run("history", "list")[1][0]["id"]
            assert code == DONE, f"{how}: {errors[-400:]}"
            world.holds()
            code, _, errors = world.desk.run("plan", "undo", identifier, "--approve", "warned")
            assert code == DONE, f"{how}: exit {code}: {errors[-500:]}"
            world.is_empty()
    # What was there before stays: the second plan only changed it.
    with World(wanted) as world:
        assert world.apply()[0] == DONE
        code, document, errors = world.apply()
        assert code == DONE, errors[-400:]
        code, _, errors = world.desk.run("plan", "undo", document["execution"]["id"], "--approve", "warned")
        assert code in (FAILED, PARTLY) and "was there before" in errors, f"exit {code}: {errors[-400:]}"
        assert sum(three_clouds.live(world.cloud, wanted).values()) == 2, "it took away what it did not make"


@fault
def a_token_is_old_after_a_lost_answer_and_new_after_taking_back():
    with Scene(once("CreateVolume", ("lose",))) as scene:
        wanted = plan(volume("disk"))
        code, document, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-300:]
        first = [seen.token for seen in scene.proxy.seen if seen.operation == "CreateVolume"]
        assert len(first) == 2 and len(set(first)) == 1
        code, _, errors = scene.desk.run("plan", "undo", document["execution"]["id"], "--approve", "warned")
        assert code == DONE, errors[-300:]
        code, _, errors = scene.desk.apply(wanted)
        assert code == DONE, errors[-300:]
        again = [seen.token for seen in scene.proxy.seen if seen.operation == "CreateVolume"][2:]
        assert again and again[0] != first[0], "the token of what was taken back was sent again"


@fault
def an_answer_without_sense_is_not_an_empty_answer():
    for body in (b"", b"<html>proxy says hello</html>", b"{\"truncated\": "):
        nonsense = ("carried", 200, [("content-type", "text/xml")], body)
        with Scene(once("CreateVolume", nonsense)) as scene:
            code, document, errors = scene.desk.apply(plan(volume("disk")))
            assert code in (DONE, PARTLY), f"exit {code} after {body!r}: {errors[-300:]}"
            if code == PARTLY:
                scene.resumed()
            assert len(volumes(scene)) == 1, f"after {body!r}: {len(volumes(scene))}"


def machines(name, **more):
    return step(name, "ec2", "RunInstances", {
        "ImageId": "ami-12345678", "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 3,
        "MetadataOptions": {"HttpTokens": "required"}, "EbsOptimized": True,
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeType": "gp3"}}],
        "TagSpecifications": [{"ResourceType": kind, "Tags": TAG_LIST} for kind in ("instance", "volume")]}, **more)


def living(scene):
    return [r for r in scene.cloud.get("resources") if r["kind"] == "Instance" and r["phase"] != "gone"]


@fault
def what_one_request_did_in_part_is_not_told_as_done():
    # Two machines of three: the cloud has no room for more.
    def two_of_three(seen):
        if seen.operation == "RunInstances":
            seen.body = seen.body.replace(b"MaxCount=3", b"MaxCount=2")
        return None

    with Scene(two_of_three) as scene:
        wanted = plan(machines("web"), queue("jobs"), queue("mail", after=["web"]))
        code, document, errors = scene.desk.apply(wanted)
        said = statuses(document)
        assert code == PARTLY and said == {"web": "failed", "jobs": "succeeded", "mail": "skipped"}, (code, said, errors[-400:])
        assert "2 of 3 Instances" in errors, errors[-400:]
        identifier = document["execution"]["id"]
        assert len(living(scene)) == 2
        scene.desk.run("history", "resume", identifier)
        assert len(living(scene)) == 2, "asked for again"
        code, _, errors = scene.desk.run("plan", "undo", identifier, "--approve", "warned")
        assert code == DONE and not living(scene), f"exit {code}, left {len(living(scene))}: {errors[-400:]}"

    # Of several items the cloud names those that came to nothing.
    form, rows = [("content-type", "text/xml")], [("content-type", "application/x-amz-json-1.0")]
    flow = (b"<CreateFlowLogsResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'><flowLogIdSet><item>fl-1</item></flowLogIdSet><unsuccessful>"
            b"<item><resourceId>vpc-2</resourceId><error><code>InvalidVpcId.NotFound</code><message>gone</message></error></item>"
            b"</unsuccessful></CreateFlowLogsResponse>")
    left = json.dumps({"UnprocessedItems": {"orders": [{"PutRequest": {"Item": {"id": {"S": "seven"}}}}]}}).encode()
    logs = step("logs", "ec2", "CreateFlowLogs", {
        "ResourceIds": ["vpc-1", "vpc-2"], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "flows",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flows",
        "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": TAG_LIST}]})
    items = step("rows", "dynamodb", "BatchWriteItem", {"RequestItems": {"orders": [{"PutRequest": {"Item": {"id": {"S": n}}}} for n in ("six", "seven")]}})
    for asked, answer, word in ((logs, ("answer", 200, form, flow), "vpc-2"), (items, ("answer", 200, rows, left), "seven")):
        with Scene(once(asked["operation"], answer)) as scene:
            code, document, errors = scene.desk.apply(plan(asked, queue("mail", after=[asked["id"]])))
            assert code in (FAILED, PARTLY) and statuses(document)[asked["id"]] == "failed", (code, errors[-400:])
            assert word in errors and statuses(document)["mail"] == "skipped", errors[-400:]


@fault
def the_address_of_a_long_operation_survives_a_restart():
    # Azure names an address for the operation; OCI's machine is asked itself.
    def asks_how_far(seen):
        return seen.method == "GET" and ("/operations/" in seen.path or seen.path.startswith("/20160918/instances/"))

    wanted = three_clouds.plan(group("place"), vnet("net", "place", "10.80.0.0/16"), oci("machine", "core.compute", "LaunchInstance", {
        "body": {"compartmentId": three_clouds.COMPARTMENT, "availabilityDomain": "AD-1", "displayName": "machine", "shape": "VM.Standard.A1.Flex",
                 "shapeConfig": {"ocpus": 1, "memoryInGBs": 8}, "isPvEncryptionInTransitEnabled": True,
                 "instanceOptions": {"areLegacyImdsEndpointsDisabled": True},
                 "sourceDetails": {"sourceType": "image", "imageId": "ocid1.image.oc1..aaaapeer"},
                 "createVnicDetails": {"assignPublicIp": False, "subnetId": "ocid1.subnet.oc1..aaaapeer"},
                 "freeformTags": three_clouds.TAGS}}))
    with World(wanted) as world:
        asked, goes_on = set(), threading.Event()

        def meddle(seen):
            if asks_how_far(seen) and not goes_on.is_set():
                asked.add(seen.path)
                return ("slow", 60)
            return None

        world.proxy.then = meddle
        process = world.desk.start("plan", "apply", world.desk.keep(wanted), "--approve", "warned")
        until = time.time() + 60
        while len(asked) < 2 and time.time() < until:
            time.sleep(0.05)
        killed(process)
        goes_on.set()
        assert len(asked) == 2, f"asked how far they are: {asked}"
        already = len(world.proxy.seen)
        code, _, errors = world.desk.run("history", "resume")
        assert code == DONE, f"exit {code}: {errors[-500:]}"
        world.holds()
        again = {seen.path for seen in world.proxy.seen[already:]}
        assert asked <= again, f"not asked again: {asked - again}"
        made = [s for s in world.proxy.seen if s.forwarded and s.method in ("PUT", "POST") and s.status < 300]
        assert len(made) == len(wanted["steps"]), [f"{s.method} {s.path}" for s in made]


def main():
    chosen = [test for test in FAULTS if not sys.argv[1:] or test.__name__ in sys.argv[1:]]
    failed = unseen = 0
    for test in chosen:
        begun = time.time()
        try:
            test()
            print(f"  holds   {test.__name__} ({time.time() - begun:.1f} s)", flush=True)
        except NotShown as why:
            unseen += 1
            print(f"  NOT SHOWN  {test.__name__}: {why}", flush=True)
        except Exception as error:
            failed += 1
            place = traceback.extract_tb(error.__traceback__)[-1].lineno
            print(f"  BROKEN  {test.__name__}, line {place}: {error}", flush=True)
    print(f"{len(chosen) - failed - unseen} of {len(chosen)} faults survived, {unseen} not shown")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
