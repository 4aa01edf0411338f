#!/usr/bin/python3
"""The page in headless Chromium: sign in, chat, watch a phone dial in and talk, mute it. Pictures are kept.

page/page.mjs presses what a person would press; walk.mjs, beside this file, is the order of events. The phone is
a real one. The pictures lie in <build>/e2e/page/.
"""
import json
import os
import shutil
import subprocess
import time

from harness import processes
from harness.phone import Phone
from harness.server import Server
from harness.testing import check, eventually, main, say

HERE = os.path.dirname(os.path.abspath(__file__))


class Walk:
    """walk.mjs: says where it is line by line, and goes on when it is told to."""

    def __init__(self, server, *arguments):
        self.log_path = os.path.join(server.folder, "walk.log")
        self.process = processes.start(["node", os.path.join(HERE, "walk.mjs"), *arguments], self.log_path,
                                       stdin=subprocess.PIPE)

    def expect(self, word, seconds=30):
        """The JSON after `word` in its output."""
        def said():
            with open(self.log_path, errors="replace") as file:
                for line in file:
                    if line.startswith(word + " "):
                        return line
            check(self.process.poll() is None, f"the walk ended with {self.process.returncode} before '{word}':\n{self.log()}")
            return None
        return json.loads(eventually(said, seconds, lambda: f"the page never came to '{word}':\n{self.log()}")[len(word):])

    def go_on(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()[-3000:]


def install_playwright():
    """playwright-core by the lock file beside page.mjs; Chromium itself is Debian's."""
    page = os.path.join(HERE, "page")
    if not os.path.isdir(os.path.join(page, "node_modules", "playwright-core")):
        done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=page, capture_output=True, text=True)
        check(done.returncode == 0, f"npm ci failed in {page}:\n{done.stdout}{done.stderr}")


def story():
    check(shutil.which("node"), "there is no node: apt-get install nodejs")
    install_playwright()
    with Server("page") as server:
        alice, bob = server.person("alice"), server.person("bob")
        alice.api.post("/api/conversations", {"with": "bob"})
        pictures = server.folder
        walk = Walk(server, f"http://127.0.0.1:{server.http_port}", "alice", alice.password, "Bob", pictures)
        sent = walk.expect("sent")
        history = alice.api.get("/api/conversations/direct:alice:bob/messages")["messages"]
        check([(one["text"], one["sequence"]) for one in history] == [("Hello from the page", sent["sequence"])],
              f"the page said {sent}, the server has {history}")
        bob.api.post("/api/conversations/direct:alice:bob/messages", {"client_id": "b1", "text": "Hello, page"})
        room = walk.expect("conference")
        with Phone(os.path.join(server.folder, "phone"), server.sip_port, bob.phone_user, bob.phone_password,
                   tone=640) as phone:
            phone.wait_registered()
            phone.dial(room["number"])
            phone.wait_established()
            time.sleep(0.5)
            phone.key(room["guest_pin"] + "#")
            talking = walk.expect("talking")
            row = next(one for one in talking["roster"] if one["user"] == "bob")
            check(row["phase"] == "connected" and row["talking"] and not row["muted"], f"the page shows bob as {row}")
            muted = walk.expect("muted")
            row = next(one for one in muted["roster"] if one["user"] == "bob")
            check(row["muted"] and not row["talking"], f"after muting the page shows bob as {row}")
            check(server.roster(bob, room["number"])["bob"]["muted_by_host"], "the server knows nothing of the mute")
            walk.go_on()
            walk.expect("unmuted")
            phone.hang_up()
        left = walk.expect("left")
        row = next(one for one in left["roster"] if one["user"] == "bob")
        check(row["phase"] == "left" and row["cause"] == "hung_up", f"after hanging up the page shows bob as {row}")
        server.kill()      # the page says so, and comes back by itself
        walk.expect("offline")
        server.start()
        again = walk.expect("online")
        check(again["messages"][-2:] == ["Hello, page", "After the restart"], f"after a restart it shows {again['messages']}")
        end = walk.expect("done")
        check(walk.process.wait(15) == 0, f"the walk ended with {walk.process.returncode}:\n{walk.log()}")
        check(not end["problems"], f"the browser's console complains: {end['problems']}")
        files = [name for name in os.listdir(pictures) if name.endswith(".png")]
        for name in ("1-sign-in.png", "2-chat.png", "3-talking.png", "4-muted.png", "5-left.png"):
            path = os.path.join(pictures, name)
            check(name in files and os.path.getsize(path) > 8000, f"{name} is missing or empty: {files}")
        say(f"  pictures in {pictures}")
        refused(server)


def refused(server):
    """A wrong password says so and opens nothing."""
    walk = Walk(server, f"http://127.0.0.1:{server.http_port}", "alice", "wrong password", "Bob", server.folder)
    check("wrong" in walk.expect("refused")["sentence"].lower(), "a wrong password is not told")
    check(walk.process.wait(15) == 0, walk.log())


if __name__ == "__main__":
    main(story)
