#!/usr/bin/python3
"""A captured conference of real phones, mixed again when the server is down: every frame as it was heard.

A scripted G.711 phone, and baresips with G.722, L16 and Opus, talk while a host mutes one, changes gains, makes one deaf
and lets one whisper. `replay remix --prove` must find every frame of every listener bit for bit, prompts included, and
what it writes must sound of the tones that this listener heard. That a changed bit is found: replay/remix/remix.test.cpp.
"""
import os
import time

from harness import sound
from harness.phone import Phone
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, say

TONES = {"ann": 440, "ben": 740, "cleo": 1040, "dora": 1340}
CODECS = {"ben": "G722/16000/1", "cleo": "L16/16000/1", "dora": "opus/48000/1"}
HEARD, GONE = -20.0, -45.0    # dBFS; sent at -12


def enter(server, room, host):
    """Everybody in; ann scripted, the others baresip."""
    ann = SipPhone(server.sip_port, "ann")
    call = ann.call(room["number"], tone=TONES["ann"]).wait_answer()
    call.key(room["guest_pin"] + "#")
    phones = {}
    for name, codec in CODECS.items():
        phones[name] = Phone(os.path.join(server.folder, name), server.sip_port, name, "none", TONES[name],
                             register=False, home="elsewhere.example", codec=codec, seconds=60)
        phones[name].dial(room["number"])
        phones[name].wait_established()
        time.sleep(0.3)
        phones[name].key(room["guest_pin"] + "#")

    def seats():
        return {name: seat["seat"] for name, seat in server.roster(host, room["id"]).items()
                if seat["phase"] == "connected"}
    eventually(lambda: len(seats()) == 4, 15, f"not everybody is connected: {seats()}")
    return ann, call, phones, seats()


def talk(host, room, seats):
    """What a host does in some seconds."""
    path = f"/api/conferences/{room['id']}"
    time.sleep(2.0)
    host.api.post(path + "/mute", {"seat": seats["ben"], "muted": True})
    time.sleep(1.0)
    host.api.post(path + "/gain", {"seat": seats["cleo"], "in_db": -6, "out_db": 4})
    time.sleep(1.0)
    host.api.post(path + "/deaf", {"seat": seats["dora"], "deaf": True})
    time.sleep(1.0)
    host.api.post(path + "/mute", {"seat": seats["ben"], "muted": False})
    host.api.post(path + "/deaf", {"seat": seats["dora"], "deaf": False})
    host.api.post(path + "/whisper", {"seat": seats["cleo"], "to": seats["ann"]})
    time.sleep(2.0)
    host.api.post(path + "/whisper", {"seat": seats["cleo"]})
    time.sleep(3.0)


def remix(server, room, *arguments):
    return server.run("replay", "remix", server.data, "--conference", room["id"], *arguments, patience_s=60)


def prove(server, room):
    done = remix(server, room, "--room", "--prove")
    say("  " + done.stdout.strip().replace("\n", "\n  "))
    check(done.returncode == 0, f"remix --room --prove: {done.returncode}\n{done.stdout}{done.stderr}")
    first = next(line for line in done.stdout.splitlines() if line.startswith("the same: "))
    proven, of = (int(word) for word in first.split()[2:5:2])
    check(proven == of and of > 4 * 500, f"not every frame is proven: {first}")


def listen(server, room):
    """Ann's mix as a file: the tones of the others, not hers; without dora, not dora's."""
    path = os.path.join(server.folder, "ann.wav")
    for without in (None, "dora"):
        done = remix(server, room, "--listener", "ann", "--out", path, *(["--without", without] if without else []))
        check(done.returncode == 0, f"remix --listener ann: {done.stdout}{done.stderr}")
        samples, rate = sound.read_wav(path)
        check(rate == 48000, f"ann's mix is at {rate} Hz, the room was at 48000")
        part = samples[-2 * rate:-rate]
        for name, tone in TONES.items():
            level = sound.level(part, tone, rate)
            expected = name not in ("ann", without)
            check(level > HEARD if expected else level < GONE,
                  f"{tone} Hz of {name} is at {level:.1f} dBFS in ann's mix without {without}")
    done = remix(server, room, "--listener", "zoe", "--out", path)
    check(done.returncode == 1 and "of zoe nothing was captured" in done.stderr and "dora" in done.stderr,
          f"an unknown listener: {done.returncode} {done.stderr}")
    before = os.stat(path).st_size
    for arguments, status, words in (
            (("--listener", "ann", "--from", "+200s", "--out", path), 1, "nothing was captured in that time"),
            (("--listener", "ann", "--from", "+2s", "--to", "+1s"), 2, "is not before --to"),
            (("--listener", "ann", "--from", "noon"), 2, "is no time"),
            (("--listener", "ann", "--room"), 2, "not both"),
            (("--listener", "ann", "--without", "ann"), 2, "nobody hears themselves"),
            (("--listener", "ann", "--out", os.path.join(server.folder, "no", "a.wav")), 1, "No such file or directory")):
        done = remix(server, room, *arguments)
        check(done.returncode == status and words in done.stderr, f"remix {arguments}: {done.returncode} {done.stderr}")
    check(os.stat(path).st_size == before, "what was refused wrote over a file that was there")
    done = remix(server, {"id": server.silent_room}, "--room")
    check(done.returncode == 1 and "no sound was captured" in done.stderr, f"nobody was in it: {done.stderr}")
    done = remix(server, room, "--out", path)
    check(done.returncode == 2, f"neither listener nor room: {done.returncode} {done.stderr}")


def story():
    with Server("remix", ("--allow-guests", "true", "--capture", "true", "--calls-per-source", "50")) as server:
        host = server.person("host", phone=False)
        room = server.conference(host, "Captured")
        server.silent_room = server.conference(host, "Nobody comes")["id"]
        ann, call, phones, seats = enter(server, room, host)
        talk(host, room, seats)
        # Beside the running server: all but the last ten seconds.
        eventually(lambda: remix(server, room, "--listener", "ann").returncode == 0, 12, "nothing is heard while they talk",
                   step=1.0)
        for phone in phones.values():
            phone.hang_up()
        call.hang_up()
        time.sleep(0.5)
        for phone in phones.values():
            phone.stop()
        ann.close()
        server.verify()
    prove(server, room)
    listen(server, room)


if __name__ == "__main__":
    main(story)
