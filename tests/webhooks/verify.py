"""Checks messages with the public package `standardwebhooks`, as a receiver would.

Reads lines of JSON, {secret, headers, body}, and writes for each `good`, or why the message is refused.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    message = json.loads(line)
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        print("good", flush=True)
    except WebhookVerificationError as error:
        print(error, flush=True)
