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
from .call import Call, want
from .sip_message import Message, answer_challenge, token


class SipPhone:
    def __init__(self, server_port, user, password="", server_ip="127.0.0.1", ip="127.0.0.1",
                 port=None):
        self.server = (server_ip, server_port)
        self.user, self.password, self.ip = user, password, ip
        self.port = port or ports.free_port(ports.PHONES)
        self.on_call = "answer"
        self.sound_ip = None            # what our SDP says instead of where our sound comes from
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

    def register(self, expires=300, wanted=200):
        final = self.request("REGISTER", f"sip:{self.server[0]}:{self.server[1]}", to=f"<{self.uri}>",
                             call_id=self._register_id, extra=[f"Contact: {self.contact}", f"Expires: {expires}"],
                             first_cseq=self._next_register())
        want(final, wanted, "REGISTER")
        return final

    def _next_register(self):
        self._register_count += 10
        return self._register_count

    def text(self, to_user, text, wanted=(200, 202)):
        """A MESSAGE (RFC 3428)."""
        to = f"sip:{to_user}@{self.server[0]}:{self.server[1]}"
        final = self.request("MESSAGE", to, to=f"<{to}>", body=text, content_type="text/plain")
        want(final, wanted, "MESSAGE")
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
