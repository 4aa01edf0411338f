#!/usr/bin/python3
"""A recorded session, driven against fresh servers: one that does the same, one that is set otherwise, one half seen.

A host and two of its people chat and confer: one dials in with a telephone account, holds, keys, writes from the
telephone; a stranger comes in with the guest PIN after a wrong one; one is rung and answers; numbers are called that are
busy, answer, are given up and are barred; somebody asks for a conference of the command line at the access number; the
server is restarted and the conference goes on. Then `replay drive` makes the same happen, four times as fast, at a server
with nothing in it, and must find no difference; at one that lets no strangers in and calls no numbers, where just that must
be missing; and without a carrier and a way to restart, where it must say what it did not play.
"""
import json
import re
import threading
import time

from harness import ports
from harness.client import Api
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, say

CARRIER_IP = "127.0.0.2"    # an address of its own, so that nobody else counts as the carrier
BUSY, ANSWERS, RINGS, BARRED = "+49300001", "+49300002", "+49300003", "+1900"


def carried(call):
    """What the carrier's telephones do."""
    call.ring()
    time.sleep(0.3)
    if BUSY in call.incoming.uri:
        call.refuse(486)
    elif ANSWERS in call.incoming.uri:
        call.answer()


class Session:
    """Who takes part in what is recorded."""

    def __init__(self, server, carrier):
        self.server, self.carrier = server, carrier
        self.ann = server.person("ann", dials=True)
        self.ben, self.cleo = server.person("ben"), server.person("cleo")
        self.chat = self.ann.api.post("/api/conversations", {"title": "Launch", "members": ["ben", "cleo"]})
        self.room = server.conference(self.ann, "Launch", conversation=self.chat["id"])
        self.path = f"/api/conferences/{self.room['id']}"
        self.phones = []

    def write(self, person, client_id, text):
        person.api.post(f"/api/conversations/{self.chat['id']}/messages", {"client_id": client_id, "text": text})

    def do(self, what, **body):
        self.ann.api.post(f"{self.path}/{what}", body)

    def in_phase(self, name, phase):
        def seat():
            return self.server.roster(self.ann, self.room["id"]).get(name, {})
        eventually(lambda: seat().get("phase") == phase, 10, f"{name} is not {phase}")
        return seat()["seat"]

    def dial_in(self, phone, number, keys):
        call = phone.call(number, tone=440).wait_answer()
        for digits in keys:
            time.sleep(0.3)
            call.key(digits + "#")
        return call

    def phone(self, person):
        self.phones.append(self.server.phone(person))
        return self.phones[-1]

    def come_in(self):
        """ben with his account, a stranger after a wrong PIN, cleo who is rung."""
        self.write(self.ann, "c1", "Shall we talk?")
        self.write(self.ben, "c2", "Yes: now.")
        self.desk = self.phone(self.ben)
        self.call = self.dial_in(self.desk, self.room["number"], [self.room["guest_pin"]])
        seats = {"ben": self.in_phase("ben", "connected")}
        stranger = SipPhone(self.server.sip_port, "4930123456")
        self.phones.append(stranger)
        other = self.dial_in(stranger, self.room["number"], ["99999999"])
        eventually(lambda: self.ann.api.get(self.path)["state"]["pin_failures"], 10, "the wrong PIN is not told")
        time.sleep(1.0)
        other.key(self.room["guest_pin"] + "#")
        seats["stranger"] = self.in_phase("4930123456", "connected")
        self.phone(self.cleo)
        self.do("dial", user="cleo")
        seats["cleo"] = self.in_phase("cleo", "connected")
        return seats

    def steer(self, seats):
        for what, body in (("mute", {"seat": seats["ben"], "muted": True}), ("mute_all", {"muted": True}),
                           ("mute_all", {"muted": False}), ("gain", {"seat": seats["stranger"], "in_db": 6, "out_db": -3}),
                           ("whisper", {"seat": seats["cleo"], "to": seats["ben"]}),
                           ("lock", {"locked": True}), ("deaf", {"seat": seats["cleo"], "deaf": True}),
                           ("recording", {"recording": "on"}), ("recording", {"recording": "off"})):
            time.sleep(0.1)
            self.do(what, **body)
        self.ben.api.post(self.path + "/hand", {"raised": True})
        self.call.reinvite("sendonly")
        time.sleep(0.2)
        self.call.reinvite("sendrecv")
        self.call.key("*5")     # takes the hand down
        time.sleep(0.3)
        for to, text in ((self.chat["id"], "By telephone."), ("ann", "To you alone.")):
            self.desk.text(to, text)

    def call_numbers(self):
        self.carrier.on_call = carried
        self.do("dial", number=BUSY)
        self.in_phase(BUSY, "left")
        self.do("dial", number=ANSWERS, name="Zoe")
        seat = self.in_phase("Zoe", "connected")
        self.do("mute", seat=seat, muted=True)
        while True:
            call = self.carrier.calls.get(timeout=5)
            if ANSWERS in call.incoming.uri:
                break
        call.reinvite("sendonly")
        time.sleep(0.2)
        call.hang_up()
        self.in_phase("Zoe", "left")
        self.do("dial", number=RINGS)
        self.do("cancel", seat=self.in_phase(RINGS, "ringing"))
        self.in_phase(RINGS, "left")
        self.do("dial", number=BARRED)
        self.in_phase(BARRED, "left")

    def of_the_command_line(self):
        """A conference that has no host with an account; ben asks for it at the access number."""
        room = self.server.conference(None, "Command line", people=["cleo"])
        self.call.hang_up()
        self.in_phase("ben", "left")
        call = self.dial_in(self.desk, "1000", [room["number"], room["guest_pin"]])
        eventually(lambda: self.server.journaled(f"conference/{room['id']}", "SeatEntered"), 5, "ben is not in")
        call.hang_up()
        eventually(lambda: self.server.journaled(f"conference/{room['id']}", "SeatLeft"), 5, "ben is still in")
        return room

    def restart(self):
        """Those who are in the conference are lost; ben calls again, and the conference ends."""
        self.server.stop()
        self.server.start()
        self.in_phase("cleo", "left")
        self.do("lock", locked=False)
        self.dial_in(self.desk, self.room["number"], [self.room["guest_pin"]])
        self.do("remove", seat=self.in_phase("ben", "connected"))
        self.write(self.ann, "c3", "That was it.")
        self.do("end")
        time.sleep(0.3)

    def play(self):
        seats = self.come_in()
        self.steer(seats)
        self.call_numbers()
        other = self.of_the_command_line()
        self.restart()
        for phone in self.phones:
            phone.close()
        return self.room["id"], self.chat["id"], other["id"]


def drive(recorded, server, *arguments):
    found = eventually(lambda: re.search(r"one-time password +([0-9a-f]+)", server.log()), 5, "no one-time password")
    token = Api(server.http_port).sign_in("admin", found.group(1)).token
    done = server.run("replay", "drive", recorded.data, "--against", f"127.0.0.1:{server.sip_port}", "--http",
                      f"127.0.0.1:{server.http_port}", "--token", token, "--scale", "4", "--json", *arguments,
                      patience_s=120)
    check(done.returncode in (0, 1) and done.stdout, f"replay drive ended with {done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def with_trunk(name, guests=True):
    port = ports.free_port(ports.PHONES)
    server = Server(name, ("--allow-guests", "true" if guests else "false", "--trunk",
                           f"name=carrier,host={CARRIER_IP},port={port},prefixes=+49"))
    return server, f"{CARRIER_IP}:{port}"


def against_the_same(recorded, streams):
    server, trunk = with_trunk("drive_same")
    with server:
        status, report = drive(recorded, server, "--trunk", trunk, "--restart", f"kill -9 {server.pid_of_child()}")
        say(f"  {report['things']} things, played {report['played']}; latency {report['latency_ms']}")
        check(status == 0 and report["ok"], f"the same server does otherwise: {json.dumps(report, indent=1)}")
        check(not report["not_played"], f"not all was played: {report['things_not_played']}")
        seen = {stream["recorded"]: stream["events"] for stream in report["streams"]}
        for stream, least in streams.items():
            check(seen.get(stream, 0) >= least, f"{stream} has not {least} events: {seen}")
        server.verify()


def against_another(recorded):
    """No strangers, no trunk: their entrance and the answered number are missing, nothing else of the chat is."""
    with Server("drive_other") as server:
        status, report = drive(recorded, server, "--trunk", f"{CARRIER_IP}:{ports.free_port(ports.PHONES)}", "--restart",
                               f"kill -9 {server.pid_of_child()}")
        differ = report["differences"]
        lines = [line for thing in differ for line in thing["recorded"]]
        check(status == 1 and any(line.startswith("seat_entered") and "user=" not in line for line in lines), f"strangers come in: {json.dumps(report, indent=1)}")
        busy = next((thing for thing in differ if any("cause=busy" in line for line in thing["recorded"])), None)
        check(busy and any("cause=barred" in line for line in busy["there"]), f"the busy number is not barred: {differ}")
        check(not any(thing["stream"].startswith("conversation/") for thing in differ), f"the chat differs: {differ}")


def half_played(recorded):
    """Without a carrier and without a way to restart: said, counted, and all the rest is the same."""
    with Server("drive_half", ("--allow-guests", "true")) as server:
        status, report = drive(recorded, server)
        reasons = report["not_played"]
        check(any("--trunk" in why for why in reasons) and any("--restart" in why for why in reasons),
              f"what was not played: {reasons}")
        check(status == 0, f"the rest differs: {json.dumps(report, indent=1)}")


def story():
    recorded, trunk = with_trunk("drive_recorded")
    with recorded:
        carrier = SipPhone(recorded.sip_port, "+49301234567", ip=CARRIER_IP, port=int(trunk.split(":")[1]))
        try:
            room, chat, other = Session(recorded, carrier).play()
        finally:
            carrier.close()
        recorded.verify()
    streams = {f"conference/{room}": 30, f"conversation/{chat}": 4, f"conference/{other}": 2, "conversation/direct:ann:ben": 1}
    failures = []

    def kept(case, *arguments):
        try:
            case(*arguments)
        except AssertionError as error:
            failures.append(f"{case.__name__}: {error}")
    threads = [threading.Thread(target=kept, args=(case, recorded, *more))
               for case, *more in ((against_the_same, streams), (against_another,), (half_played,))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failures, "\n".join(failures))


if __name__ == "__main__":
    main(story)
