#!/usr/bin/python3
"""Muting one silences its tone for the others within 200 ms; roster and journal say so.

Scripted phones keep every packet with its arrival time. The tone's level is taken over each two frames (40 ms);
after a mute was asked for, no such window that ends later than 200 ms may hold the tone.
"""
import time

from harness import sound
from harness.client import Live
from harness.server import Server
from harness.testing import check, main, say

HEARD = -20.0     # dBFS: the tone is there (sent at -12)
GONE = -45.0      # dBFS: it is not
PATIENCE_S = 0.200
TONES = {"alice": 440, "bob": 740, "carol": 1040}   # 300 Hz apart: a window of 40 ms keeps them separate


def windows(call, frequency, since, until):
    """(arrival of its second packet, level) for each two packets in a row."""
    packets = [packet for packet in call.rtp.packets_since(since) if packet[0] < until and packet[1] == 0]
    return [(packets[n + 1][0], sound.level(sound.decoded(packets[n][2]) + sound.decoded(packets[n + 1][2]), frequency))
            for n in range(len(packets) - 1)]


def silenced_after(call, frequency, asked_at, until):
    """Seconds from `asked_at` to the end of the last window that still had the tone."""
    loud = [at for at, level in windows(call, frequency, asked_at - 0.2, until) if level > GONE]
    check(loud, f"the tone of {frequency} Hz was not even there before the mute")
    return loud[-1] - asked_at


def expect_silence(calls, muted, asked_at, how):
    time.sleep(max(0.0, asked_at + 1.2 - time.monotonic()))
    for name, call in calls.items():
        if name == muted:
            continue
        took = silenced_after(call, TONES[muted], asked_at, asked_at + 1.1)
        say(f"  {how}: {name} last hears {muted} {took * 1000:.0f} ms after it")
        check(took <= PATIENCE_S, f"{how}: {name} still hears {muted} after {took * 1000:.0f} ms, allowed "
                                  f"{PATIENCE_S * 1000:.0f}")
        others = [other for other in TONES if other not in (muted, name)]
        for other in others:
            level = call.rtp.level(TONES[other], asked_at + 0.3, asked_at + 1.1)
            check(level > HEARD, f"{how}: {name} hears {other} at {level:.1f} dBFS only, though only {muted} is muted")


def expect_sound(calls, talker):
    now = time.monotonic()
    time.sleep(1.0)
    for name, call in calls.items():
        if name != talker:
            level = call.rtp.level(TONES[talker], now + 0.5, now + 1.0)
            check(level > HEARD, f"{name} hears {talker} at {level:.1f} dBFS, at least {HEARD} was expected")


def story():
    with Server("mute") as server:
        people = {name: server.person(name) for name in TONES}
        room = server.conference(people["alice"], "Quiet please", ["bob", "carol"])
        stream = f"conference/{room['id']}"
        live = Live(people["alice"].api).follow(stream)
        phones = {name: server.phone(person) for name, person in people.items()}
        calls = {}
        for name, phone in phones.items():
            calls[name] = phone.call(room["number"], tone=TONES[name]).wait_answer()
            calls[name].key(room["host_pin" if name == "alice" else "guest_pin"] + "#")
            live.wait_event("seat_entered", 5, user=name)
        seat = {name: one["seat"] for name, one in server.roster(people["alice"], room["id"]).items()}
        time.sleep(2.5)   # prompts and announcements end
        for name in TONES:
            expect_sound(calls, name)

        def mute(target, muted):
            asked_at = time.monotonic()
            live.request("POST", f"/api/conferences/{room['id']}/mute", {"seat": seat[target], "muted": muted})
            return asked_at

        asked_at = mute("bob", True)
        at, event = live.wait_event("seat_muted", 1, since=asked_at, seat=seat["bob"], muted=True)
        say(f"  the roster's event came {1000 * (at - asked_at):.0f} ms after it")
        expect_silence(calls, "bob", asked_at, "muted on the page")
        shown = server.roster(people["carol"], room["id"])["bob"]
        check(shown["muted"] and shown["muted_by_host"] and not shown["talking"], f"carol's roster shows bob as {shown}")
        check(server.roster(people["carol"], room["id"])["carol"]["talking"], "carol talks, the roster does not say so")

        calls["bob"].key("*6")   # a host's mute is not for a guest to undo
        time.sleep(0.5)
        check(server.roster(people["alice"], room["id"])["bob"]["muted"], "a guest undid a host's mute by *6")

        mute("bob", False)
        expect_sound(calls, "bob")
        calls["carol"].rtp.press("*6")
        at, _ = live.wait_event("seat_muted", 3, seat=seat["carol"], muted=True)
        expect_silence(calls, "carol", at, "muted by *6 on the phone")
        check(not server.roster(people["alice"], room["id"])["carol"]["muted_by_host"], "*6 counts as a host's mute")
        calls["carol"].key("*6")
        live.wait_event("seat_muted", 3, seat=seat["carol"], muted=False)
        expect_sound(calls, "carol")

        asked_at = time.monotonic()
        live.request("POST", f"/api/conferences/{room['id']}/mute_all", {"muted": True})
        time.sleep(1.0)
        for guest in ("bob", "carol"):
            took = silenced_after(calls["alice"], TONES[guest], asked_at, asked_at + 1.0)
            check(took <= PATIENCE_S, f"all muted: alice still hears {guest} after {took * 1000:.0f} ms")
        for guest in ("bob", "carol"):
            level = calls[guest].rtp.level(TONES["alice"], asked_at + 0.3, asked_at + 1.0)
            check(level > HEARD, f"all muted: {guest} hears the host at {level:.1f} dBFS only")

        for call in calls.values():
            call.hang_up()
        live.check()
        muted = [(one["seat"], one["muted"], one["by_host"]) for one in server.journaled(stream, "SeatMuted")]
        expected = [(seat["bob"], True, True), (seat["bob"], False, True), (seat["carol"], True, False),
                    (seat["carol"], False, False)]
        check(muted == expected, f"the journal has the mutes {muted}, expected {expected}")
        server.verify()


if __name__ == "__main__":
    main(story)
