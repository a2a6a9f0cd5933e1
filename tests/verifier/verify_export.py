#!/usr/bin/env python3
"""Verifies an export of a Ledgerdesk log: verify_export.py EXPORT PUBLIC_KEY [HEAD.json ...]

Written from docs/audit.md alone, with nothing but the standard library. Prints one line; exits with 0 if all is good
and with 1 if not, naming the line and the position of the first fault.
"""
import functools
import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone
from uuid import UUID

# Ed25519 as in RFC 8032, section 6: points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P
def times(s, p):
    q = (0, 1, 1, 0)
    while s:
        q, p, s = add(q, p) if s & 1 else q, add(p, p), s >> 1
    return q
def point(text):
    y = int.from_bytes(text, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and text[31] >> 7):
        raise ValueError("no point of the curve")
    x = P - x if x & 1 != text[31] >> 7 else x
    return x, y, 1, x * y % P

BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def signed(key, message, signature):
    try:
        a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    except ValueError:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    p, q = times(s, BASE), add(r, times(k, a))
    return s < L and (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0

KINDS = ("export", "event", "block", "head", "end")

class Fault(Exception): pass

def H(data):
    return hashlib.sha256(data).digest()
def num(value, size=8):
    return value.to_bytes(size, "big", signed=True)
def micros(text):
    since = datetime.fromisoformat(text.replace("Z", "+00:00")) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return num(since // timedelta(microseconds=1))

def leaf(e):
    uid = lambda name: UUID(e[name]).bytes if e[name] else bytes(16)
    words = [e[name].encode() for name in ("stream_type", "event_type", "actor_kind", "via")]
    return H(b"\0" + uid("stream_id") + num(e["version"], 4) + uid("event_id") + num(e["schema_version"], 2)
             + micros(e["occurred_at"]) + b"".join(map(uid, ("command_id", "correlation_id", "causation_id", "actor_id")))
             + b"".join(len(word).to_bytes(2, "big") + word for word in words) + e["payload"].encode())

class Verifier:
    def __init__(self, key, kept):
        self.key, self.kept = key, sorted(kept, key=lambda head: head["size"])
        self.position = self.closed = self.confirmed = self.to = 0
        self.started = self.ended = False
        self.open, self.counts, self.hash = [], dict.fromkeys(KINDS, 0), hashlib.sha256()
    def require(self, good, position, what):
        if not good:
            raise Fault(position, what)
    def export(self, h):
        roots = [bytes.fromhex(root) for root in h["frontier"]]
        self.require(not self.started and h["version"] == 1 and 1 <= h["from"] <= h["to"]
                     and len(roots) == bin(h["from"] - 1).count("1"), self.position + 1, "bad first line")
        self.size, self.roots, self.block_hash = h["from"] - 1, roots, bytes.fromhex(h["previous_block"])
        self.position = self.closed = self.confirmed = h["from"] - 1
        self.started, self.to = True, h["to"]
        for head in self.kept:
            self.require(self.is_signed(head) and head["size"] >= h["from"] - 1, h["from"], "a kept head does not fit")
        self.meet_kept()
    def event(self, e):
        expected = self.position + 1
        self.require(e["position"] == expected, expected, "the event is not here")
        node = leaf(e)
        self.require(node.hex() == e["leaf_hash"], expected, "the event is not as it was accepted")
        self.open.append((node, micros(e["recorded_at"])))
        size = self.position
        while size & 1:
            node, size = H(b"\1" + self.roots.pop() + node), size >> 1
        self.roots.append(node)
        self.position = expected
    def block(self, b):
        first, at = self.closed + 1, micros(b["recorded_at"])
        self.require(b["last_position"] <= self.position, self.position + 1, "the event is missing")
        self.require(self.open and (b["first_position"], b["last_position"]) == (first, self.position), first, "no such block")
        for position, (_, recorded) in enumerate(self.open, first):
            self.require(recorded == at, position, "the event was not recorded when its block was")
        self.block_hash = H(b"\2" + self.block_hash + num(first) + num(self.position) + at + b"".join(l for l, _ in self.open))
        self.require(self.block_hash.hex() == b["block_hash"], first, "the block is not as it was written")
        self.closed, self.open = self.position, []
        self.meet_kept()
    def is_signed(self, h):
        message = (b"ledgerdesk head v1\n" + num(h["size"]) + bytes.fromhex(h["root"]) + bytes.fromhex(h["block_hash"])
                   + micros(h["at"]))
        return signed(self.key, message, bytes.fromhex(h["signature"]))
    def head(self, h):
        root = functools.reduce(lambda right, left: H(b"\1" + left + right), reversed(self.roots or [H(b"")]))
        good = self.is_signed(h) and not self.open and (h["size"], h["root"], h["block_hash"]) == (
            self.closed, root.hex(), self.block_hash.hex())
        self.require(good, min(self.confirmed + 1, h["size"]), "the head of %d does not fit" % h["size"])
        self.confirmed = h["size"]
    def meet_kept(self):
        while self.kept and self.kept[0]["size"] <= self.closed:
            self.head(self.kept.pop(0))
    def end(self, e):
        self.require(not self.open, self.closed + 1, "the event belongs to no block")
        self.require(not self.kept and self.position == self.to, self.position + 1, "the event is missing")
        counted = {name + "s": self.counts[name] for name in KINDS[1:4]} | {"sha256": self.hash.hexdigest()}
        self.require(counted.items() <= e.items(), self.position + 1, "other lines were written")
        self.require(self.confirmed == self.position, self.confirmed + 1, "no signed head covers the event")
        self.ended = True
    def line(self, line):
        try:
            (kind, value), = json.loads(line).items()
            self.require(line.endswith(b"\n") and (self.started or kind == "export") and not self.ended
                         and kind in KINDS, self.position + 1, "a line out of place")
            getattr(self, kind)(value)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise Fault(self.position + 1, "the line is not one of an export") from error
        self.counts[kind] += 1
        self.hash.update(line)

def main(path, key, *heads):
    verifier, number = Verifier(bytes.fromhex(key), [json.load(open(head)) for head in heads]), 0
    try:
        for number, line in enumerate(open(path, "rb"), 1):
            verifier.line(line)
        number += 1
        verifier.require(verifier.ended, verifier.position + 1, "the export is cut: its last line is missing")
    except Fault as fault:
        sys.exit("line %d, position %d: %s" % (number, *fault.args))
    print("good: events to %d, signed heads %d" % (verifier.position, verifier.counts["head"]))
main(*sys.argv[1:])
