"""A scripted telephone: SIP over UDP with sound, for moments that no real phone lets us hit exactly.

    phone = SipPhone(server.sip_port, "alice-desk", password); phone.register()
    call = phone.call("471100"); call.wait_answer(); call.key("1234#"); call.rtp.play(440); call.hang_up()

Incoming calls are treated as `on_call` says: a status to refuse with ("486"), "ring", "answer", or a function.
Thread: one receiver per phone; a request is sent again until something answers (RFC 3261, 17.1).
"""
import queue
import re
import socket
import threading
import time

from . import ports
from .rtp import Rtp
from .sip_message import Message, answer_challenge, sdp, sdp_target, token

OPENING = {"REGISTER", "INVITE", "MESSAGE", "OPTIONS", "SUBSCRIBE"}


class SipFailure(AssertionError):
    pass


class SipPhone:
    def __init__(self, server_port, user, password="", server_ip="127.0.0.1", ip="127.0.0.1",
                 port=None):
        self.server = (server_ip, server_port)
        self.user, self.password, self.ip = user, password, ip
        self.port = port or ports.free_port(ports.PHONES)
        self.on_call = "answer"
        self.tone = None                # what answered calls play
        self.calls = queue.Queue()      # incoming Call objects
        self.texts = queue.Queue()      # (from user, text) of incoming MESSAGEs
        self.text_status = 200          # what they are answered with
        self.trace = []                 # (time, direction, first line)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind((ip, self.port))
        self._transactions = {}         # (branch, method) -> Queue of responses
        self._calls = {}                # Call-ID -> Call
        self._answered = {}             # (branch, method) -> response bytes, for retransmissions
        self._register_id = f"reg-{token()}"
        self._register_count = 0
        self._closed = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._closed = True
        for call in list(self._calls.values()):
            call.rtp.stop()
        self._socket.close()

    @property
    def uri(self):
        return f"sip:{self.user}@{self.server[0]}:{self.server[1]}"

    @property
    def contact(self):
        return f"<sip:{self.user}@{self.ip}:{self.port}>"

    # ---- requests outside of calls

    def register(self, expires=300, want=200):
        final = self.request("REGISTER", f"sip:{self.server[0]}:{self.server[1]}", to=f"<{self.uri}>",
                             call_id=self._register_id, extra=[f"Contact: {self.contact}", f"Expires: {expires}"],
                             first_cseq=self._next_register())
        self._want(final, want, "REGISTER")
        return final

    def _next_register(self):
        self._register_count += 10
        return self._register_count

    def text(self, to_user, text, want=(200, 202)):
        """A MESSAGE (RFC 3428)."""
        to = f"sip:{to_user}@{self.server[0]}:{self.server[1]}"
        final = self.request("MESSAGE", to, to=f"<{to}>", body=text, content_type="text/plain")
        self._want(final, want, "MESSAGE")
        return final

    def options(self):
        target = f"sip:{self.server[0]}:{self.server[1]}"
        return self.request("OPTIONS", target, to=f"<{target}>")

    def call(self, number, payload_types=(0, 101), display=None, body=None, extra=(), tone=None):
        """Starts an INVITE and returns at once."""
        call = Call(self, f"sip:{number}@{self.server[0]}:{self.server[1]}", display, payload_types)
        if tone:
            call.rtp.play(tone)
        self._calls[call.call_id] = call
        call.start(body, list(extra))
        return call

    @staticmethod
    def _want(final, wanted, what):
        wanted = (wanted,) if isinstance(wanted, int) else wanted
        if final is None:
            raise SipFailure(f"{what}: no answer within its patience, expected {wanted}")
        if final.status not in wanted:
            raise SipFailure(f"{what}: got '{final.first}', expected {wanted}")

    def request(self, method, uri, to, call_id=None, extra=(), body="", content_type="", first_cseq=1, patience=8.0):
        """Sends a request, answers one challenge, returns the final response or None."""
        call_id = call_id or f"{token(16)}@{self.ip}"
        tag = token()
        headers = list(extra)
        for attempt in range(2):
            data, branch = self.compose(method, uri, f"<{self.uri}>;tag={tag}", to, call_id, first_cseq + attempt,
                                        headers, body, content_type)
            final = self.transact(data, branch, method, patience)
            if final is None or final.status not in (401, 407) or attempt == 1 or not self.password:
                return final
            headers = list(extra) + [self.authorization(final, method, uri)]
        return None

    def authorization(self, response, method, uri):
        if response.status == 401:
            return "Authorization: " + answer_challenge(response.header("www-authenticate"), method, uri, self.user,
                                                        self.password)
        return "Proxy-Authorization: " + answer_challenge(response.header("proxy-authenticate"), method, uri,
                                                          self.user, self.password)

    def compose(self, method, uri, from_, to, call_id, cseq, headers=(), body="", content_type="", branch=None):
        branch = branch or f"z9hG4bK{token(12)}"
        payload = body.encode()
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {self.ip}:{self.port};branch={branch};rport",
                 "Max-Forwards: 70", f"From: {from_}", f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {cseq} {method}"]
        if method in ("INVITE", "SUBSCRIBE", "UPDATE") and not any(h.startswith("Contact") for h in headers):
            lines.append(f"Contact: {self.contact}")
        lines += list(headers) + ["User-Agent: partyline-e2e"]
        if payload:
            lines.append(f"Content-Type: {content_type}")
        lines.append(f"Content-Length: {len(payload)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload, branch

    # ---- the wire

    def send(self, data):
        self.trace.append((time.monotonic(), ">", data.split(b"\r\n", 1)[0].decode("utf-8", "replace")))
        try:
            self._socket.sendto(data, self.server)
        except OSError:
            pass  # nobody listens right now: the retransmission finds out

    def transact(self, data, branch, method, patience=8.0, on_progress=None, cancelled=None):
        """Final response of a client transaction, or None. Provisional ones stop the retransmission of an INVITE."""
        inbox = self._transactions.setdefault((branch, method), queue.Queue())
        end, wait, silent = time.monotonic() + patience, 0.5, True
        self.send(data)
        while time.monotonic() < end:
            try:
                response = inbox.get(timeout=min(wait, max(end - time.monotonic(), 0.001)))
            except queue.Empty:
                if silent:
                    self.send(data)
                    wait = min(wait * 2, 4.0)
                continue
            if response.status >= 200:
                return response
            silent, wait = method != "INVITE", 0.5
            if on_progress:
                on_progress(response)
        return None

    def _receive(self):
        while not self._closed:
            try:
                data, _ = self._socket.recvfrom(65535)
            except OSError:
                if self._closed:
                    return
                time.sleep(0.01)   # ICMP: the server is down for a moment
                continue
            if len(data.strip()) < 8:
                continue
            try:
                message = Message(data)
                self.trace.append((time.monotonic(), "<", message.first))
                if message.status:
                    self._on_response(message)
                else:
                    self._on_request(message)
            except Exception as error:  # a test must see it, not lose its thread
                self.trace.append((time.monotonic(), "!", repr(error)))

    def _on_response(self, message):
        key = (message.branch, message.cseq[1])
        if key in self._transactions:
            self._transactions[key].put(message)
        call = self._calls.get(message.header("call-id"))
        if call and message.cseq[1] == "INVITE" and 200 <= message.status < 300:
            call.acknowledge_again(message)

    def respond(self, request, status, reason="", headers=(), body="", to_tag=""):
        lines = [f"SIP/2.0 {status} {reason or 'Because'}"]
        lines += [f"Via: {via}" for via in request.headers.get("via", [])]
        lines += [f"Record-Route: {route}" for route in request.headers.get("record-route", [])]
        to = request.header("to")
        if status > 100 and not request.to_tag:
            to += f";tag={to_tag or token()}"
        lines += [f"From: {request.header('from')}", f"To: {to}", f"Call-ID: {request.header('call-id')}",
                  f"CSeq: {request.header('cseq')}"]
        lines += list(headers)
        payload = body.encode()
        if payload:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(payload)}")
        data = "\r\n".join(lines).encode() + b"\r\n\r\n" + payload
        self._answered[(request.branch, request.method)] = data
        self.send(data)

    def _on_request(self, message):
        key = (message.branch, message.method)
        if key in self._answered and message.method != "ACK":
            self.send(self._answered[key])
            return
        call = self._calls.get(message.header("call-id"))
        if message.method == "MESSAGE":
            sender = re.search(r"sips?:([^@>;]+)", message.header("from"))
            self.texts.put((sender.group(1) if sender else "", message.body))
            self.respond(message, self.text_status)
        elif message.method == "OPTIONS":
            self.respond(message, 200)
        elif message.method == "INVITE" and call is None:
            call = Call(self, "", None, (0, 101), incoming=message)
            self._calls[call.call_id] = call
            self.calls.put(call)
            call.treat()
        elif call is not None:
            call.on_request(message)
        elif message.method != "ACK":
            self.respond(message, 481)


class Call:
    """One call, in either direction."""

    def __init__(self, phone, target, display, payload_types, incoming=None):
        self.phone = phone
        self.rtp = Rtp(payload_types[0], 101)
        self.payload_types = payload_types
        self.statuses = []              # of provisional responses
        self.final = None               # the final response to our INVITE
        self.answered_at = None
        self.ended_at = None            # monotonic time of BYE, CANCEL or a refusal
        self.ended_by = ""              # "them", "us", "refused", "cancelled"
        self.incoming = incoming
        self.sdp_version = 1
        self.patience = 8.0             # seconds for answers to requests within the call
        self._done = threading.Event()      # a final response, or the call was cancelled
        self._ended = threading.Event()
        self._confirmed = threading.Event()  # ACK to our 200
        self._ack = None
        self._cseq = 1
        if incoming is None:
            self.call_id = f"{token(16)}@{phone.ip}"
            self.local = (f'"{display}" ' if display else "") + f"<{phone.uri}>;tag={token()}"
            self.remote = f"<{target}>"
            self.remote_target = target
            self.routes = []
        else:
            self.call_id = incoming.header("call-id")
            self.tag = token()
            self.local = f"{incoming.header('to')};tag={self.tag}"
            self.remote = incoming.header("from")
            self.remote_target = incoming.contact_uri
            self.routes = [f"Route: {route}" for route in incoming.headers.get("record-route", [])]

    # ---- calling

    def start(self, body, extra):
        offer = sdp(self.rtp.ip, self.rtp.port, self.payload_types) if body is None else body
        threading.Thread(target=self._invite, args=(offer, extra), daemon=True).start()

    def _invite(self, offer, extra):
        headers = list(extra)
        target = self.remote_target
        for _ in range(2):
            data, self._branch = self.phone.compose("INVITE", target, self.local, self.remote, self.call_id,
                                                    self._cseq, headers, offer, "application/sdp")
            final = self.phone.transact(data, self._branch, "INVITE", 60.0, self._on_progress)
            if final is None:
                break
            if final.status >= 300:
                self._ack_refusal(final, target, headers)
            if final.status not in (401, 407) or not self.phone.password or headers != list(extra):
                break
            headers = list(extra) + [self.phone.authorization(final, "INVITE", target)]
            self._cseq += 1
        self.final = final
        if final is not None and final.status < 300:
            self._establish(final)
        else:
            self._end("refused")
        self._done.set()

    def _on_progress(self, response):
        self.statuses.append(response.status)

    def _ack_refusal(self, final, target, headers):
        data, _ = self.phone.compose("ACK", target, self.local, final.header("to"), self.call_id, final.cseq[0],
                                     (), branch=self._branch)
        self.phone.send(data)

    def _establish(self, final):
        self.remote = final.header("to")
        self.remote_target = final.contact_uri or self.remote_target
        self.routes = [f"Route: {route}" for route in reversed(final.headers.get("record-route", []))]
        self._ack, _ = self.phone.compose("ACK", self.remote_target, self.local, self.remote, self.call_id,
                                          final.cseq[0], self.routes)
        self.phone.send(self._ack)
        self.answered_at = time.monotonic()
        if final.body:
            ip, port, _, _ = sdp_target(final.body)
            self.rtp.talk_to(ip, port)

    def acknowledge_again(self, _response):
        if self._ack is not None:
            self.phone.send(self._ack)

    def wait_final(self, seconds=10.0):
        """Status of the final response."""
        if not self._done.wait(seconds):
            raise SipFailure(f"no final response to INVITE {self.remote_target} within {seconds} s; "
                             f"so far {self.statuses}\n{self.trace()}")
        return self.final.status if self.final else 0

    def wait_answer(self, seconds=10.0):
        status = self.wait_final(seconds)
        if status != 200:
            raise SipFailure(f"INVITE {self.remote_target}: got {self.final.first if self.final else 'nothing'}\n"
                             f"{self.trace()}")
        return self

    def cancel(self):
        data, branch = self.phone.compose("CANCEL", self.remote_target, self.local, self.remote, self.call_id,
                                          self._cseq, (), branch=self._branch)
        return self.phone.transact(data, branch, "CANCEL")

    # ---- being called

    def treat(self):
        how = self.phone.on_call
        if callable(how):
            threading.Thread(target=how, args=(self,), daemon=True).start()
        elif how == "ring":
            self.ring()
        elif how == "answer":
            self.ring()
            self.answer()
        elif str(how).isdigit():
            self.refuse(int(how))

    def ring(self):
        self.phone.respond(self.incoming, 180, "Ringing", to_tag=self.tag)

    def refuse(self, status):
        self.phone.respond(self.incoming, status, to_tag=self.tag)
        self._end("refused")

    def answer(self):
        if self.phone.tone:
            self.rtp.play(self.phone.tone)
        self.phone.respond(self.incoming, 200, "OK", [f"Contact: {self.phone.contact}"],
                           sdp(self.rtp.ip, self.rtp.port, self.payload_types), to_tag=self.tag)
        if self.incoming.body:
            ip, port, _, _ = sdp_target(self.incoming.body)
            self.rtp.talk_to(ip, port)
        self.answered_at = time.monotonic()
        self._done.set()

    def wait_confirmed(self, seconds=5.0):
        if not self._confirmed.wait(seconds):
            raise SipFailure(f"no ACK to our 200 within {seconds} s\n{self.trace()}")
        return self

    # ---- in the call

    def key(self, digits):
        """Keys by RFC 4733; returns when they were sent."""
        self.rtp.press(digits)
        self.rtp.wait_keys()

    def _in_dialog(self, method, body="", content_type="", headers=()):
        self._cseq += 1
        data, branch = self.phone.compose(method, self.remote_target, self.local, self.remote, self.call_id,
                                          self._cseq, self.routes + list(headers), body, content_type)
        return self.phone.transact(data, branch, method, self.patience)

    def key_by_info(self, digits):
        """Keys by INFO with application/dtmf-relay."""
        for digit in digits:
            final = self._in_dialog("INFO", f"Signal={digit}\r\nDuration=100\r\n", "application/dtmf-relay")
            SipPhone._want(final, 200, "INFO")

    def reinvite(self, direction="sendrecv", want=200):
        self.sdp_version += 1
        body = sdp(self.rtp.ip, self.rtp.port, self.payload_types, direction, self.sdp_version)
        final = self._in_dialog("INVITE", body, "application/sdp")
        if final is not None:
            ack, _ = self.phone.compose("ACK", self.remote_target, self.local, self.remote, self.call_id, self._cseq,
                                        self.routes)
            if final.status < 300:
                self._ack = ack
                self.phone.send(ack)
        SipPhone._want(final, want, "re-INVITE")
        return final

    def hang_up(self, want=(200, 481)):
        if self._ended.is_set():
            return
        self._end("us")
        final = self._in_dialog("BYE")
        SipPhone._want(final, want, "BYE")

    def on_request(self, message):
        if message.method == "ACK":
            self._confirmed.set()
        elif message.method == "BYE":
            self.phone.respond(message, 200)
            self._end("them")
        elif message.method == "CANCEL":
            self.phone.respond(message, 200)
            self.phone.respond(self.incoming, 487, "Request Terminated", to_tag=self.tag)
            self._end("cancelled")
            self._done.set()
        elif message.method == "INVITE":
            _, _, _, direction = sdp_target(message.body) if message.body else ("", 0, 0, "sendrecv")
            mirrored = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)
            self.sdp_version += 1
            self.phone.respond(message, 200, "OK", [f"Contact: {self.phone.contact}"],
                               sdp(self.rtp.ip, self.rtp.port, self.payload_types, mirrored, self.sdp_version))
        else:
            self.phone.respond(message, 200)

    def _end(self, how):
        if not self._ended.is_set():
            self.ended_at, self.ended_by = time.monotonic(), how
            self._ended.set()
            self.rtp.sending = False

    def wait_end(self, seconds=10.0):
        if not self._ended.wait(seconds):
            raise SipFailure(f"the call did not end within {seconds} s\n{self.trace()}")
        return self.ended_by

    @property
    def up(self):
        return self.answered_at is not None and not self._ended.is_set()

    def trace(self):
        first = self.phone.trace[0][0] if self.phone.trace else 0
        return "\n".join(f"  {at - first:7.3f} {way} {line}" for at, way, line in self.phone.trace[-30:])
