"""Verifies messages with dkimpy, which shares no code with ours. In: JSON lines {message: base64, records: {name: TXT}}.
Out: a JSON line per message, [[domain, selector, "pass" or why not], ...] of its signatures from the top."""

import base64
import json
import sys

import dkim


def verdicts(message, records):
    def lookup(name, timeout=5):
        value = records.get(name.decode().rstrip(".").lower())
        return value and value.encode()

    verifier = dkim.DKIM(message)
    found = []
    for index, (name, value) in enumerate(h for h in verifier.headers if h[0].lower() == b"dkim-signature"):
        tags = dkim.util.parse_tag_value(value)
        try:
            result = "pass" if verifier.verify(idx=index, dnsfunc=lookup) else "fail"
        except dkim.DKIMException as error:
            result = str(error)
        found.append([tags[b"d"].decode(), tags[b"s"].decode(), result])
    return found


for line in sys.stdin:
    case = json.loads(line)
    print(json.dumps(verdicts(base64.b64decode(case["message"]), case["records"])), flush=True)
