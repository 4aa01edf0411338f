#!/usr/bin/python3
"""A recorded session, driven against fresh servers: one that does the same, and one that is set otherwise.

A host and two of its people chat and confer: one dials in with a telephone account, a stranger with the guest PIN after
a wrong one, one is rung and answers, and all of what a host can do to them is done. Then `replay drive` makes the same
happen, twice as fast, at a server with nothing in it, and must find no difference; and at one that lets no strangers in,
where the stranger's entrance must be missing.
"""
import json
import re
import time

from harness.client import Api
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, say


def record(server):
    ann, ben, cleo = (server.person(name) for name in ("ann", "ben", "cleo"))
    chat = ann.api.post("/api/conversations", {"title": "Launch", "members": ["ben", "cleo"]})
    ann.api.post(f"/api/conversations/{chat['id']}/messages", {"client_id": "c1", "text": "Shall we talk?"})
    ben.api.post(f"/api/conversations/{chat['id']}/messages", {"client_id": "c2", "text": "Yes: now."})
    room = server.conference(ann, "Launch", conversation=chat["id"])
    path = f"/api/conferences/{room['id']}"

    def in_phase(name, phase):
        eventually(lambda: server.roster(ann, room["id"]).get(name, {}).get("phase") == phase, 10,
                   f"{name} is not {phase}")
        return server.roster(ann, room["id"])[name]["seat"]

    desk = server.phone(ben)
    call = desk.call(room["number"], tone=440).wait_answer()
    time.sleep(0.3)
    call.key(room["guest_pin"] + "#")
    ben_seat = in_phase("ben", "connected")
    stranger = SipPhone(server.sip_port, "4930123456")
    other = stranger.call(room["number"], tone=640).wait_answer()
    time.sleep(0.3)
    other.key("99999999#")
    eventually(lambda: ann.api.get(path)["state"]["pin_failures"], 10, "the wrong PIN is not told")
    time.sleep(2.5)
    other.key(room["guest_pin"] + "#")
    guest_seat = in_phase("4930123456", "connected")
    rung = server.phone(cleo)
    ann.api.post(path + "/dial", {"user": "cleo"})
    cleo_seat = in_phase("cleo", "connected")
    for what, body in (("mute", {"seat": ben_seat, "muted": True}), ("mute_all", {"muted": True}),
                       ("mute_all", {"muted": False}), ("gain", {"seat": guest_seat, "in_db": 6, "out_db": -3}),
                       ("lock", {"locked": True}), ("deaf", {"seat": cleo_seat, "deaf": True}),
                       ("recording", {"recording": "on"}), ("recording", {"recording": "off"})):
        time.sleep(0.2)
        ann.api.post(f"{path}/{what}", body)
    ben.api.post(path + "/hand", {"raised": True})
    ann.api.post(f"/api/conversations/{chat['id']}/messages", {"client_id": "c3", "text": "Can you hear me?"})
    call.hang_up()
    in_phase("ben", "left")
    ann.api.post(path + "/remove", {"seat": guest_seat})
    time.sleep(0.5)
    ann.api.post(path + "/end")
    time.sleep(0.5)
    for phone in (desk, stranger, rung):
        phone.close()
    return room["id"], chat["id"]


def drive(recorded, server):
    found = eventually(lambda: re.search(r"one-time password +([0-9a-f]+)", server.log()), 5, "no one-time password")
    password = found.group(1)
    token = Api(server.http_port).sign_in("admin", password).token
    done = server.run("replay", "drive", recorded.data, "--against", f"127.0.0.1:{server.sip_port}", "--http",
                      f"127.0.0.1:{server.http_port}", "--token", token, "--scale", "2", "--json", patience_s=120)
    check(done.returncode in (0, 1) and done.stdout, f"replay drive ended with {done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def story():
    with Server("drive_recorded", ("--allow-guests", "true")) as recorded:
        room, chat = record(recorded)
        recorded.verify()
    with Server("drive_same", ("--allow-guests", "true")) as same:
        status, report = drive(recorded, same)
        say(f"  {report['steps']} steps, {report['driven']} driven; latency {report['latency_ms']}")
        check(status == 0 and report["ok"], f"the same server does otherwise: {json.dumps(report, indent=1)}")
        check(not report["not_driven"] and not report["refused"], f"not all was driven: {report}")
        seen = {stream["recorded"]: stream["events"] for stream in report["streams"]}
        check(seen[f"conference/{room}"] >= 20 and seen[f"conversation/{chat}"] >= 4, f"few events: {seen}")
        same.verify()
    with Server("drive_other") as other:
        status, report = drive(recorded, other)
        lines = [line["recorded"] for stream in report["streams"] for line in stream["differences"]]
        check(status == 1 and any(line.startswith("seat_entered") for line in lines),
              f"a server without guests does the same: {json.dumps(report, indent=1)}")


if __name__ == "__main__":
    main(story)
