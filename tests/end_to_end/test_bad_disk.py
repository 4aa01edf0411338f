#!/usr/bin/python3
"""What the disk may do: be full, be in use, be unreadable, hold a damaged record. Each is said, nothing is lost."""
import os
import shutil
import subprocess
import time

from harness.client import ApiError
from harness.server import Server
from harness.testing import check, eventually, main, run, say

DISK_MB = 96


class SmallDisk:
    """A tmpfs of some megabytes; gone at the end, whatever happens."""

    def __init__(self, folder):
        self.folder = folder
        self.mounted = False

    def __enter__(self):
        os.makedirs(self.folder, exist_ok=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", self.folder],
                              capture_output=True, text=True)
        self.mounted = done.returncode == 0
        self.why = done.stderr.strip()
        return self

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=False)

    def fill(self):
        """Takes all that is left."""
        with open(os.path.join(self.folder, "filler"), "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass

    def give_back(self):
        os.unlink(os.path.join(self.folder, "filler"))


def full_disk():
    """A full disk: storage_full instead of an acknowledgement, and on it goes when space returns."""
    server = Server("full_disk")
    with SmallDisk(os.path.join(server.folder, "disk")) as disk:
        if not disk.mounted:
            say(f"SKIPPED a full disk: this user may not mount a tmpfs ({disk.why})")
            return
        server.data = os.path.join(disk.folder, "data")
        with server:
            people = [server.person(name, phone=False) for name in ("alice", "bob")]
            alice = people[0].api
            alice.post("/api/conversations", {"with": "bob"})
            path = "/api/conversations/direct:alice:bob/messages"
            acknowledged = []

            def send(n):
                alice.call("POST", path, {"client_id": f"c{n}", "text": f"text {n}"}, 20)
                acknowledged.append(f"text {n}")
            for n in range(20):
                send(n)
            disk.fill()
            codes = set()
            for n in range(20, 40):
                try:
                    send(n)
                except ApiError as error:
                    check(error.status == 503, f"on a full disk a message got {error}")
                    codes.add(error.code)
            check("storage_full" in codes, f"on a full disk messages were answered with {codes or 'acknowledgements'}")
            check(alice.get("/api/me")["state"]["name"] == "alice", "reading stopped as well")
            check(len(alice.get(path)["messages"]) >= 20, "reading the chat stopped as well")
            check(server.process.poll() is None, "the server ended on a full disk")
            disk.give_back()

            def goes_on():
                try:
                    send(100)
                    return True
                except ApiError:
                    return False
            eventually(goes_on, 10, "space returned, the server still refuses", step=0.2)
            for n in range(101, 120):
                send(n)
            disk.fill()
            server.kill()          # a power cut on a full disk
            disk.give_back()
            server.start()
            history = [one["text"] for one in alice.get(path + "?limit=200")["messages"]]
            check([text for text in history if text in acknowledged] == acknowledged,
                  f"acknowledged were {acknowledged}, after the restart there is {history}")
            check(len(set(history)) == len(history), f"a message is there twice: {history}")
            server.verify()


def folder_in_use():
    """A second server on the same folder is refused with its name, and the first one goes on."""
    with Server("in_use") as server:
        other = Server("in_use_other", data=server.data)
        done = other.run(*other.command_line()[1:], "--no-supervise", patience_s=20)
        said = done.stdout + done.stderr
        check(done.returncode not in (0, -6, -11), f"a second server ended with {done.returncode}")
        check(server.data in said, f"the error does not name the folder {server.data}: {said}")
        say("  " + said.strip().splitlines()[-1])
        check(server.ready(), "the first server suffered")


def without_privileges(server):
    """The command that keeps root's ownership but takes away its right to read everything."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search", "--"]


def folder_unreadable():
    """A folder that may not be read, and one that is a file, are refused with their name."""
    server = Server("unreadable")
    os.makedirs(server.data)
    os.chmod(server.data, 0)
    try:
        done = subprocess.run([*without_privileges(server), *server.command_line(), "--no-supervise"],
                              capture_output=True, text=True, timeout=20)
    finally:
        os.chmod(server.data, 0o700)
    said = done.stdout + done.stderr
    check(done.returncode not in (0, -6, -11) and server.data in said, f"ended with {done.returncode}: {said}")
    say("  " + said.strip().splitlines()[-1])
    shutil.rmtree(server.data)
    with open(server.data, "w") as file:
        file.write("I am a file")
    done = server.run(*server.command_line()[1:], "--no-supervise", patience_s=20)
    said = done.stdout + done.stderr
    check(done.returncode not in (0, -6, -11) and server.data in said, f"ended with {done.returncode}: {said}")
    say("  " + said.strip().splitlines()[-1])


def flip(folder, text):
    """Changes one bit where `text` stands, or in the middle of the largest table when all is packed in tables."""
    files = {os.path.join(base, name) for base, _, names in os.walk(folder) for name in names}
    contents = {}
    for path in files:
        with open(path, "rb") as file:
            contents[path] = file.read()
    path = next((path for path, data in sorted(contents.items()) if text in data), None)
    if path is not None:
        at = contents[path].find(text) + 3
    else:
        tables = [path for path in files if path.endswith(".sst")]
        check(tables, f"{text!r} stands nowhere below {folder}, and there is no table")
        path = max(tables, key=lambda one: len(contents[one]))
        at = len(contents[path]) // 2
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(bytes([contents[path][at] ^ 1]))
    return path


def damaged_record():
    """One flipped bit in the middle: serve refuses to start, journal check fails, and both say where."""
    for clean in (False, True):    # with and without an orderly end: log file or table file
        server = Server(f"damaged_{'stopped' if clean else 'killed'}")
        with server:
            people = [server.person(name, phone=False) for name in ("alice", "bob")]
            people[0].api.post("/api/conversations", {"with": "bob"})
            for n in range(60):
                people[0].api.post("/api/conversations/direct:alice:bob/messages",
                                   {"client_id": f"c{n}", "text": f"precious words number {n:02d} of sixty"})
            server.stop() if clean else server.kill()
        if clean:    # one more orderly start and stop moves everything from the log to a table
            server.start().stop()
        path = flip(os.path.join(server.data, "journal"), b"words number 20 of")
        say(f"  flipped a bit in {os.path.basename(path)}")
        done = server.run("journal", "check", server.data)
        said = done.stdout + done.stderr
        check(done.returncode not in (0, -6, -11), f"journal check ended with {done.returncode}: {said}")
        check(server.data in said or "position" in said or os.path.basename(path) in said, f"journal check does not say where: {said}")
        say("  check: " + said.strip().splitlines()[-1])
        done = server.run(*server.command_line()[1:], "--no-supervise", patience_s=30)
        said = done.stdout + done.stderr
        check(done.returncode not in (0, -6, -11), f"serve ended with {done.returncode} on a damaged journal: {said}")
        check(server.data in said, f"serve does not name {server.data}: {said}")
        say("  serve: " + said.strip().splitlines()[-1])


def torn_tail():
    """Half a record at the end, as a power cut leaves it, is cut off: everything acknowledged before is there."""
    server = Server("torn_tail")
    with server:
        people = [server.person(name, phone=False) for name in ("alice", "bob")]
        alice = people[0].api
        alice.post("/api/conversations", {"with": "bob"})
        path = "/api/conversations/direct:alice:bob/messages"
        for n in range(10):
            alice.post(path, {"client_id": f"c{n}", "text": f"text {n}"})
        server.kill()
        logs = [os.path.join(base, name) for base, _, names in os.walk(os.path.join(server.data, "journal"))
                for name in names if name.endswith(".log")]
        newest = max(logs, key=os.path.getmtime)
        with open(newest, "rb") as file:
            data = file.read().rstrip(b"\0")
        with open(newest, "r+b") as file:
            file.truncate(len(data) - 7)
        server.start()
        history = [one["text"] for one in alice.get(path)["messages"]]
        check(history in ([f"text {n}" for n in range(10)], [f"text {n}" for n in range(9)]), f"after a torn tail: {history}")
        server.verify()


def story():
    run(full_disk, folder_in_use, folder_unreadable, damaged_record, torn_tail, together=True)


if __name__ == "__main__":
    main(story)
