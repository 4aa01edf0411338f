#!/usr/bin/python3
"""What comes to a leg's port besides its phone's packets changes nothing: malformed, forged, replayed, by the flood.

Two scripted phones talk, 440 and 640 Hz. During each attack both must hear the other's tone within 1 dB, nothing of
what the attacker plays (1130 Hz), and most windows as clean as before; the attacker gets no sound; the journal gets no
line.
"""
import random
import re
import socket
import struct
import time

from harness import flood, purity, sound
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, run, say

TONES = (440, 640)
SENT = -12.0
FORGED = 1130
FORGED_AT_MOST = -45.0
RESIDUE_AT_MOST = -30.0      # beside a tone in G.711: measured -36
SPOILT_AT_MOST = 6           # of 20 windows; a busy machine may spoil some
FLOOD_PER_SECOND, FLOOD_SECONDS = 20_000, 4


class Talk:
    """Two phones in a room, and what an attacker needs to know of the first one's leg."""

    def __init__(self, server, behind_nat=False):
        self.server = server
        self.host = server.person("host", phone=False)
        self.room = server.conference(self.host, "Attacked")
        self.phones = [SipPhone(server.sip_port, name) for name in ("ann", "ben")]
        self.calls = []
        for phone, tone, role in zip(self.phones, TONES, ("host", "guest")):
            phone.sound_ip = "127.0.0.99" if behind_nat else None
            call = phone.call(self.room["number"], tone=tone)
            call.wait_answer()
            call.key(self.room[f"{role}_pin"] + "#")
            self.calls.append(call)
        eventually(lambda: sum(seat["phase"] == "connected" for seat in self.seats()) == 2, 10, "not both are in")
        time.sleep(3.6)      # announcements
        self.victim = self.calls[0].rtp
        self.port = self.victim._remote[1]

    def seats(self):
        return self.host.api.get(f"/api/conferences/{self.room['id']}")["state"]["seats"]

    def refused(self):
        """Packets that the server counts as nobody's, and as not right for a leg."""
        stray = re.search(r"^partyline_media_packets_stray_total (\d+)", self.host.api.text("/metrics"), re.M)
        legs = self.host.api.get(f"/api/conferences/{self.room['id']}/sound")["legs"]
        return int(stray.group(1)) + sum(leg["packets_refused"] for leg in legs)

    def sound(self, what, since, until):
        """What is wrong with what both hear in this time."""
        wrong = []
        for call, other, own in zip(self.calls, reversed(TONES), TONES):
            part = call.rtp.samples(since, until)
            found = purity.residues(part, [other], sound.RATE)
            beside = found[-1 - SPOILT_AT_MOST]
            level = sound.usual_level(part, other)
            forged, self_ = sound.level(part, FORGED), sound.level(part, own)
            say(f"  {what}: {other} Hz {level:.1f}, own {self_:.1f}, forged {forged:.1f} dBFS; beside it {found[10]:.1f} "
                f"dB, {beside:.1f} dB but for {SPOILT_AT_MOST} windows")
            if abs(level - SENT) > 1.0 or forged > FORGED_AT_MOST or beside > RESIDUE_AT_MOST:
                wrong.append(f"{what}: {other} Hz arrives at {level:.1f} dBFS, forged sound at {forged:.1f}, beside it "
                             f"{beside:.1f} dB")
        return wrong

    def during(self, what, attack, seconds=2.0, refused_at_least=0):
        """Runs `attack(step)` every 20 ms while both talk; what is wrong with the sound then."""
        lines, before, refused = len(self.server.cat()), self.seats(), self.refused()
        began = time.monotonic()
        for step in range(int(seconds / 0.02)):
            attack(step)
            time.sleep(max(began + 0.02 * (step + 1) - time.monotonic(), 0))
        ended = time.monotonic()
        wrong = self.sound(what, began, ended)
        more = self.refused() - refused
        say(f"  {what}: {more} packets refused")
        if more < refused_at_least:
            wrong.append(f"{what}: {more} packets are counted as refused, expected at least {refused_at_least}")
        if self.seats() != before:
            wrong.append(f"{what}: the roster changed from {before} to {self.seats()}")
        if len(self.server.cat()) != lines:
            wrong.append(f"{what}: the journal grew: {self.server.cat()[lines:]}")
        return wrong

    def end(self):
        for call in self.calls:
            call.hang_up()
        for phone in self.phones:
            phone.close()


class Attacker:
    """A socket beside the phone's, on its host or on another."""

    def __init__(self, ip, port):
        self.target = ("127.0.0.1", port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ip, 0))
        self.socket.setblocking(False)
        self.tone = sound.encoded_tone(FORGED)
        self.sequence, self.stamp, self.source = 1000, 5000, 0xBAD

    def forge(self, sequence=None, stamp=None, source=None):
        at = self.sequence % 50 * 160
        packet = struct.pack("!BBHII", 0x80, 0, (self.sequence if sequence is None else sequence) & 0xFFFF,
                             (self.stamp if stamp is None else stamp) & 0xFFFFFFFF,
                             self.source if source is None else source) + self.tone[at:at + 160]
        self.sequence, self.stamp = self.sequence + 1, self.stamp + 160
        self.socket.sendto(packet, self.target)

    def got_sound(self):
        try:
            return any(self.socket.recv(2048)[0] >> 6 == 2 for _ in range(10_000))
        except BlockingIOError:
            return False


def malformed_packets(chance, victim):
    """No RTP, or RTP that lies about itself, also with the victim's own source and numbers."""
    header = struct.pack("!BBHII", 0x80, 0, victim._sequence + 1 & 0xFFFF, victim._stamp + 160 & 0xFFFFFFFF,
                         victim._source)
    body = chance.randbytes(160)
    yield b""
    yield b"\x80"
    yield header[:11]
    yield chance.randbytes(chance.randrange(1, 1400)).replace(b"\x80", b"\x00", 1)
    yield b"\x00" + header[1:] + body                                  # version 0
    yield b"\x8f" + header[1:] + body[:20]                             # fifteen contributors, and no room for them
    yield b"\x90" + header[1:] + b"\xbe\xde\xff\xff" + body            # an extension longer than the packet
    yield b"\xa0" + header[1:] + body[:-1] + b"\xff"                   # padding longer than the payload
    yield b"\xa0" + header[1:] + b"\x00"                               # padding of nothing
    yield header[:1] + b"\x23" + header[2:] + body                     # a payload type that nobody agreed on
    yield header + chance.randbytes(1400)                              # 175 ms
    yield header                                                       # no payload
    yield header[:1] + b"\xc8" + header[2:] + body                     # RTCP's numbers on RTP's port


STRANGERS = ("--allow-guests", "true")


def malformed_packets_are_dropped():
    """Malformed packets, from strangers and from the phone's own address, change nothing."""
    with Server("hostile_malformed", STRANGERS) as server:
        talk, chance = Talk(server), random.Random(7)
        stranger = Attacker("127.0.0.2", talk.port)

        def attack(_):
            for packet in malformed_packets(chance, talk.victim):
                talk.victim._socket.sendto(packet, stranger.target)
                stranger.socket.sendto(packet, stranger.target)
                stranger.socket.sendto(packet, ("127.0.0.1", talk.port + 1))   # RTCP's
        wrong = talk.during("malformed", attack, refused_at_least=100)
        check(not wrong, "\n".join(wrong))
        talk.end()
        server.verify()


def forge_and_replay(name, behind_nat):
    with Server(name, STRANGERS) as server:
        talk = Talk(server, behind_nat)
        attackers = [Attacker("127.0.0.1", talk.port), Attacker("127.0.0.2", talk.port)]
        victim = talk.victim

        def own_numbers(_):
            for attacker in attackers:
                attacker.forge()
        wrong = talk.during("forged, own numbers", own_numbers, refused_at_least=50)

        def stolen_numbers(_):
            for attacker in attackers:
                attacker.forge(victim._sequence + 2, victim._stamp + 320, victim._source)
        wrong += talk.during("forged, stolen numbers", stolen_numbers, refused_at_least=50)

        sent, deliver = [], victim._deliver

        def remember(packet):
            sent.append(packet)
            deliver(packet)
        victim._deliver = remember

        def again(step):
            if len(sent) > 3:
                deliver(sent[-1])                              # twice
                deliver(sent[max(len(sent) - 60, 0)])          # a second late
                attackers[step % 2].socket.sendto(sent[-1], attackers[0].target)
        wrong += talk.during("replayed", again)
        for attacker in attackers:
            if attacker.got_sound():
                wrong.append("the server sends sound to an attacker")
        check(not wrong, "\n".join(wrong))
        talk.end()
        server.verify()


def forged_and_replayed_packets_are_not_heard():
    """Packets from a wrong source after latching, with the right numbers even, and packets again are not played."""
    forge_and_replay("hostile_forged", False)


def nor_by_who_is_behind_a_nat():
    """The same for phones whose packets come from elsewhere than their SDP says."""
    forge_and_replay("hostile_nat", True)


def a_flood_does_not_drown_a_call():
    """20,000 packets a second to a leg's port from elsewhere: sound goes on."""
    with Server("hostile_flood", STRANGERS) as server:
        talk = Talk(server)
        flooding = flood.start("127.0.0.1", talk.port, FLOOD_PER_SECOND, FLOOD_SECONDS)
        time.sleep(0.5)
        wrong = talk.during("flood", lambda _: None, FLOOD_SECONDS - 1, refused_at_least=10_000)
        sent = int(flooding.communicate(timeout=30)[0])
        say(f"  {sent} packets in {FLOOD_SECONDS} s")
        wrong += talk.during("afterwards", lambda _: None, 1.5)
        check(sent > FLOOD_PER_SECOND * FLOOD_SECONDS // 4, f"only {sent} packets: that was no flood")
        check(not wrong, "\n".join(wrong))
        talk.end()
        server.verify()


if __name__ == "__main__":
    main(lambda: run(malformed_packets_are_dropped, forged_and_replayed_packets_are_not_heard,
                     nor_by_who_is_behind_a_nat, a_flood_does_not_drown_a_call))
