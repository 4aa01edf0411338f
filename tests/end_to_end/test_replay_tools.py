#!/usr/bin/python3
"""A call is recorded, and then taken apart: what a QA engineer does with a journal, with the real program.

A backup is made while the server runs and somebody talks, another one after the call; both are restored, verified and
held against the journal. The conference is sliced in other words, imported, verified. Then a slice is forged, its chain and checksums mended:
only the rules can tell, and `replay verify` names stream, sequence and both versions.
"""
import hashlib
import json
import os
import time

from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, say


def tool(server, *arguments, status=0):
    """A subcommand that must end with this status; its JSON."""
    done = server.run(*arguments, "--json")
    check(done.returncode == status,
          f"partyline {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout) if done.stdout else done.stderr


def call(server, room, host):
    """Two phones talk; a backup is made meanwhile. The folder of that backup."""
    backup = os.path.join(server.folder, "backup")
    phones = {name: SipPhone(server.sip_port, name) for name in ("ann", "ben")}
    calls = {}
    for name, role in (("ann", "host"), ("ben", "guest")):
        calls[name] = phones[name].call(room["number"], tone=440).wait_answer()
        calls[name].key(room[f"{role}_pin"] + "#")
    eventually(lambda: sum(seat["phase"] == "connected" for seat in server.roster(host, room["id"]).values()) == 2,
               10, "not both are in")
    made = tool(server, "journal", "backup", server.data, backup)
    check(made["added"] > 10 and made["segments"] == 1, f"the backup beside the running server: {made}")
    host.api.post(f"/api/conferences/{room['id']}/lock", {"locked": True})
    time.sleep(0.5)
    for one in calls.values():
        one.hang_up()
    for phone in phones.values():
        phone.close()
    eventually(lambda: server.journaled(f"conference/{room['id']}", "SeatLeft"), 5, "nobody left")
    return backup


def taken_apart(server, room, backup):
    folder = lambda name: os.path.join(server.folder, name)
    stream = f"conference/{room['id']}"
    before = tool(server, "replay", "verify", server.data)
    check(before["ok"], f"verify: {before}")
    more = tool(server, "journal", "backup", server.data, backup)
    check(more["segments"] == 2 and more["transitions"] == before["transitions"], f"the second backup: {more}")

    whole = tool(server, "journal", "restore", backup, folder("whole"))
    check(whole["streams_differing"] == 0 and whole["transitions"] == before["transitions"], f"restore: {whole}")
    check(tool(server, "replay", "verify", folder("whole"), "--jobs", "2")["state_hash"] == before["state_hash"],
          "the restored journal has another state")
    same = tool(server, "replay", "diff", server.data, folder("whole"))
    check(same["differing"] == 0 and same["same"] == before["streams"], f"diff with the restored journal: {same}")
    check(os.stat(folder("whole/secret.key")).st_mode & 0o777 == 0o600, "the key is readable by others")
    for target, why in ((server.data, "a server runs on this folder"), (folder("whole"), "is not empty")):
        refused = server.run("journal", "restore", backup, target)
        check(refused.returncode == 1 and why in refused.stderr, f"restore over a journal: {refused.stderr}")

    first = more["transitions"] - more["added"]
    tool(server, "journal", "restore", backup, folder("earlier"), "--to", str(first))
    parted = tool(server, "replay", "diff", folder("earlier"), server.data, status=1)
    row = next(one for one in parted["streams"] if one["stream"] == stream)
    check(row["first_difference"] == 0 and {"path": "locked", "before": False, "after": True} in row["fields"],
          f"what came after the first backup: {row}")

    state = tool(server, "replay", "state", server.data, "--stream", stream)
    check(state["state"]["title"] == "Taken apart" and state["state"]["locked"], f"state: {state}")
    then = tool(server, "replay", "state", server.data, "--stream", stream, "--at", state["now"])
    check(then["state_hash"] == state["state_hash"], "the state by time is another one than by the end")
    moved = tool(server, "replay", "diff", server.data, "--stream", stream, "--from", "1", "--to",
                 str(state["sequence"]))
    check(any(field["path"] == "locked" for field in moved["fields"]), f"diff of two moments: {moved}")
    early = server.run("replay", "state", server.data, "--stream", stream, "--at", "1999-01-01T00:00:00Z")
    check(early.returncode == 1 and "did not exist yet" in early.stderr, f"before its beginning: {early.stderr}")
    mode = os.stat(server.folder).st_mode
    strange = server.run("journal", "backup", server.data, server.folder)
    check(strange.returncode == 1 and "has other files" in strange.stderr and os.stat(server.folder).st_mode == mode,
          f"a backup among other files: {strange.stderr}")
    unknown = server.run("replay", "state", server.data, "--stream", stream[:-1])
    check(unknown.returncode == 1 and stream in unknown.stderr, f"an unknown stream: {unknown.stderr}")


def sliced(server, room):
    bug, folder = os.path.join(server.folder, "bug.partyline"), os.path.join(server.folder, "bug")
    made = tool(server, "journal", "slice", server.data, "--conference", room["id"], "--out", bug, "--pseudonymise")
    say(f"  {made}")
    check(made["streams_differing"] == 0 and room["id"] not in made["conference"], f"slice: {made}")
    with open(bug, "rb") as file:
        content = file.read()
    for word in (b"Taken apart", b"host", b"ann", room["number"].encode(), b"127.0.0.1"):
        # `host` and `ann` may stand in longer words by chance: names are looked for as strings, behind their length.
        needle = len(word).to_bytes(4, "little") + word + b"\0"
        check(needle not in content, f"the slice still holds {word}")
    on_file = tool(server, "replay", "verify", bug)
    tool(server, "journal", "import", bug, folder)
    imported = tool(server, "replay", "verify", folder)
    check(on_file["ok"] and imported["ok"] and on_file["state_hash"] == imported["state_hash"],
          f"the slice on file and imported: {on_file} {imported}")
    check(server.run("journal", "check", folder).returncode == 0, "the imported journal fails its check")
    check(tool(server, "replay", "diff", bug, folder)["differing"] == 0, "the slice and its import differ")
    with open(bug, "r+b") as file:
        file.truncate(len(content) - 20)
    cut = server.run("journal", "import", bug, folder + "-2")
    check(cut.returncode == 1 and "offset" in cut.stderr and not os.path.exists(folder + "-2"),
          f"a slice that was cut: {cut.stderr}")


def crc32c(crc, content):
    crc ^= 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def forged(content, position, old, new):
    """The slice again with `new` for `old` in the transition at this position; hashes and checksums follow."""
    number = lambda at, count: int.from_bytes(content[at:at + count], "little")
    at = 20 + number(12, 4)
    out, checksum, hashes = content[:at], number(at - 4, 4), {}
    while at < len(content):
        length = number(at, 4)
        head, body = content[at:at + 13], content[at + 13:at + 13 + length]
        at += 17 + length
        changed = body.replace(old, new) if int.from_bytes(head[5:], "little") == position else body
        for before, after in hashes.items():
            changed = changed.replace(before, after)
        if changed != body:
            hashes[hashlib.blake2b(body, digest_size=32).digest()] = hashlib.blake2b(changed, digest_size=32).digest()
        checksum = crc32c(checksum, head + changed)
        out += head + changed + checksum.to_bytes(4, "little")
    return out


def found_out(server, room):
    """The host's lock was asked by somebody else, says the forged slice."""
    bug = os.path.join(server.folder, "forged.partyline")
    tool(server, "journal", "slice", server.data, "--conference", room["id"], "--out", bug)
    lock = next(one for one in server.cat(f"conference/{room['id']}") if one["command"]["type"] == "SetLocked")
    with open(bug, "rb") as file:
        content = file.read()
    with open(bug, "wb") as file:
        file.write(forged(content, lock["position"], b"user/host\0", b"user/hoax\0"))
    found = tool(server, "replay", "verify", bug, status=1)["differences"]
    check(len(found) == 1 and found[0]["stream"] == lock["stream"] and found[0]["sequence"] == lock["sequence"] and
          found[0]["journaled"] == lock["events"] and found[0]["decided"] == {"refusal": "not_allowed"},
          f"the forgery at {lock}: {found}")
    say("  " + server.run("replay", "verify", bug).stdout.replace("\n", "\n  "))


def story():
    with Server("replay_tools", ("--allow-guests", "true")) as server:
        host = server.person("host", phone=False)
        room = server.conference(host, "Taken apart")
        backup = call(server, room, host)
        taken_apart(server, room, backup)
        sliced(server, room)
        found_out(server, room)
        server.verify()


if __name__ == "__main__":
    main(story)
