#!/usr/bin/python3
"""What strangers, broken devices and tired operators may send: nothing crashes, nothing stops working for others.

With PARTYLINE_ASAN set to a binary built with sanitizers, that one is tested. The server runs without its
parent here, so a crash is an end and not a restart; a sanitizer's word in its log is a failure.
"""
import json
import os
import random
import re
import socket
import struct
import time

from harness import torture
from harness.client import Closed, Live, WebSocket
from harness.server import Server
from harness.sipua import SipPhone
from harness.testing import check, eventually, main, run, say

SEED = int(os.environ.get("PARTYLINE_SEED") or random.SystemRandom().getrandbits(32))
ASAN = os.environ.get("PARTYLINE_ASAN") or ""
ASAN = ASAN if os.path.isfile(ASAN) else ""
STRANGER = "127.0.0.66"    # its own address: what it earns must not fall on the phones of the house
SLOWER = 4 if ASAN else 1


def alive(server, what):
    check(server.process.poll() is None, f"after {what} the server is gone: exit {server.process.poll()}\n{server.log()}")


def answers_options(server, what, seconds=5.0):
    with SipPhone(server.sip_port, "probe") as probe:
        final = probe.options()
        check(final is not None and final.status < 500, f"after {what} OPTIONS got {final and final.first}")
    alive(server, what)


def stranger_socket(kind=socket.SOCK_DGRAM):
    made = socket.socket(socket.AF_INET, kind)
    made.bind((STRANGER, 0))
    return made


def sip_against_the_rules(server):
    """Some 80 messages in the spirit of RFC 4475, by UDP and by TCP."""
    count = 0
    with stranger_socket() as udp:
        for name, data in torture.messages():
            udp.sendto(data, ("127.0.0.1", server.sip_port))
            count += 1
            time.sleep(0.01)
            alive(server, f"'{name}' by UDP")
    answers_options(server, "torture by UDP")
    for name, data in torture.messages():
        with stranger_socket(socket.SOCK_STREAM) as tcp:
            tcp.settimeout(5)
            tcp.connect(("127.0.0.1", server.sip_port))
            try:
                tcp.sendall(data)
                time.sleep(0.01)
            except OSError:
                pass    # cut while we were still talking: its right
            alive(server, f"'{name}' by TCP")
    answers_options(server, "torture by TCP")
    say(f"  {count} messages, each by UDP and TCP")


def random_datagrams(server):
    """Random bytes, and sound messages with bytes changed, to the SIP port."""
    dice = random.Random(SEED)
    whole = [data for _, data in torture.messages() if len(data) < 2000]
    with stranger_socket() as udp:
        for n in range(3000):
            if n % 2:
                data = dice.randbytes(dice.choice((0, 1, 4, 20, 200, 1400)))
            else:
                data = bytearray(dice.choice(whole) or b"x")
                for _ in range(dice.randint(1, 8)):
                    data[dice.randrange(len(data))] = dice.randrange(256)
            udp.sendto(bytes(data), ("127.0.0.1", server.sip_port))
            if n % 20 == 0:
                time.sleep(0.01)
        udp.sendto(dice.randbytes(60000), ("127.0.0.1", server.sip_port))
    answers_options(server, f"random datagrams (seed {SEED})")


def half_a_message_by_tcp(server):
    """Connections that send half a message, a huge length, or garbage, and stay open."""
    dice = random.Random(SEED + 1)
    whole = next(data for name, data in torture.messages() if name.startswith("Contact"))
    kept = []
    for data in (whole[:40], whole.replace(b"Content-Length: 0", b"Content-Length: 2000000000"), dice.randbytes(5000),
                 b"\0" * 3000, b"\r\n" * 4000, b"INVITE " + b"a" * 70000):
        tcp = stranger_socket(socket.SOCK_STREAM)
        tcp.settimeout(2)
        tcp.connect(("127.0.0.1", server.sip_port))
        try:
            tcp.sendall(data)
        except OSError:
            pass
        kept.append(tcp)
    answers_options(server, "half messages by TCP")
    for tcp in kept:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        tcp.close()
    answers_options(server, "reset connections")


def descriptions_against_the_rules(server):
    """A known phone offers nonsense for a sound description, or another kind of body: refused, and no leg stays."""
    sdp = server.person("sid")
    room = server.conference(sdp, "Descriptions")
    phone = server.phone(sdp)
    head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    bodies = ["nonsense", "v=0\r\n", head, head + "m=audio\r\n", head + "m=audio 70000 RTP/AVP 0\r\n",
              head + "m=audio 0 RTP/AVP 0\r\n", head + "m=audio 4000 RTP/AVP\r\n", head + "m=audio 4000 RTP/AVP 300\r\n",
              head.replace("127.0.0.1\r\nt", "host.invalid\r\nt") + "m=audio 4000 RTP/AVP 0\r\n",
              head + "m=audio 9 RTP/AVP 97\r\n" * 300, head + "m=audio 4000 RTP/AVP " + "96 " * 2000 + "\r\n",
              head + "a=" + "x" * 30000 + "\r\n", "\0" * 100, "m=audio 4000 RTP/AVP 0\r\n" + head]
    for body in bodies:
        status = phone.call(room["number"], body=body).wait_final()
        check(400 <= status < 500, f"the description {body[:120]!r} got {status}")
    call = phone.call(room["number"]).wait_answer()    # and a sound one is as welcome as ever
    for body in ("nonsense", head + "m=audio 4000 RTP/SAVP 0\r\n"):
        final = call._in_dialog("INVITE", body, "application/sdp")
        check(final is not None and 400 <= final.status < 500, f"a re-INVITE with {body[:40]!r} got {final and final.first}")
    for body in ("", "Signal=Z\r\n", "Signal=" + "1" * 3000, "\0\1\2"):
        call._in_dialog("INFO", body, "application/dtmf-relay")
    check(call.up, "a wrong re-INVITE or INFO ended the call")
    call.hang_up()
    phone.text("sid" * 100, "x", wanted=(400, 404, 413, 414))
    for content_type, text in (("text/html", "<b>x</b>"), ("text/plain", "x" * 5000), ("text/plain", "a\0b")):
        final = phone.request("MESSAGE", f"sip:admin@127.0.0.1:{server.sip_port}", to="<sip:admin@127.0.0.1>",
                              body=text, content_type=content_type)
        check(400 <= final.status < 500, f"a text {text[:20]!r} of {content_type} got {final.status}")
    phone.close()
    answers_options(server, "wrong descriptions")


def noise_on_the_sound_ports(server):
    """While two talk, strangers send random bytes and false RTP to every sound port: the two still hear each other."""
    dice = random.Random(SEED + 2)
    people = [server.person(name) for name in ("nina", "nils")]
    room = server.conference(people[0], "Noise", ["nils"])
    phones = [server.phone(person) for person in people]
    calls = []
    for phone, frequency in zip(phones, (440, 740)):
        call = phone.call(room["number"], tone=frequency).wait_answer()
        time.sleep(0.4)
        call.key(room["host_pin"] + "#")
        calls.append(call)
    eventually(lambda: all(seat["phase"] == "connected" for seat in server.roster(people[0], room["id"]).values()),
               5, "not both are in")
    time.sleep(2.0)
    used = [call.rtp._remote[1] for call in calls]
    started = time.monotonic()
    with stranger_socket() as udp:
        for n in range(4000):
            port = dice.choice(used) if n % 2 else dice.randrange(server.rtp_first, server.rtp_first + 200)
            kind = n % 5
            if kind == 0:
                data = dice.randbytes(dice.choice((0, 1, 11, 12, 13, 172, 1400)))
            elif kind == 1:   # RTP with another source, extensions and padding that lie
                data = bytes([0x80 | dice.randrange(64), dice.randrange(256)]) + dice.randbytes(10) + dice.randbytes(160)
            elif kind == 2:   # RTCP
                data = bytes([0x81, dice.choice((200, 201, 202, 203, 204)), 0, dice.randrange(256)]) + dice.randbytes(40)
            elif kind == 3:   # keys
                data = bytes([0x80, 101]) + dice.randbytes(10) + dice.randbytes(4)
            else:
                data = bytes([0x80, 0]) + dice.randbytes(10) + b"\x80" * 160
            udp.sendto(data, ("127.0.0.1", port))
            if n % 40 == 0:
                time.sleep(0.02)
    noisy = time.monotonic()
    time.sleep(1.0)
    for me, (call, frequency) in enumerate(zip(calls, (740, 440))):
        level = call.rtp.level(frequency, noisy, noisy + 0.9)
        check(level > -20, f"after the noise {people[me].name} hears the other at {level:.1f} dBFS")
        check(call.up, "the call was ended by noise")
        during = call.rtp.level(frequency, started + 0.1, noisy)
        check(during > -25, f"during the noise {people[me].name} hears the other at {during:.1f} dBFS")
        call.hang_up()
    for phone in phones:
        phone.close()
    answers_options(server, "noise on the sound ports")


def greeted(api):
    made = WebSocket(api.port)
    made.send({"type": "hello", "token": api.token})
    check(made.receive()["type"] == "welcome", "no welcome")
    return made


def frames_against_the_rules(server):
    """WebSocket frames that are huge, half, binary, unmasked, of wrong JSON, types and words."""
    wanda = server.person("wanda", phone=False).api
    made = greeted(wanda)
    made.send_frame(WebSocket.TEXT, b'{"type": "ping", "id": 1, "x": "' + b"a" * 70000 + b'"}')
    made.wait_closed((1009, 1006), "a frame of 70,000 bytes")
    made = greeted(wanda)
    made.send_frame(WebSocket.TEXT, b"{", length=1 << 40)
    made.wait_closed((1009, 1006), "a frame that claims a terabyte")
    made = greeted(wanda)
    made.send_frame(WebSocket.BINARY, b"\0\1\2")
    made.wait_closed((1003,), "a binary frame")
    made = greeted(wanda)
    made.send_frame(WebSocket.TEXT, b'{"type":"ping","id":1}', masked=False)
    made.wait_closed((1002, 1006), "an unmasked frame")
    made = greeted(wanda)
    made.send_frame(WebSocket.TEXT, b"\xff\xfe\xfd")
    made.wait_closed((1007, 1006, 1002), "a text that is no UTF-8")
    made = greeted(wanda)
    made.send_frame(5, b"reserved")
    made.wait_closed((1002, 1006), "a reserved opcode")
    made = greeted(wanda)
    made.send_frame(WebSocket.TEXT, b'{"type": "ping", ', length=1000)   # half a frame, then gone
    made.cut()
    for wrong in ({"type": "hello"}, {"type": "hello", "token": 7}, {"type": "hello", "token": "wanda.nonsense"},
                  {"type": "subscribe", "id": 1, "stream": "user/wanda"}):
        made = WebSocket(wanda.port)
        made.send(wrong)
        made.wait_closed((1008,), f"{wrong} instead of hello")

    made = greeted(wanda)
    words = ["", "[]", "7", "null", '"x"', "{", '{"type":', "{}", '{"type": 7}', '{"type": "nonsense", "id": 1}', "[" * 500,
             '{"type": "subscribe"}', '{"type": "subscribe", "id": "one", "stream": "user/wanda"}',
             '{"type": "subscribe", "id": -1, "stream": "user/wanda"}', '{"type": "subscribe", "id": 1, "stream": 7}',
             '{"type": "subscribe", "id": 1, "stream": "user/../../etc"}', '{"type": "subscribe", "id": 1, "stream": "guard/x"}',
             '{"type": "subscribe", "id": 1, "stream": "user/nobody"}', '{"type": "unsubscribe", "id": 1, "stream": 8}',
             '{"type": "request", "id": 1}', '{"type": "request", "id": 1, "method": "FLY", "path": "/api/me"}',
             '{"type": "request", "id": 1, "method": "GET", "path": 5}', '{"type": "ping", "id": 1e400}',
             '{"type": "request", "id": 1, "method": "GET", "path": "/etc/passwd"}',
             '{"type": "request", "id": 1, "method": "POST", "path": "/api/conversations", "body": {"with": ["bob"]}}',
             '{"type": "request", "id": 1, "method": "POST", "path": "/api/conversations", "body": 3}',
             '{"type": "request", "id": 1, "method": "POST", "path": "/api/sign_in", "body": {"user": "a", "password": "b"}}',
             '{"type": "ping", "id": 9007199254740993}', '{"type": "ping", "id": 1, "surprise": true}', "\\u0000"]
    for text in words:
        made.send(text)
        answer = made.receive(8)
        while answer["type"] == "presence":
            answer = made.receive(8)
        refused = answer["type"] == "error" or (answer["type"] == "answer" and answer["status"] >= 400)
        check(refused, f"{text[:80]} was answered with {answer}")
        time.sleep(0.03)    # fifty a second are allowed
    made.send({"type": "ping", "id": 99})
    check(made.receive()["type"] == "pong", "after all that a ping gets no pong")
    made.close()
    alive(server, "wrong frames")


def too_many_requests(server):
    """Who asks faster than 50 times a second is told so; who does not stop is cut; others notice nothing."""
    frank = server.person("frank", phone=False).api
    made = greeted(frank)
    codes = set()
    try:
        for n in range(3000):
            made.send({"type": "ping", "id": n})
        while True:
            frame = made.receive(3)
            codes.add(frame.get("code", frame["type"]))
    except (Closed, OSError, TimeoutError):
        pass
    check("too_fast" in codes, f"3,000 pings at once brought {codes}")
    live = Live(frank)
    check(live.ask({"type": "ping"})["type"] == "pong", "nobody else is served")
    live.close()


def bodies_against_the_rules(server):
    """HTTP: wrong JSON, wrong types, huge bodies, wrong methods and paths, all with their code."""
    hans = server.person("hans", phone=False).api
    for method, path, body, status in (("POST", "/api/conversations", {"with": 7}, 400),
                                       ("POST", "/api/conversations", {"with": "hans", "surprise": 1}, 400),
                                       ("POST", "/api/conversations", {"title": "x" * 300, "members": ["a"]}, 400),
                                       ("POST", "/api/conversations", {"with": "nobody"}, 404),
                                       ("GET", "/api/conversations/direct:a:b", None, (403, 404)),
                                       ("GET", "/api/nothing", None, 404), ("DELETE", "/api/me", None, 405),
                                       ("GET", "/api/conferences/%00", None, (400, 404)),
                                       ("GET", "/api/conferences/%zz", None, (400, 404)),
                                       ("GET", "/api/users?limit=-5", None, 400), ("GET", "/api/users?limit=x", None, 400),
                                       ("POST", "/api/users", {"user": "eve", "display_name": "Eve"}, 403),
                                       ("POST", "/api/conversations", {"title": "x", "members": ["a" * 70000]}, 413)):
        error = hans.refused(method, path, body)
        wanted = status if isinstance(status, tuple) else (status,)
        check(error.status in wanted, f"{method} {path} {str(body)[:60]} got {error}, expected {status}")
    for path in ("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/../journal"):
        with socket.create_connection(("127.0.0.1", server.http_port), 5) as raw:
            raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            text = b""
            while more := raw.recv(65536):
                text += more
        check(b"root:" not in text, f"{path} brought a file of the machine")
    for wrong in (b"\0\1\2\3\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n",
                  b"POST /api/sign_in HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                  b"POST /api/sign_in HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
                  b"POST /api/sign_in HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n{}{}"):
        with socket.create_connection(("127.0.0.1", server.http_port), 5) as raw:
            raw.sendall(wrong)
            try:
                raw.settimeout(15)
                while raw.recv(65536):
                    pass
            except OSError:
                pass
    alive(server, "wrong HTTP")
    hans.get("/api/me")


def slow_writers(server):
    """Two hundred connections that send a byte now and then are closed; a normal client is served meanwhile."""
    sara = server.person("sara", phone=False).api
    kept = []
    for n in range(200):
        raw = socket.create_connection(("127.0.0.1", server.http_port), 5)
        raw.sendall(b"POST /api/sign_in HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        kept.append(raw)
    started = time.monotonic()
    closed = 0
    while kept and time.monotonic() - started < 25:
        slowest = time.monotonic()
        sara.get("/api/me")
        took = time.monotonic() - slowest
        check(took < 2 * SLOWER, f"with {len(kept)} slow connections a request takes {took:.1f} s")
        still = []
        for raw in kept:
            try:
                raw.sendall(b"a")
                raw.setblocking(False)
                try:
                    gone = raw.recv(1) == b""
                except BlockingIOError:
                    gone = False
                raw.setblocking(True)
            except OSError:
                gone = True
            if gone:
                raw.close()
                closed += 1
            else:
                still.append(raw)
        kept = still
        time.sleep(0.5)
    for raw in kept:
        raw.close()
    check(not kept, f"{len(kept)} of 200 slow connections are still open after 25 s")
    say(f"  200 slow connections were closed after {time.monotonic() - started:.0f} s")


def wrong_configurations(_server):
    """Each mistake of a configuration is named by file, line and key, and serve does not start with it."""
    other = Server("bad_config")
    path = os.path.join(other.folder, "wrong.toml")
    for text, line, key in (('[sip]\nlisten = "127.0.0.1:5060"\nprot = 5060\n', 3, "sip.prot"),
                            ('[http]\nlisten = 8080\n', 2, "http.listen"),
                            ('\n\n[rtp]\nports = "20001-3"\n', 4, "rtp.ports"),
                            ('log_level = "loud"\n', 1, "log_level"),
                            ('[sip]\nallow_guests = "yes"\n', 2, "sip.allow_guests"),
                            ('[[trunk]]\nname = "a"\nhost = "192.0.2.1"\nport = 70000\n', 4, "trunk.port"),
                            ('[sip\nlisten = 1\n', 1, "")):
        with open(path, "w") as file:
            file.write(text)
        done = other.run("config", "check", path)
        check(done.returncode != 0, f"config check is content with {text!r}")
        check(f"{path}:{line}" in done.stdout and key in done.stdout, f"{text!r}: expected {path}:{line} and {key}: {done.stdout}")
        said = json.loads(other.run("config", "check", path, "--json").stdout)
        check(said["ok"] is False and said["mistakes"][0]["line"] == line, f"{text!r}: {said}")
        done = other.run("serve", "--config", path, "--data", other.data, patience_s=20)
        check(done.returncode not in (0, -6, -11), f"serve ended with {done.returncode} on {text!r}")
        check(f"{path}:{line}" in done.stderr, f"serve does not name the mistake: {done.stderr}")
    done = other.run("config", "check", "/nonexistent.toml")
    check(done.returncode != 0 and "/nonexistent.toml" in done.stderr + done.stdout, "a missing file is not named")
    with open(path, "w") as file:
        file.write('[http]\nlisten = "127.0.0.1:8080"\n')
    check(other.run("config", "check", path).returncode == 0, "a good configuration is refused")


def story():
    say(f"  seed {SEED}")
    say(f"  {'the sanitized binary ' + ASAN if ASAN else 'without a sanitizer (PARTYLINE_ASAN names no binary)'}")
    environment = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:halt_on_error=1:detect_odr_violation=0",
                   "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=0"}
    with Server("bad_input", binary=ASAN or None, supervise=False, environment=environment) as server:
        # One after the other: each says whose fault a crash is.
        run(sip_against_the_rules, random_datagrams, half_a_message_by_tcp, descriptions_against_the_rules,
            noise_on_the_sound_ports,
            frames_against_the_rules, too_many_requests, bodies_against_the_rules, slow_writers, wrong_configurations,
            arguments=(server,))
        server.stop(10 * SLOWER)
        with open(server.log_path, errors="replace") as file:
            found = re.search(r"(ERROR: \w+Sanitizer.*|.*runtime error: .*)", file.read())
        check(found is None, f"a sanitizer complains: {found and found.group(1)}")
        server.verify()


if __name__ == "__main__":
    main(story)
