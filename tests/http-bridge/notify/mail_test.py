# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail, against a real SMTP server with STARTTLS and authentication; what arrives is read by Python's email package."""
import email
import email.policy
import logging
import os
import socket
import ssl
import struct
import subprocess
import tempfile

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from servers import Notifications, main, until

PASSWORD = "correct horse battery staple"


class Mailbox:
    """A server's handler: keeps what it takes. `refusals`: replies to the next mails, by turns."""

    def __init__(self):
        self.envelopes = []
        self.refusals = []
        self.unknown = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.unknown:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.refusals:
            return self.refusals.pop(0)
        envelope.was_secure = session.ssl is not None
        envelope.login = session.auth_data
        self.envelopes.append(envelope)
        return "250 OK"

    def mails(self):
        return [email.message_from_bytes(e.content, policy=email.policy.default)
                for e in self.envelopes]


class StrippedServer(Controller):
    """STARTTLS is gone from its answers, as somebody on the way would have it."""

    def factory(self):
        return SMTP(self.handler, auth_require_tls=False, authenticator=lambda *_: AuthResult(success=True))


class SecureServer(Controller):
    """TLS from the first byte."""

    def __init__(self, handler, tls, **how):
        super().__init__(handler, ssl_context=tls, **how)

    def factory(self):
        return SMTP(self.handler)


class Mail(Notifications):
    @classmethod
    def setUpClass(cls):
        cls.folder_of_keys = tempfile.TemporaryDirectory(prefix="notify-keys.")
        cls.certificate = os.path.join(cls.folder_of_keys.name, "certificate")
        cls.key = os.path.join(cls.folder_of_keys.name, "key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", cls.key, "-out", cls.certificate], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder_of_keys.cleanup()

    def serve(self, mailbox, server=Controller, **how):
        def authenticate(_server, _session, _envelope, _mechanism, login):
            self.logins.append(login)
            right = isinstance(login, LoginPassword) and login.password == PASSWORD.encode()
            return AuthResult(success=right, handled=False, auth_data=login)

        self.logins = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        if server is SecureServer:
            how["tls"] = context
        if server is Controller:
            how = {"tls_context": context, "require_starttls": True, "auth_required": True,
                   "authenticator": authenticate, **how}
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = server(mailbox, hostname="127.0.0.1", port=port, **how)
        controller.start()
        self.addCleanup(controller.stop)
        return port

    def channel(self, port, host="localhost", ca=True, to=("ops@example.org",), more="",
                password=PASSWORD):
        receivers = ", ".join(f'"{one}"' for one in to)
        secret = self.file("password", password)
        trusted = f'ca_file = "{self.certificate}"\n' if ca else ""
        return (f'[notify.mail]\ntype = "email"\nserver = "{host}:{port}"\nuser = "bridge"\n'
                f'password_file = "{secret}"\nfrom = "bridge@example.org"\nto = [{receivers}]\n'
                f'{trusted}{more}\n')

    def test_arrives_whole_by_a_secure_way(self):
        mailbox = Mailbox()
        summary = "lösche_szene of goxel takes half as long again: ★ " + "very " * 30 + "long"
        self.start(self.channel(self.serve(mailbox), more='link = "https://bridge.example/?a=1&b=2"'))
        self.tell("raised", summary=summary)
        mail = until(mailbox.mails)[0]
        envelope = mailbox.envelopes[0]
        self.assertTrue(envelope.was_secure)
        self.assertEqual(envelope.login.login, b"bridge")
        self.assertEqual((envelope.mail_from, envelope.rcpt_tos),
                         ("bridge@example.org", ["ops@example.org"]))
        self.assertEqual([], [part.defects for part in mail.walk() if part.defects])
        self.assertEqual(mail["From"].addresses[0].addr_spec, "bridge@example.org")
        self.assertTrue(mail["Subject"].startswith("lösche_szene of goxel takes half as long"))
        self.assertTrue(mail["Subject"].endswith("…"))
        self.assertIsNotNone(mail["Date"].datetime)
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertRegex(mail["Message-ID"], r"^<goxel\.[0-9a-f]{32}@example\.org>$")
        for line in envelope.original_content.split(b"\r\n"):
            self.assertLessEqual(len(line), 76)
            self.assertTrue(line.isascii())
        plain = mail.get_body(("plain",)).get_content()
        self.assertIn(summary, plain)
        self.assertIn("daemon +580 µs (92.0 %)", plain)
        self.assertIn("https://bridge.example/?a=1&b=2#alert=", plain)
        html = mail.get_body(("html",)).get_content()
        self.assertIn(summary, html)
        picture = [part for part in mail.walk() if part.get_content_type() == "image/png"][0]
        self.assertIn("cid:" + picture["Content-ID"].strip("<>"), html)
        self.assertEqual(struct.unpack(">II", picture.get_content()[16:24]), (960, 192))
        kept = os.environ.get("NOTIFY_TEST_KEEP")
        if kept:
            with open(os.path.join(kept, "chart.png"), "wb") as out:
                out.write(picture.get_content())
            with open(os.path.join(kept, "mail.html"), "w") as out:
                out.write(html.replace("cid:" + picture["Content-ID"].strip("<>"), "chart.png"))

    def test_a_subject_of_any_characters_arrives_as_it_was(self):
        mailbox = Mailbox()
        self.start(self.channel(self.serve(mailbox)))
        summary = "⭐⭐⭐⭐ ⭐⭐⭐ ⭐⭐ ⭐ ⭐ ⭐⭐⭐⭐ =?UTF-8?Q?no?= 𝄞 ж"
        self.tell("raised", summary=summary)
        self.assertEqual(until(mailbox.mails)[0]["Subject"], summary)

    def test_arrives_by_tls_from_the_first_byte(self):
        mailbox = Mailbox()
        port = self.serve(mailbox, SecureServer)
        self.start(self.channel(port, more='security = "tls"').replace('user = "bridge"\n', "")
                   .replace("password_file", "#"))
        self.tell("raised")
        until(lambda: mailbox.envelopes)

    def test_all_about_an_alert_is_one_thread(self):
        mailbox = Mailbox()
        self.start(self.channel(self.serve(mailbox)))
        self.tell("raised")
        until(lambda: len(mailbox.envelopes) == 1)
        self.tell("confirmed", level="confirmed")
        until(lambda: len(mailbox.envelopes) == 2)
        self.kill()
        self.start()
        self.tell("ended", level="confirmed")
        until(lambda: len(mailbox.envelopes) == 3)
        first, *others = mailbox.mails()
        self.assertIsNone(first["In-Reply-To"])
        self.assertEqual(len({mail["Message-ID"] for mail in mailbox.mails()}), 3)
        for mail in others:
            self.assertEqual(mail["In-Reply-To"], first["Message-ID"])
            self.assertEqual(mail["References"], first["Message-ID"])
            self.assertEqual(mail["Subject"], "Re: " + first["Subject"])
        self.assertIn("Confirmed: ", others[0].get_body(("plain",)).get_content())
        self.assertIn("Over: ", others[1].get_body(("plain",)).get_content())

    def test_a_name_adds_no_header(self):
        mailbox = Mailbox()
        self.start(self.channel(self.serve(mailbox)))
        self.tell("raised", summary="x\rBcc: all@example.org\r\r<script>.\r.\rend")
        mail = until(mailbox.mails)[0]
        self.assertIsNone(mail["Bcc"])
        self.assertEqual(mailbox.envelopes[0].rcpt_tos, ["ops@example.org"])
        self.assertNotIn("<script>", mail.get_body(("html",)).get_content())

    def test_nothing_is_said_where_starttls_was_stripped(self):
        mailbox = Mailbox()
        self.start(self.channel(self.serve(mailbox, StrippedServer)))
        self.tell("raised")
        until(lambda: self.counts()["failed"] == 1)
        self.assertEqual((mailbox.envelopes, self.logins), ([], []))
        self.assertIn("STARTTLS", self.logged())

    def test_nothing_is_said_to_a_server_that_is_another(self):
        mailbox = Mailbox()
        port = self.serve(mailbox)
        self.start(self.channel(port, ca=False))
        self.tell("raised")
        until(lambda: self.counts()["failed"] == 1)
        self.end()
        self.start(self.channel(port, host="127.0.0.1"))  # the certificate is that of localhost
        until(lambda: self.counts()["failed"] == 1)
        self.assertEqual((mailbox.envelopes, self.logins), ([], []))

    def test_a_wrong_password_is_told_and_can_be_mended(self):
        mailbox = Mailbox()
        port = self.serve(mailbox)
        self.start(self.channel(port, password="wrong-password"))
        self.tell("raised")
        until(lambda: self.counts()["failed"] == 1)
        self.assertIn("535", self.logged())
        self.assertNotIn("wrong-password", self.logged())
        self.end()
        self.start(self.channel(port))
        until(lambda: mailbox.envelopes)

    def test_greylisting_is_waited_for(self):
        mailbox = Mailbox()
        mailbox.refusals = ["451 4.7.1 try again later"]
        self.start(self.channel(self.serve(mailbox)))
        self.tell("raised")
        until(lambda: mailbox.envelopes)
        self.assertIn("status 451: 451 4.7.1 try again later", self.logged())

    def test_what_is_refused_for_good_is_not_sent_again(self):
        mailbox = Mailbox()
        mailbox.refusals = ["554 5.6.0 looks bad"]
        self.start(self.channel(self.serve(mailbox)))
        self.tell("raised")
        until(lambda: self.counts()["refused"] == 1)
        self.tell("raised", "a2")
        mail = until(mailbox.mails)[0]
        self.assertIn("alert a2", mail.get_body(("plain",)).get_content())

    def test_one_unknown_receiver_is_told_and_keeps_it_from_no_other(self):
        mailbox = Mailbox()
        mailbox.unknown = {"gone@example.org"}
        self.start(self.channel(self.serve(mailbox), to=("gone@example.org", "ops@example.org")))
        self.tell("raised")
        until(lambda: mailbox.envelopes)
        self.assertEqual(mailbox.envelopes[0].rcpt_tos, ["ops@example.org"])
        until(lambda: "notification_not_for_all" in self.logged())
        self.assertIn("no such mailbox", self.logged())

    def test_is_tested_by_the_program(self):
        mailbox = Mailbox()
        config = self.file("bridge.toml", self.channel(self.serve(mailbox)))
        result = self.bridge("--config", config, "--test-notification", "mail")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue(mailbox.mails()[0]["Subject"].startswith("Test, nothing happened. "))


if __name__ == "__main__":
    logging.disable()  # the server tells of each handshake that is broken off
    main()
