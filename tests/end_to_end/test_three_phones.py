#!/usr/bin/python3
"""Three real telephones dial in with a PIN; each hears the other two and not itself.

Each baresip plays its own tone at -12 dBFS. What each one recorded is measured by a Goertzel filter over two
seconds in the middle of the talk: the others' tones must be at least at -18 dBFS, its own at most at -50 dBFS,
and so must a tone that nobody plays.
"""
import os
import time

from harness import sound
from harness.client import Live
from harness.phone import Phone
from harness.server import Server
from harness.testing import check, eventually, main, say

OTHERS_AT_LEAST = -18.0   # sent at -12; G.711 twice, the mix and the jitter buffer cost well under 1 dB
OWN_AT_MOST = -50.0       # measured: below -70; room for another machine's noise
TONES = {"alice": 440, "bob": 640, "carol": 850}
NOBODY = 1130


def dial_in(phone, room, way, pin):
    if way == "number":
        phone.dial(room["number"])
        phone.wait_established()
        time.sleep(0.5)
    else:  # the shared number asks for the conference first
        phone.dial("1000")
        phone.wait_established()
        time.sleep(0.5)
        phone.key(room["id"] + "#")
        time.sleep(0.7)
    phone.key(pin + "#")


def measure(name, phone):
    """Levels of every tone in what `phone` heard, in two seconds that end one second before it hung up."""
    samples, rate = phone.heard()
    part = samples[-3 * rate:-rate]
    check(len(part) == 2 * rate, f"{name} recorded only {len(samples) / rate:.1f} s")
    return {tone: sound.level(part, frequency, rate) for tone, frequency in {**TONES, "nobody": NOBODY}.items()}


def story():
    with Server("three_phones") as server:
        people = {name: server.person(name) for name in TONES}
        room = server.conference(people["alice"], "Three phones", ["bob", "carol"])
        live = Live(people["alice"].api).follow(f"conference/{room['id']}")
        phones = {}
        for name, person in people.items():
            phones[name] = Phone(os.path.join(server.folder, name), server.sip_port, person.phone_user,
                                 person.phone_password, TONES[name])
        for phone in phones.values():
            phone.wait_registered()
        dial_in(phones["alice"], room, "number", room["host_pin"])
        dial_in(phones["bob"], room, "access", room["guest_pin"])
        dial_in(phones["carol"], room, "number", room["guest_pin"])

        def connected():
            seats = server.roster(people["alice"], room["id"])
            return len(seats) == 3 and all(seat["phase"] == "connected" for seat in seats.values()) and seats
        eventually(connected, 8, lambda: f"not all three are connected: {server.roster(people['alice'], room['id'])}")
        time.sleep(5.5)   # announcements end, then the part that is measured
        seats = server.roster(people["alice"], room["id"])
        for name, seat in seats.items():
            check(seat["talking"] and not seat["silent"] and not seat["muted"], f"the roster shows {name} as {seat}")
        check(seats["alice"]["role"] == "host" and seats["bob"]["role"] == "guest", f"roles are wrong: {seats}")
        for phone in phones.values():
            phone.hang_up()
        for name in TONES:
            live.wait_event("seat_left", 5, seat=seats[name]["seat"], cause="hung_up")
        for phone in phones.values():
            phone.stop()
        live.check()

        wrong = []
        for listener, phone in phones.items():
            levels = measure(listener, phone)
            say(f"  {listener} hears " + ", ".join(f"{name} {level:.1f} dBFS" for name, level in levels.items()))
            for talker, level in levels.items():
                if talker in (listener, "nobody") and level > OWN_AT_MOST:
                    wrong.append(f"{listener} hears {talker} at {level:.1f} dBFS, allowed {OWN_AT_MOST}")
                if talker not in (listener, "nobody") and level < OTHERS_AT_LEAST:
                    wrong.append(f"{listener} hears {talker} at {level:.1f} dBFS, needed {OTHERS_AT_LEAST}")
        check(not wrong, "\n".join(wrong))
        server.verify()


if __name__ == "__main__":
    main(story)
