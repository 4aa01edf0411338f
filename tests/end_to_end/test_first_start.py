#!/usr/bin/python3
"""The first minutes of a newcomer: a fresh folder, the one-time password, SIGTERM with a call up, a second start."""
import json
import os
import re
import socket
import stat
import time

from harness.client import Api
from harness.server import Server
from harness.testing import check, eventually, main, say


def one_time_password(server):
    found = eventually(lambda: re.search(r"one-time password\s+(\S+)[^$]*conference create", server.log()), 3,
                       lambda: f"the first start prints no one-time password:\n{server.log()}")
    return found.group(1)


def says_what_to_do_next(server):
    text = server.log()
    for wanted in (f"http://127.0.0.1:{server.http_port}", f"127.0.0.1:{server.sip_port}", "user add", "user phone",
                   "conference create", "1000"):
        check(wanted in text, f"the greeting does not say '{wanted}':\n{text}")


def port_in_use(server):
    """Each taken port gives one clear sentence with the port, and exit code 2."""
    for which, port in (("http_port", server.http_port), ("sip_port", server.sip_port)):
        other = Server("first_start_port_in_use")
        setattr(other, which, port)
        done = other.run(*other.command_line()[1:], patience_s=20)
        check(done.returncode == 2, f"a second server on {which} {port} ended with {done.returncode}, expected 2")
        said = done.stdout + done.stderr
        check(str(port) in said, f"the error does not name port {port}: {said}")
        say("  " + next(line for line in said.splitlines() if str(port) in line))


def story():
    server = Server("first_start")
    with server:
        password = one_time_password(server)
        says_what_to_do_next(server)
        admin = Api(server.http_port).sign_in("admin", password)
        check(admin.get("/api/me")["state"]["admin"], "the first account is no administrator")
        mode = stat.S_IMODE(os.stat(server.data).st_mode)
        check(mode & 0o077 == 0, f"the data folder is open to others: {mode:o}")
        with open(os.path.join(server.data, "run.json")) as file:
            running = json.load(file)
        check(running["http"] == f"127.0.0.1:{server.http_port}", f"run.json says {running}")
        made = admin.post("/api/users", {"user": "dave", "display_name": "Dave"})
        Api(server.http_port).sign_in("dave", made["password"])
        people = {name: server.person(name) for name in ("alice", "bob")}
        room = server.conference(people["alice"], "First", ["bob"])
        people["alice"].api.post("/api/conversations", {"with": "bob"})
        people["alice"].api.post("/api/conversations/direct:alice:bob/messages", {"client_id": "1", "text": "kept"})
        port_in_use(server)

        phones = {name: server.phone(person) for name, person in people.items()}
        calls = {name: phone.call(room["number"], tone=500).wait_answer() for name, phone in phones.items()}
        time.sleep(0.4)
        for name, call in calls.items():
            call.key(room["host_pin" if name == "alice" else "guest_pin"] + "#")
        eventually(lambda: all(seat["phase"] == "connected"
                               for seat in server.roster(people["alice"], room["id"]).values()), 5, "not both are in")
        started = time.monotonic()
        server.stop(8)
        took = time.monotonic() - started
        say(f"  SIGTERM with two calls up: exit 0 after {took:.2f} s")
        check(took < 5, f"SIGTERM took {took:.1f} s, allowed are 5")
        for name, call in calls.items():
            check(call.wait_end(1) == "them", f"{name}'s phone got no BYE")
        for phone in phones.values():
            phone.close()
        check(not os.path.exists(os.path.join(server.data, "run.json")), "run.json outlived the server")
        with socket.socket() as probe:
            check(probe.connect_ex(("127.0.0.1", server.http_port)) != 0, "somebody still listens on the page's port")
        server.verify()

        before = os.path.getsize(server.log_path)
        started = time.monotonic()
        server.start()
        say(f"  second start: ready after {time.monotonic() - started:.2f} s")
        with open(server.log_path) as file:
            file.seek(before)
            check("one-time password" not in file.read(), "the second start prints a one-time password again")
        Api(server.http_port).sign_in("admin", password)
        alice = people["alice"].api    # the session outlives the restart as well
        texts = [one["text"] for one in alice.get("/api/conversations/direct:alice:bob/messages")["messages"]]
        check(texts == ["kept"], f"after the restart the chat holds {texts}")
        seats = server.roster(people["alice"], room["id"])
        check(all(seat["phase"] == "left" for seat in seats.values()), f"after the restart the roster shows {seats}")
        phone = server.phone(people["alice"])
        call = phone.call(room["number"]).wait_answer()
        time.sleep(0.4)
        call.key(room["host_pin"] + "#")
        eventually(lambda: server.roster(people["alice"], room["id"])["alice"]["phase"] == "connected", 5,
                   "nobody gets in after the restart")
        check(server.roster(people["alice"], room["id"])["alice"]["seat"] == seats["alice"]["seat"], "alice lost her seat")
        call.hang_up()
        phone.close()
        os.kill(server.pid_of_child(), 9)    # the server alone: its parent starts it again
        eventually(lambda: not server.ready(), 3, "the killed server still answers")
        server.wait_ready(8)
        check(alice.get("/api/me")["state"]["name"] == "alice", "the server that was started again knows nobody")


if __name__ == "__main__":
    main(story)
