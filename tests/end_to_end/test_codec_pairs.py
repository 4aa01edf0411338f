#!/usr/bin/python3
"""Real phones in every codec, two of a kind in a room and all kinds in one: what arrives, how loud, how clean.

Each baresip plays its tone at -12 dBFS. Of what it recorded, two seconds are measured: the others' tones within
1 dB of what was sent, its own not there, and nothing else (purity.py): of twenty windows all but a few, which a
busy machine may spoil, must be as clean as the codec is.
"""
import os
import threading
import time

from harness import purity, sound
from harness.phone import Phone
from harness.server import Server
from harness.testing import check, eventually, main, run, say

SENT = -12.0
WITHIN_DB = 1.0
OWN_AT_MOST = -45.0
SPOILT_AT_MOST = 5            # of 20 windows; a click of ours at every tick or every packet spoils all

# dB beside the tones. Measured, one tone in its codec: Opus -27, G.722 -43, L16 -85, G.711 -37; in the mixed room,
# three tones: Opus -19, G.722 -38, G.711 -36. A click in the window: -9 or more.
PAIR_AT_MOST = {"opus/48000/1": -22.0, "G722/16000/1": -38.0, "L16/16000/1": -60.0, "pcmu/8000/1": -33.0,
                "pcma/8000/1": -33.0}
RATE_AT_MOST = {"L16/8000/1": -60.0, "L16/44100/1": -60.0, "L16/48000/1": -60.0}
MIXED_AT_MOST = {"opus/48000/1": -15.0, "G722/16000/1": -32.0, "pcmu/8000/1": -32.0, "pcma/8000/1": -32.0}
STRANGERS = ("--allow-guests", "true", "--calls-per-source", "50")


class Guest:
    """A stranger's phone, let in by its PIN alone: ten accounts would take longer than the talk."""

    def __init__(self, server, room, role, codec, tone):
        self.room, self.pin, self.codec, self.tone = room, room[f"{role}_pin"], codec, tone
        self.name = f"{codec.replace('/', '_')}_{tone}"   # with a hyphen it would be an account's name
        self.phone = Phone(os.path.join(server.folder, self.name), server.sip_port, self.name, "none", tone,
                           register=False, home="elsewhere.example", codec=codec, seconds=40)

    def dial(self):
        self.phone.dial(self.room["number"])

    def enter(self):
        self.phone.wait_established()
        time.sleep(0.3)
        self.phone.key(self.pin + "#")

    def faults(self, codecs_by_tone, beside_at_most):
        """What is wrong with what it heard."""
        samples, rate = self.phone.heard()
        part = samples[-int(3.2 * rate):-int(1.2 * rate)]
        if len(part) < 2 * rate:
            return [f"{self.name} recorded only {len(samples) / rate:.1f} s"]
        wrong, said = [], []
        for tone, codec in codecs_by_tone.items():
            level = (sound.level if tone == self.tone else sound.usual_level)(part, tone, rate)
            said.append(f"{tone} Hz {level:.1f}")
            if tone == self.tone and level > OWN_AT_MOST:
                wrong.append(f"{self.name} hears itself at {level:.1f} dBFS")
            if tone != self.tone and abs(level - SENT) > WITHIN_DB:
                wrong.append(f"{self.name} hears {tone} Hz ({codec}) at {level:.1f} dBFS, sent at {SENT}")
        found = purity.residues(part, [tone for tone in codecs_by_tone if tone != self.tone], rate)
        usual, worst_kept = found[len(found) // 2], found[-1 - SPOILT_AT_MOST]
        allowed = beside_at_most[self.codec]
        say(f"  {self.name} ({self.codec}): {', '.join(said)} dBFS; beside them {usual:.1f} dB, "
            f"{worst_kept:.1f} dB but for {SPOILT_AT_MOST} windows, worst {found[-1]:.1f} dB")
        if worst_kept > allowed:
            wrong.append(f"{self.name} ({self.codec}) hears {worst_kept:.1f} dB beside the tones, allowed {allowed}")
        return wrong


def talk(server, host, rooms, guests):
    """Everybody dials at once, talks, and hangs up; the rooms are measured afterwards."""
    for guest in guests:
        guest.dial()
    entering = [threading.Thread(target=guest.enter) for guest in guests]
    for thread in entering:
        thread.start()
    for thread in entering:
        thread.join()

    def connected():
        return all(sum(seat["phase"] == "connected" for seat in server.roster(host, room["id"]).values()) ==
                   sum(guest.room is room for guest in guests) for room in rooms)
    eventually(connected, 15, "not everybody is connected")
    # "You are in the conference" and one "Someone has joined" for each other, 1.7 s each; then what is measured.
    time.sleep(1.7 * len(guests) / len(rooms) + 3.4)
    for guest in guests:
        guest.phone.hang_up()
    time.sleep(0.3)
    for guest in guests:
        guest.phone.stop()


def pairs(name, codecs, *more):
    with Server(name, (*STRANGERS, *more)) as server:
        host, rooms, guests = server.person("host", phone=False), [], []
        for codec in codecs:
            room = server.conference(host, codec)
            rooms.append(room)
            guests += [Guest(server, room, "host", codec, 440), Guest(server, room, "guest", codec, 850)]
        talk(server, host, rooms, guests)
        wrong = [fault for guest in guests for fault in guest.faults({440: guest.codec, 850: guest.codec}, codecs)]
        check(not wrong, "\n".join(wrong))
        server.verify()


def two_of_a_kind():
    """Two phones of each codec hear each other as loud as they are, and nothing else."""
    pairs("codec_pairs", PAIR_AT_MOST)


def two_of_every_rate():
    """So do phones with L16 of every rate, where the server is set to take it."""
    pairs("codec_rates", RATE_AT_MOST, "--codecs", "L16/48000, L16/44100, L16/8000")


def all_kinds_in_one_room():
    """Opus, G.722 and both G.711 in one room: each hears the others, whatever they speak."""
    with Server("codec_mix", STRANGERS) as server:
        host = server.person("host", phone=False)
        room = server.conference(host, "Mixed")
        kinds = ("opus/48000/1", "G722/16000/1", "pcmu/8000/1", "pcma/8000/1")
        tones = dict(zip((440, 640, 850, 1130), kinds))
        guests = [Guest(server, room, "host" if tone == 440 else "guest", codec, tone) for tone, codec in tones.items()]
        talk(server, host, [room], guests)
        wrong = [fault for guest in guests for fault in guest.faults(tones, MIXED_AT_MOST)]
        check(not wrong, "\n".join(wrong))
        server.verify()


if __name__ == "__main__":
    main(lambda: run(two_of_a_kind, two_of_every_rate, all_kinds_in_one_room))
