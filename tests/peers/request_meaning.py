"""Whether two HTTP requests mean the same, and the difference in words where they do not.

A request is a dict: method, url, headers (lower-case names), body (bytes). The expected one comes from an official SDK.
What is allowed to differ: order of query pairs, of JSON members and of form pairs; the framing of a body
(aws-chunked, gzip) as long as what is inside is equal; UUIDs that nobody asked for; headers about the
connection, the clock, the signature, and the SDK itself.
"""

import base64
import gzip
import json
import os
import re
import subprocess
import urllib.parse
import xml.etree.ElementTree as tree

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)

# Headers about the connection, the clock, the signature, or the client program.
INCIDENTAL = re.compile(
    r"authorization|date|x-amz-date|host|user-agent|x-amz-user-agent|content-length|connection|accept-encoding|expect"
    r"|transfer-encoding|x-amz-security-token|x-amzn-trace-id|x-amz-trailer|x-amz-decoded-content-length"
    r"|amz-sdk-invocation-id|amz-sdk-request|accept-language|x-content-sha256|opc-client-info|opc-client-retries"
    r"|opc-request-id|x-ms-client-request-id|x-ms-return-client-request-id|x-ms-date|traceparent|tracestate"
    r"|x-amz-content-sha256"
)
# What a signature in a form adds to it.
SIGNATURE = {"AWSAccessKeyId", "SecurityToken", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp"}
# Headers that a cloud acts on: one that the SDK does not send is a difference.
ACTED_ON = ("x-amz-", "x-amzn-", "x-ms-", "opc-")
CHECKSUM = re.compile(r"x-amz-checksum-(?!algorithm|mode|type)\w+|content-md5")


def difference(expected, actual, given=""):
    """The first difference in words, or None. `given` is the text of the parameters."""
    if expected["method"] != actual["method"]:
        return f"method {actual['method']} for {expected['method']}"
    return (
        _urls(expected["url"], actual["url"], given)
        or _headers(expected, actual, given)
        or _bodies(expected, actual, given)
    )


def _same_text(a, b, given):
    if a == b:
        return True
    if UUID.fullmatch(a) and UUID.fullmatch(b):
        return a.lower() not in given.lower()
    return _same_presigned(a, b) or _same_number(a, b)


def _same_number(a, b):
    try:
        return bool(re.search(r"[.eE]", a)) and float(a) == float(b)
    except ValueError:
        return False


def _same_presigned(a, b):
    if "X-Amz-Signature=" not in a or "X-Amz-Signature=" not in b:
        return False

    def rest(url):
        parts = urllib.parse.urlsplit(url)
        pairs = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        return parts[:2], parts.path or "/", sorted(p for p in pairs if not p[0].startswith("X-Amz-"))

    return rest(a) == rest(b)


def _pairs(text, decode):
    parts = (pair.partition("=") for pair in text.split("&") if pair)
    return [(decode(name), decode(value)) for name, _, value in parts]


def _bags(what, expected, actual, given):
    """Compares two collections of pairs without their order."""
    rest = list(actual)
    for name, value in expected:
        found = next((p for p in rest if p == (name, value)), None) or next(
            (p for p in rest if p[0] == name and _same_text(value, p[1], given)), None
        )
        if found is None:
            return f"{what}: {name}={value[:80]!r} is missing; there: {rest[:3]!r}"
        rest.remove(found)
    return f"{what}: {rest[:3]!r} was not expected" if rest else None


def _urls(expected, actual, given):
    a, b = urllib.parse.urlsplit(expected), urllib.parse.urlsplit(actual)
    if (a.scheme, a.netloc.lower()) != (b.scheme, b.netloc.lower()):
        return f"host {b.scheme}://{b.netloc} for {a.scheme}://{a.netloc}"
    left, right = (a.path or "/").split("/"), (b.path or "/").split("/")
    if len(left) != len(right) or not all(_same_text(x, y, given) for x, y in zip(left, right)):
        return f"path {b.path!r} for {a.path!r}"
    unquote = urllib.parse.unquote
    return _bags("query", _pairs(a.query, unquote), _pairs(b.query, unquote), given)


def _content_type(headers):
    return re.sub(r";\s*charset=utf-8\s*", "", headers.get("content-type", ""), flags=re.I)


def _headers(expected, actual, given):
    want, have = expected["headers"], actual["headers"]
    for name, value in want.items():
        if INCIDENTAL.fullmatch(name) or CHECKSUM.fullmatch(name) or name in ("content-type", "content-encoding"):
            continue
        if name not in have or not _same_text(value, have[name], given):
            return f"header {name}: {have.get(name)!r} for {value!r}"
    if "content-type" in want and _content_type(want) != _content_type(have):
        return f"content-type {have.get('content-type')!r} for {want['content-type']!r}"
    for name in have:
        if name.startswith(ACTED_ON) and not INCIDENTAL.fullmatch(name) and not CHECKSUM.fullmatch(name):
            if name not in want:
                return f"header {name}: {have[name]!r} was not expected"
    if any(map(CHECKSUM.fullmatch, want)) or "x-amz-trailer" in want:
        if not any(map(CHECKSUM.fullmatch, have)) and "x-amz-trailer" not in have:
            return "the checksum of the body is missing"
    return None


def _unframed(request):
    """The body without the framing that a transport may choose."""
    body = request["body"]
    encodings = request["headers"].get("content-encoding", "")
    if "aws-chunked" in encodings:
        out, at = b"", 0
        while True:
            end = body.index(b"\r\n", at)
            size = int(body[at:end].split(b";")[0], 16)
            if size == 0:
                break
            out += body[end + 2 : end + 2 + size]
            at = end + 4 + size
        body = out
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return body


def _bodies(expected, actual, given):
    a, b = _unframed(expected), _unframed(actual)
    if a == b:
        return None
    kind = expected["headers"].get("content-type", "").lower()
    if "form-urlencoded" in kind:
        plus = urllib.parse.unquote_plus
        left, right = _pairs(a.decode(), plus), _pairs(b.decode(errors="replace"), plus)
        if any(name == "AWSAccessKeyId" for name, _ in left):
            left = [pair for pair in left if pair[0] not in SIGNATURE]
        return _bags("form", left, right, given)
    try:
        return _json("$", json.loads(a), json.loads(b), given)
    except ValueError:
        pass
    try:
        return _xml(tree.fromstring(a), tree.fromstring(b), given)
    except tree.ParseError:
        return f"body {b[:80]!r} for {a[:80]!r}"


def _json(at, a, b, given):
    if isinstance(a, dict) and isinstance(b, dict):
        if a.keys() != b.keys():
            return f"body {at}: members {sorted(b)[:8]} for {sorted(a)[:8]}"
        return next((d for k in a if (d := _json(f"{at}.{k}", a[k], b[k], given))), None)
    if isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return f"body {at}: {len(b)} items for {len(a)}"
        return next((d for i in range(len(a)) if (d := _json(f"{at}[{i}]", a[i], b[i], given))), None)
    numbers = (int, float)
    if isinstance(a, numbers) and isinstance(b, numbers) and not isinstance(a, bool) and not isinstance(b, bool):
        return None if a == b or (a != a and b != b) else f"body {at}: {b!r} for {a!r}"
    if isinstance(a, str) and isinstance(b, str) and _same_text(a, b, given):
        return None
    return None if type(a) is type(b) and a == b else f"body {at}: {str(b)[:80]!r} for {str(a)[:80]!r}"


def _xml(a, b, given):
    if a.tag != b.tag or a.attrib != b.attrib:
        return f"body: <{b.tag} {b.attrib}> for <{a.tag} {a.attrib}>"
    if not len(a) and not _same_text(a.text or "", b.text or "", given):
        return f"body <{a.tag}>: {(b.text or '')[:80]!r} for {(a.text or '')[:80]!r}"
    # Members may change places; items of one name may not.
    left, right = ({}, {})
    for node, out in ((a, left), (b, right)):
        for child in node:
            out.setdefault(child.tag, []).append(child)
    if left.keys() != right.keys() or any(len(left[k]) != len(right[k]) for k in left):
        return f"body <{a.tag}>: {[c.tag for c in b][:8]} for {[c.tag for c in a][:8]}"
    pairs = ((x, y) for k in left for x, y in zip(left[k], right[k]))
    return next((d for x, y in pairs if (d := _xml(x, y, given))), None)


def decoded(answer):
    """A line of `conformance render` as a request."""
    return {
        "method": answer["method"],
        "url": answer["url"],
        "headers": {k.lower(): v for k, v in answer["headers"].items()},
        "body": base64.b64decode(answer.get("body_b64", "")),
    }


def judge(made, left_out, what, least, keep=None):
    """Renders every line and compares it with what the SDK made of it; the exit code.

    `made` holds (line, request); `left_out` says in words what the recorder or the SDK refused, of which one in fifty is
    bearable; `least` is the share in percent that must be equal.
    """
    lines = "".join(json.dumps(line) + "\n" for line, _ in made)
    command = [os.environ["PROVISIONER"], "conformance", "render"]
    answers = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert len(answers) == len(made), f"{len(answers)} answers for {len(made)} lines"
    different = []
    for (line, request), answer in zip(made, map(json.loads, answers)):
        if "error" in answer:
            problem = f"refused: {answer['error'].get('message')}"
        else:
            problem = difference(request, decoded(answer), json.dumps(line["params"]))
        if problem:
            different.append((line, problem))
    for line, problem in different[:40]:
        print(f"  {line['id']}: {problem[:300]}")
    for words in left_out[:20]:
        print(f"  left out: {words[:200]}")
    if keep:
        with open(keep, "w") as out:
            out.writelines(json.dumps(dict(line, problem=problem)) + "\n" for line, problem in different)
    equal = len(made) - len(different)
    share = 100.0 * equal / max(1, len(made))
    print(f"{equal}/{len(made)} requests of {what} equal ({share:.3f} %), {len(left_out)} left out")
    return 0 if made and share >= least and len(left_out) <= len(made) // 50 else 1
