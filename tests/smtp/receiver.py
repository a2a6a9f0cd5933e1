"""An SMTP server that keeps every message as a file of JSON, for the tests of outgoing mail.

    receiver.py FOLDER PORT none|starttls|implicit [USER PASSWORD]

The certificate and its key are FOLDER/server.pem. Messages come to FOLDER/messages. What it does with a message depends
on the recipient: `refused@` is refused for good, `later@` for now, `hang@` is never answered. While there is a file
FOLDER/hold, no message is answered, though kept. It ends when its standard input does.
"""

import asyncio
import base64
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        os.makedirs(os.path.join(folder, "messages"), exist_ok=True)

    async def handle_RCPT(self, server, session, envelope, address, options):
        who = address.split("@")[0]
        if who == "refused":
            return f"550 5.1.1 <{address}> is unknown here"
        if who == "later":
            return f"451 4.7.1 <{address}> has to wait"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(to.startswith("hang@") for to in envelope.rcpt_tos):
            await asyncio.sleep(3600)
        self.count += 1
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "signed_in": session.authenticated,
            "data": base64.b64encode(envelope.original_content).decode(),
        }
        name = os.path.join(self.folder, "messages", f"{os.getpid():08}-{self.count:06}.json")
        with open(name + ".new", "w") as file:
            json.dump(kept, file)
        os.rename(name + ".new", name)
        while os.path.exists(os.path.join(self.folder, "hold")):
            await asyncio.sleep(0.01)
        return "250 OK"


async def main():
    folder, port, tls, *login = sys.argv[1:]
    context = None
    if tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(folder, "server.pem"))
    more = {}
    if tls == "starttls":
        more.update(tls_context=context, require_starttls=True)
    if login:
        good = [part.encode() for part in login]

        def authenticate(server, session, envelope, mechanism, data):
            return AuthResult(success=[data.login, data.password] == good, handled=False)

        more.update(authenticator=authenticate, auth_required=True, auth_require_tls=tls == "starttls")
    handler = Handler(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="localhost", **more),
        "127.0.0.1",
        int(port),
        ssl=context if tls == "implicit" else None,
    )
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
