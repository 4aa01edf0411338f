#!/usr/bin/python3
"""A recorded conference: its host switches the tape on and off, and the files hold who said what, when.

Two scripted phones play tones. While the tape runs the first changes its tone for half a second, twice: where the
change begins and ends must be the same place in the mix and in its own file, within 20 ms.
"""
import os
import time

from harness import sound, tape
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, say

TONES = {"ann": 440, "ben": 640}
MARK = 1130
LEVEL, WITHIN_DB = -12.0, 1.5
NOT_THERE = -45.0
IN_STEP_MS = 20


def marked(samples):
    """Where the mark sounds: [(begin, end)] in ms. In windows of 20 ms each 5 ms, half of its level and more."""
    spans, window, hop = [], 960, 240
    for at in range(0, len(samples) - window, hop):
        if sound.level(samples[at:at + window], MARK, tape.RATE) < LEVEL - 6.0:
            continue
        now = at * 1000 / tape.RATE
        if spans and now - spans[-1][1] <= 60:
            spans[-1][1] = now
        else:
            spans.append([now, now])
    return spans


def enter(server, room, host):
    phones = {name: SipPhone(server.sip_port, name) for name in TONES}
    calls = {}
    for name, role in (("ann", "host"), ("ben", "guest")):
        calls[name] = phones[name].call(room["number"], tone=TONES[name]).wait_answer()
        calls[name].key(room[f"{role}_pin"] + "#")

    def both():
        return sum(seat["phase"] == "connected" for seat in server.roster(host, room["id"]).values()) == 2
    eventually(both, 10, "not both are in")
    return phones, calls


def story():
    with Server("recording", ("--allow-guests", "true")) as server:
        host = server.person("host", phone=False)
        room = server.conference(host, "Taped")
        phones, calls = enter(server, room, host)
        time.sleep(3.6)      # announcements
        path = f"/api/conferences/{room['id']}"
        host.api.post(path + "/recording", {"recording": "on"})
        eventually(lambda: host.api.get(path)["state"]["recording"] == "on", 5, "it is not recorded")
        time.sleep(3.5)      # an announcement may say so
        for _ in range(2):
            calls["ann"].rtp.play(MARK)
            time.sleep(0.5)
            calls["ann"].rtp.play(TONES["ann"])
            time.sleep(0.7)
        host.api.post(path + "/recording", {"recording": "off"})
        found = eventually(lambda: server.cli("recordings", "list"), 10, "no recording is listed")
        eventually(lambda: server.cli("recordings", "list")[0]["complete"], 10, "the recording does not become whole")
        found = server.cli("recordings", "list")
        check(len(found) == 1 and found[0]["conference"] == room["id"], f"the list of recordings: {found}")
        say(f"  {found[0]}")
        folder = os.path.join(server.folder, "fetched")
        os.makedirs(folder, exist_ok=True)
        done = server.run("recordings", "get", room["id"], found[0]["recording"], "--data", server.data, "--to", folder)
        check(done.returncode == 0, f"recordings get: {done.stdout}{done.stderr}")
        for call in calls.values():
            call.hang_up()
        for phone in phones.values():
            phone.close()
        wrong = judge({name: tape.played(os.path.join(folder, name)) for name in os.listdir(folder)
                       if name.endswith(".opus")}, found[0]["duration_ms"])
        check(not wrong, "\n".join(wrong))
        server.verify()


def judge(files, duration_ms):
    """What is wrong with the files: a mix and one of each leg, told apart by the tone."""
    wrong, legs, mix = [], {}, None
    for name, samples in files.items():
        length_ms = len(samples) * 1000 / tape.RATE
        if abs(length_ms - duration_ms) > IN_STEP_MS:
            wrong.append(f"{name} lasts {length_ms:.0f} ms, the index says {duration_ms}")
        part = samples[-tape.RATE // 2:-tape.RATE // 10]    # both play their own tones then
        levels = {who: sound.level(part, tone, tape.RATE) for who, tone in TONES.items()}
        say(f"  {name}: {length_ms:.0f} ms, " + ", ".join(f"{who} {level:.1f} dBFS" for who, level in levels.items()))
        there = [who for who, level in levels.items() if level > NOT_THERE]
        wrong += [f"{name}: {who} at {levels[who]:.1f} dBFS" for who in there if abs(levels[who] - LEVEL) > WITHIN_DB]
        if "-mix" in name:
            mix = samples
            if len(there) != 2:
                wrong.append(f"the mix has only {there}")
        elif len(there) == 1:
            legs[there[0]] = samples
    if sorted(legs) != sorted(TONES) or mix is None or len(files) != 3:
        return wrong + [f"expected a mix and a file of each: {sorted(files)}, of {sorted(legs)}"]
    marks = {"mix": marked(mix), "ann": marked(legs["ann"]), "ben": marked(legs["ben"])}
    say(f"  the mark sounds at {marks}")
    if len(marks["mix"]) != 2 or len(marks["ann"]) != 2 or marks["ben"]:
        return wrong + [f"two marks were played by ann: {marks}"]
    for one, other in zip(marks["mix"], marks["ann"]):
        if max(abs(a - b) for a, b in zip(one, other)) > IN_STEP_MS:
            wrong.append(f"the mark is at {one} ms in the mix and at {other} ms in its leg's file")
    return wrong


if __name__ == "__main__":
    main(story)
