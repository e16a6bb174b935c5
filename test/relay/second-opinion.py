"""Reads pairs of messages (before, after; JSON lines of base64) and says, for each, where Python's parser sees a
difference that insertion may not make. One JSON line of findings per pair; an empty list is agreement."""

import base64
import email
import email.policy
import hashlib
import json
import sys


def headers(part):
    return [(k.lower(), str(v)) for k, v in part.raw_items() if not k.lower().startswith("x-career-relay")]


def shape(message):
    return [(p.get_content_type(), p.get_filename(), headers(p)) for p in message.walk()]


def is_body(part):
    plain = part.get_content_type() in ("text/plain", "text/html")
    return plain and part.get_content_disposition() != "attachment" and part.get_filename() is None


def digest(part):
    return hashlib.sha256(part.get_payload(decode=True) or b"").hexdigest()


def leaves(message):
    """Leaf parts outside attached messages, and the attached messages as a whole."""
    if message.get_content_maintype() == "message":
        yield message
    elif message.is_multipart():
        for child in message.get_payload():
            yield from leaves(child)
    else:
        yield message


def findings(before, after, link):
    found = []
    if shape(before) != shape(after):
        found.append("parts or headers differ")
    if [type(d).__name__ for p in before.walk() for d in p.defects] != [
        type(d).__name__ for p in after.walk() for d in p.defects
    ]:
        found.append("defects differ")
    linked = 0
    for old, new in zip(leaves(before), leaves(after)):
        if old.get_content_maintype() == "message":
            if old.as_bytes() != new.as_bytes():
                found.append("attached message changed")
        elif digest(old) != digest(new):
            if not is_body(old):
                found.append("attachment changed: " + old.get_content_type())
            elif link not in (new.get_payload(decode=True) or b""):
                found.append("changed without the link: " + old.get_content_type())
            linked += 1
    if linked == 0:
        found.append("no part has changed")
    return found


for line in sys.stdin:
    pair = json.loads(line)
    old, new = (
        email.message_from_bytes(base64.b64decode(pair[key]), policy=email.policy.compat32)
        for key in ("before", "after")
    )
    print(json.dumps(findings(old, new, pair["link"].encode())), flush=False)
