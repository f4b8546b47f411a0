# SPDX-License-Identifier: Apache-2.0
# A mail server on 127.0.0.1: PORT MODE [CERTIFICATE KEY]. It prints each mail that it takes, after a line with who sent
# it. MODE: open, login (which only lets "keeper" in, by its password), or starttls.
import sys
import ssl
import threading
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

port, mode = int(sys.argv[1]), sys.argv[2]


class Printer:
    async def handle_DATA(self, server, session, envelope):
        who = session.auth_data.login.decode() if session.authenticated else "nobody"
        print("FROM", envelope.mail_from, "TO", ",".join(envelope.rcpt_tos), "AS", who)
        print(envelope.content.decode("utf-8", "replace"))
        print("END", flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    known = data.login == b"keeper" and data.password == b"of-the-mail-5K"
    return AuthResult(success=known, auth_data=data)


options = {}
if mode == "login":
    options = dict(authenticator=authenticate, auth_required=True, auth_require_tls=False)
if mode == "starttls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    options = dict(tls_context=context)
Controller(Printer(), hostname="127.0.0.1", port=port, **options).start()
threading.Event().wait()
