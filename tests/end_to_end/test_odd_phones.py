#!/usr/bin/python3
"""Phones that send what is allowed but seldom: other packet lengths, header extensions, padding, another source in the
middle, another port, other codecs again and again, and one that sends far too much.

Ann's phone does it, Ben's listens: her tone must arrive at its level, and after a change within half a second.
"""
import random
import socket
import struct
import time

from harness import opus, ports, sound
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, run, say

TONES = (440, 640)
SENT, WITHIN_DB = -12.0, 1.0
GAP_MS_MAX = 500          # after a change; measured: 40 after a re-INVITE and a new port, 0 else
STRANGERS = ("--allow-guests", "true")


class Talk:
    def __init__(self, server, listener_kind=0, host=None):
        self.host = host or server.person("host", phone=False)
        self.room = server.conference(self.host, "Odd")
        self.phones = [SipPhone(server.sip_port, name) for name in ("ann", "ben")]
        self.calls = []
        for phone, tone, kind, role in zip(self.phones, TONES, (0, listener_kind), ("host", "guest")):
            call = phone.call(self.room["number"], (kind, 101), tone=tone).wait_answer()
            call.key(self.room[f"{role}_pin"] + "#")
            self.calls.append(call)

        def both():
            seats = self.host.api.get(f"/api/conferences/{self.room['id']}")["state"]["seats"]
            return sum(seat["phase"] == "connected" for seat in seats) == 2
        eventually(both, 10, "not both are in")
        time.sleep(3.6)      # announcements
        self.ann, self.ben = self.calls[0].rtp, self.calls[1].rtp
        self.wrong = []

    def during(self, what, seconds=1.0, gap_ms_max=GAP_MS_MAX):
        """Ben listens from now on: the tone's usual level, and the longest time without it."""
        began = time.monotonic()
        time.sleep(seconds)
        samples = self.ben.samples(began, time.monotonic())
        rate = sound.RATES[self.ben.payload_type]
        level = sound.usual_level(samples, TONES[0], rate)
        gap_ms = longest_gap_ms(samples, rate)
        say(f"  {what}: {level:.1f} dBFS, {gap_ms} ms without it at most")
        if abs(level - SENT) > WITHIN_DB or gap_ms > gap_ms_max:
            self.wrong.append(f"{what}: {level:.1f} dBFS, {gap_ms} ms without the tone")

    def end(self):
        check(not self.wrong, "\n".join(self.wrong))
        for call in self.calls:
            call.hang_up()
        for phone in self.phones:
            phone.close()


def longest_gap_ms(samples, rate):
    """In windows of 20 ms: how long Ann's tone is 6 dB and more below what was sent."""
    size, longest, now = rate // 50, 0, 0
    for at in range(0, len(samples) - size + 1, size):
        now = now + 20 if sound.level(samples[at:at + size], TONES[0], rate) < SENT - 6 else 0
        longest = max(longest, now)
    return longest


def rewrite(rtp, change):
    """From now on each packet of this phone leaves as `change(header, payload)` says: a list of packets."""
    deliver = type(rtp)._deliver

    def changed(packet):
        for one in change(packet[:12], packet[12:]):
            deliver(rtp, one)
    rtp._deliver = changed


def packets_of_other_lengths():
    """Packets of 10, 30, 40 and 60 ms instead of 20, in turn."""
    with Server("odd_lengths", STRANGERS) as server:
        talk = Talk(server)
        state = {"sequence": 100, "stamp": 0, "sound": b""}

        def cut(milliseconds):
            def change(header, payload):
                state["sound"] += payload
                size, out = 8 * milliseconds, []
                while len(state["sound"]) >= size:
                    part, state["sound"] = state["sound"][:size], state["sound"][size:]
                    out.append(struct.pack("!BBHII", 0x80, 0, state["sequence"] & 0xFFFF, state["stamp"], 77) + part)
                    state["sequence"] += 1
                    state["stamp"] += size
                return out
            return change
        for milliseconds in (10, 30, 40, 60):
            rewrite(talk.ann, cut(milliseconds))
            talk.during(f"{milliseconds} ms a packet", 1.5)
        talk.end()
        server.verify()


def headers_with_everything():
    """Contributors, extensions and padding in the header: skipped, not played."""
    with Server("odd_headers", STRANGERS) as server:
        talk = Talk(server)
        shapes = {
            "two contributors": lambda h, p: [bytes([0x82]) + h[1:] + b"\1\2\3\4\5\6\7\x08" + p],
            "an extension": lambda h, p: [bytes([0x90]) + h[1:] + b"\xbe\xde\0\1\x10\xaa\0\0" + p],
            "padding": lambda h, p: [bytes([0xA0]) + h[1:] + p + b"\0\0\0\4"],
            "all three": lambda h, p: [bytes([0xB1]) + h[1:] + b"\1\2\3\4" + b"\xbe\xde\0\0" + p + b"\0\2"],
            "marked": lambda h, p: [h[:1] + bytes([h[1] | 0x80]) + h[2:] + p],
        }
        for name, change in shapes.items():
            rewrite(talk.ann, change)
            talk.during(name)
        talk.end()
        server.verify()


def a_phone_starts_anew():
    """Another source with other numbers, numbers that jump, a wrap of both, another port: sound goes on."""
    with Server("odd_restarts", STRANGERS) as server:
        talk, chance = Talk(server), random.Random(11)
        ann = talk.ann
        ann._source, ann._sequence, ann._stamp = 4711, chance.getrandbits(16), chance.getrandbits(32)
        talk.during("another source")
        ann._stamp = (ann._stamp + 3_000_000) & 0xFFFFFFFF
        talk.during("a stamp that jumps ahead")
        ann._stamp = (ann._stamp - 5_000_000) & 0xFFFFFFFF
        talk.during("a stamp that jumps back")
        ann._sequence = (ann._sequence + 20_000) & 0xFFFF
        talk.during("a sequence that jumps")
        ann._source, ann._sequence, ann._stamp = 4712, 0xFFFF - 20, 0xFFFFFFFF - 20 * 160
        talk.during("numbers that wrap")
        old = ann._socket
        fresh = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        fresh.bind((ann.ip, ports.free_port(ports.PHONES, 2)))
        fresh.setblocking(False)
        ann.sending = False
        time.sleep(4.5)       # the latch holds for three seconds, and who fell silent is looked for each second
        ann._socket, ann.sending = fresh, True
        talk.during("another port after a silence", 2.0)
        old.close()
        talk.end()
        server.verify()


def codecs_again_and_again():
    """PCMU, Opus, L16, PCMA in turn by re-INVITE: Ben hears the tone through all of it."""
    with Server("odd_codecs", STRANGERS) as server:
        talk = Talk(server, sound.L16)
        samples = sound.tone(TONES[0], 3.0, SENT, opus.RATE)
        spoken = opus.encode(samples, True)
        for name, kind in (("L16", sound.L16), ("PCMA", 8), ("Opus", sound.OPUS), ("PCMU", 0), ("L16", sound.L16),
                           ("PCMA", 8)):
            talk.calls[0].speak(kind, spoken if kind == sound.OPUS else ())
            talk.during(f"to {name}", 1.2)
        talk.end()
        server.verify()


def one_who_sends_far_too_much():
    """A phone whose every packet comes fifty times, with new numbers, disturbs nobody's sound but its own."""
    with Server("odd_flood", STRANGERS) as server:
        quiet = Talk(server)
        loud = Talk(server, host=quiet.host)
        state = {"sequence": 0, "stamp": 0}

        def many(_header, payload):
            out = []
            for _ in range(50):
                state["sequence"] = (state["sequence"] + 1) & 0xFFFF
                state["stamp"] = (state["stamp"] + 160) & 0xFFFFFFFF
                out.append(struct.pack("!BBHII", 0x80, 0, state["sequence"], state["stamp"], 99) + payload)
            return out
        rewrite(loud.ann, many)
        quiet.during("the room beside", 3.0, 100)
        began = time.monotonic()
        back = loud.ann.level(TONES[1], began - 2.0, began)
        say(f"  the flooder hears Ben at {back:.1f} dBFS")
        check(abs(back - SENT) <= WITHIN_DB, f"in the flooded room Ben arrives at {back:.1f} dBFS")
        rewrite(loud.ann, lambda header, payload: [header + payload])
        loud.during("once it has calmed down", 2.0)
        quiet.end()
        loud.end()
        server.verify()


if __name__ == "__main__":
    main(lambda: run(packets_of_other_lengths, headers_with_everything, a_phone_starts_anew, codecs_again_and_again,
                     one_who_sends_far_too_much))
