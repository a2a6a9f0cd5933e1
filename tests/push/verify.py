"""Reads messages with the public packages `http-ece` and `py-vapid`, as a browser and its push service would.

Reads lines of JSON, {private, auth, authorization, body}, all but the header in base64url, and writes for each another one:
{payload, error, signed, claims}.
"""

import base64
import json
import sys

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def opened(message):
    private = ec.derive_private_key(int.from_bytes(raw(message["private"]), "big"), ec.SECP256R1())
    return http_ece.decrypt(
        raw(message["body"]), private_key=private, auth_secret=raw(message["auth"]), version="aes128gcm"
    ).decode()


for line in sys.stdin:
    message = json.loads(line)
    said = {"payload": None, "error": None, "signed": False, "claims": None}
    try:
        said["payload"] = opened(message)
    except Exception as error:
        said["error"] = type(error).__name__
    # The package knows the header without the space that RFC 8292 has in it.
    authorization = message["authorization"].replace(", k=", ",k=")
    said["signed"] = Vapid02.verify(authorization)
    token = authorization.split("t=", 1)[1].split(",", 1)[0]
    said["claims"] = json.loads(raw(token.split(".")[1]))
    print(json.dumps(said), flush=True)
