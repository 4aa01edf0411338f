#!/usr/bin/python3
"""Codecs that change in the middle of a call, and encrypted sound.

The encrypted phones are baresip, with SRTP of its own; the one that changes its codec is scripted.
"""
import os
import time

from harness import sound
from harness.phone import Phone
from harness.server import Server
from harness.testing import check, eventually, main, run, say

OTHERS_AT_LEAST = -18.0   # sent at -12 dBFS
OWN_AT_MOST = -45.0       # an Opus encoder at 32 kbit/s leaves some noise around a tone


def connected(server, host, room, count):
    def all_in():
        seats = [seat for seat in server.roster(host, room["id"]).values() if seat["phase"] == "connected"]
        return len(seats) == count and seats
    return eventually(all_in, 10, lambda: f"not {count} connected: {server.roster(host, room['id'])}")


def enter(phone, room, pin):
    phone.dial(room["number"])
    phone.wait_established()
    time.sleep(0.5)
    phone.key(pin + "#")


def hears(listener, samples, rate, tones, own):
    """What is wrong with what was heard, in sentences."""
    levels = {tone: sound.level(samples, tone, rate) for tone in tones}
    say(f"  {listener} at {rate} Hz hears " + ", ".join(f"{tone} Hz {level:.1f}" for tone, level in levels.items()))
    return [f"{listener} hears {tone} Hz at {level:.1f} dBFS" for tone, level in levels.items()
            if (level > OWN_AT_MOST if tone == own else level < OTHERS_AT_LEAST)]


def a_codec_changes_in_the_middle():
    """PCMU becomes PCMA becomes L16/16000 by re-INVITE, and both sides go on hearing each other."""
    with Server("codecs_changing") as server:
        alice, bob = server.person("alice"), server.person("bob")
        room = server.conference(alice, "Changing", ["bob"])
        calls = []
        for person, pin, tone in ((alice, room["host_pin"], 440), (bob, room["guest_pin"], 640)):
            call = server.phone(person).call(room["number"], tone=tone).wait_answer()
            time.sleep(0.5)
            call.key(pin + "#")
            calls.append(call)
        connected(server, alice, room, 2)
        time.sleep(4)   # announcements end
        changing, steady = calls
        wrong = []
        for kind, codec in ((0, "PCMU"), (8, "PCMA"), (sound.L16, "L16/16000"), (0, "PCMU")):
            if kind != changing.rtp.payload_type:
                changing.speak(kind)
            time.sleep(1.5)
            now = time.monotonic()
            there, back = steady.rtp.level(440, now - 1, now), changing.rtp.level(640, now - 1, now)
            say(f"  {codec}: heard at {there:.1f} dBFS, hears at {back:.1f} dBFS")
            seat = server.roster(alice, room["id"])["alice"]["seat"]
            legs = {leg["seat"]: leg for leg in alice.api.get(f"/api/conferences/{room['id']}/sound")["legs"]}
            if legs[seat]["codec"] != codec:
                wrong.append(f"the server says {legs[seat]['codec']} for {codec}")
            if min(there, back) < OTHERS_AT_LEAST:
                wrong.append(f"{codec}: heard at {there:.1f}, hears at {back:.1f} dBFS")
        check(not wrong, "\n".join(wrong))
        for call in calls:
            call.hang_up()
        server.verify()


def encrypted_sound():
    """Under `require` phones with SRTP hear one another; a plain one gets 488 and "not encrypted"."""
    with Server("codecs_encrypted", ["--srtp", "require"]) as server:
        people = {name: server.person(name) for name in ("ann", "ben", "cat")}
        room = server.conference(people["ann"], "Secret", ["ben"])
        phones = {}
        for name, codec, tone in (("ann", "pcmu/8000/1", 440), ("ben", "opus/48000/1", 640)):
            phones[name] = Phone(os.path.join(server.folder, name), server.sip_port, people[name].phone_user,
                                 people[name].phone_password, tone, codec=codec, encryption="srtp-mand")
            phones[name].wait_registered()
            enter(phones[name], room, room["host_pin"] if name == "ann" else room["guest_pin"])
        connected(server, people["ann"], room, 2)
        status = server.phone(people["cat"]).call(room["number"]).wait_final()
        check(status == 488, f"a plain phone got {status}")
        time.sleep(6)
        for leg in people["ann"].api.get(f"/api/conferences/{room['id']}/sound")["legs"]:
            check(leg["packets_forged"] == 0 and leg["packets_received"] > 200, f"{leg}")
        for phone in phones.values():
            phone.hang_up()
        time.sleep(0.5)
        for phone in phones.values():
            phone.stop()
        wrong = []
        for name, own in (("ann", 440), ("ben", 640)):
            samples, rate = phones[name].heard()
            wrong += hears(name, samples[-3 * rate:-rate], rate, (440, 640), own)
        check(not wrong, "\n".join(wrong))
        journal = server.cat()
        check("inline:" not in str(journal), "a key is in the journal")
        check("not_encrypted" in str(journal), "the plain phone's cause is not in the journal")
        server.verify()


if __name__ == "__main__":
    main(lambda: run(a_codec_changes_in_the_middle, encrypted_sound))
