"""One call of a scripted telephone, in either direction; sipua.py makes them.

Thread: an INVITE of ours waits in a thread of its own; what comes in is handed over by the phone's receiver.
"""
import threading
import time

from .rtp import Rtp
from .sip_message import sdp, sdp_target, token


class SipFailure(AssertionError):
    pass


def want(final, wanted, what):
    """Fails unless the response `final` has one of the statuses `wanted`."""
    wanted = (wanted,) if isinstance(wanted, int) else wanted
    if final is None:
        raise SipFailure(f"{what}: no answer within its patience, expected {wanted}")
    if final.status not in wanted:
        raise SipFailure(f"{what}: got '{final.first}', expected {wanted}")


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
        ip = self.phone.sound_ip or self.rtp.ip
        offer = sdp(ip, self.rtp.port, self.payload_types) if body is None else body
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
            want(final, 200, "INFO")

    def speak(self, payload_type, payloads=()):
        """Changes the codec of the running call by a re-INVITE; then says these coded frames, if there are any."""
        self.payload_types = (payload_type, 101)
        final = self.reinvite()
        agreed = sdp_target(final.body)[2]
        if agreed != payload_type:
            raise SipFailure(f"offered {payload_type}, answered {agreed}\n{final.body}")
        self.rtp.say(payloads)
        self.rtp.speak(payload_type)

    def reinvite(self, direction="sendrecv", wanted=200):
        self.sdp_version += 1
        body = sdp(self.rtp.ip, self.rtp.port, self.payload_types, direction, self.sdp_version)
        final = self._in_dialog("INVITE", body, "application/sdp")
        if final is not None:
            ack, _ = self.phone.compose("ACK", self.remote_target, self.local, self.remote, self.call_id, self._cseq,
                                        self.routes)
            if final.status < 300:
                self._ack = ack
                self.phone.send(ack)
        want(final, wanted, "re-INVITE")
        return final

    def hang_up(self, wanted=(200, 481)):
        if self._ended.is_set():
            return
        self._end("us")
        final = self._in_dialog("BYE")
        want(final, wanted, "BYE")

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
