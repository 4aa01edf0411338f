"""What a browser would be: the HTTP half by urllib, the WebSocket half by hand, so that frames can also be wrong.

    api = Api(server.http_port); api.sign_in("alice", "secret")
    api.post("/api/conversations", {"with": "bob"})
    live = Live(api); live.follow("conference/471100"); live.wait(lambda: live.state("conference/471100") ...)

Live counts: every frame of a stream is kept with its cursor, and a frame that comes twice or out of order fails.
"""
import base64
import http.client
import json
import os
import socket
import struct
import threading
import time
import urllib.error
import urllib.request


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status = status
        error = body.get("error", {}) if isinstance(body, dict) else {}
        self.code = error.get("code", "")
        self.sentence = error.get("sentence", "")


class Api:
    def __init__(self, port, token=""):
        self.port, self.token, self.user = port, token, ""

    def call(self, method, path, body=None, patience=15.0):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=patience) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                said = json.loads(text)
            except ValueError:
                said = text.decode("utf-8", "replace")
            raise ApiError(error.code, said) from None
        except http.client.HTTPException as error:    # an answer that broke off
            raise ConnectionError(repr(error)) from None

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None):
        return self.call("POST", path, {} if body is None else body)

    def text(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
            return response.read().decode()

    def sign_in(self, user, password):
        for attempt in range(20):    # passwords are hashed a few at a time: who comes with many is asked to wait
            try:
                answer = self.call("POST", "/api/sign_in", {"user": user, "password": password, "client": "e2e"})
                break
            except ApiError as error:
                if error.code != "busy" or attempt == 19:
                    raise
                time.sleep(0.2)
        self.token, self.user = answer["token"], user
        return self

    def refused(self, method, path, body=None):
        """The error of a request that must be refused."""
        try:
            answer = self.call(method, path, body)
        except ApiError as error:
            return error
        raise AssertionError(f"{method} {path} {body} was accepted: {answer}")


class Closed(Exception):
    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}")
        self.code, self.reason = code, reason


class WebSocket:
    """RFC 6455, a client's side. One reader at a time."""
    TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

    def __init__(self, port, path="/api/ws", origin=None, patience=5.0):
        self._socket = socket.create_connection(("127.0.0.1", port), patience)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if origin:
            lines.append(f"Origin: {origin}")
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._data = b""
        self._text = b""                # of a message that comes in several frames
        self._lock = threading.Lock()
        while b"\r\n\r\n" not in self._data:
            more = self._socket.recv(4096)
            if not more:
                raise Closed(0, "during the handshake")
            self._data += more
        head, self._data = self._data.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        if self.status != 101:
            self._socket.close()
            raise Closed(self.status, head.decode("utf-8", "replace"))

    def send_frame(self, opcode, payload, final=True, masked=True, length=None):
        length = len(payload) if length is None else length
        head = bytes([(0x80 if final else 0) | opcode])
        mark = 0x80 if masked else 0
        if length < 126:
            head += bytes([mark | length])
        elif length < 65536:
            head += bytes([mark | 126]) + struct.pack("!H", length)
        else:
            head += bytes([mark | 127]) + struct.pack("!Q", length)
        if masked:
            mask = os.urandom(4)
            head += mask
            whole = mask * (len(payload) // 4 + 1)
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(whole[:len(payload)], "big")).to_bytes(
                len(payload), "big")
        self.send_bytes(head + payload)

    def send_bytes(self, data):
        with self._lock:
            self._socket.sendall(data)

    def send(self, value):
        self.send_frame(self.TEXT, (value if isinstance(value, str) else json.dumps(value)).encode())

    def _fill(self, count, end):
        """Reads until `count` bytes are there; they stay until a whole frame is taken."""
        while len(self._data) < count:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            try:
                more = self._socket.recv(65536)
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed(1006, str(error)) from None
            if not more:
                raise Closed(1006, "connection lost")
            self._data += more

    def _frame(self, end):
        self._fill(2, end)
        first, length, at = self._data[0], self._data[1] & 0x7F, 2
        if length == 126:
            self._fill(4, end)
            length, at = struct.unpack("!H", self._data[2:4])[0], 4
        elif length == 127:
            self._fill(10, end)
            length, at = struct.unpack("!Q", self._data[2:10])[0], 10
        self._fill(at + length, end)
        payload, self._data = self._data[at:at + length], self._data[at + length:]
        return first & 0x0F, bool(first & 0x80), payload

    def receive(self, patience=5.0):
        """The next text as JSON. Closed at the end, TimeoutError when nothing comes (and nothing is lost then)."""
        end = time.monotonic() + patience
        while True:
            opcode, final, payload = self._frame(end)
            if opcode == self.PING:
                self.send_frame(self.PONG, payload)
            elif opcode == self.CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                raise Closed(code, payload[2:].decode("utf-8", "replace"))
            elif opcode in (0, self.TEXT):
                self._text += payload
                if final:
                    text, self._text = self._text, b""
                    return json.loads(text)

    def wait_closed(self, codes, what, patience=10.0):
        """Reads on until the other side closes, and holds its close code against `codes` (1006: just gone)."""
        try:
            while True:
                self.receive(patience)
        except Closed as closed:
            if closed.code not in codes:
                raise AssertionError(f"{what}: closed with {closed}, expected {codes}") from None
        except TimeoutError:
            raise AssertionError(f"{what}: the socket stays open") from None

    def close(self):
        try:
            self.send_frame(self.CLOSE, struct.pack("!H", 1000))
        except OSError:
            pass
        self._socket.close()

    def cut(self):
        """As a lost network does: no close frame, everything unread is gone."""
        self._socket.shutdown(socket.SHUT_RD)   # wakes our own reader; nothing leaves by this
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


def cursor_pair(cursor):
    epoch, sequence = cursor.split("-")
    return int(epoch), int(sequence)


class Live:
    """A subscriber that counts. Requests go over the same socket."""

    def __init__(self, api, hello=True):
        self.api = api
        self.frames = []                # (arrival, frame) of views and events, in order
        self.faults = []                # what must never happen: said by check()
        self.views = {}                 # stream -> last view's state
        self.cursors = {}               # stream -> last cursor
        self.closed = None
        self.welcome = None
        self._answers = {}
        self._changed = threading.Condition()
        self._next_id = 0
        self.socket = WebSocket(api.port)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        if hello:
            self.socket.send({"type": "hello", "token": api.token})
            self.wait(lambda: self.welcome or self.closed, 5, "welcome")
            if self.closed:
                raise self.closed

    def _read(self):
        while True:
            try:
                frame = self.socket.receive(3600)
            except (Closed, OSError, TimeoutError, ValueError) as error:
                with self._changed:
                    self.closed = error if isinstance(error, Closed) else Closed(1006, repr(error))
                    self._changed.notify_all()
                return
            with self._changed:
                self._keep(frame)
                self._changed.notify_all()

    def _keep(self, frame):
        kind = frame.get("type")
        if kind == "welcome":
            self.welcome = frame
        elif kind in ("answer", "pong") or (kind == "error" and frame.get("id") is not None):
            if frame["id"] in self._answers:
                self.faults.append(f"two answers to request {frame['id']}: {frame}")
            self._answers[frame["id"]] = frame
        else:
            self.frames.append((time.monotonic(), frame))
        if kind in ("view", "events"):
            stream, cursor = frame["stream"], frame["cursor"]
            if kind == "events" and stream in self.cursors:
                old, new = cursor_pair(self.cursors[stream]), cursor_pair(cursor)
                if new[1] <= old[1]:
                    self.faults.append(f"{stream}: {cursor} came after {self.cursors[stream]}")
            if kind == "view":
                self.views[stream] = frame["state"]
            self.cursors[stream] = cursor

    def wait(self, condition, seconds=5.0, what="what was waited for"):
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                tail = [json.dumps(frame)[:300] for _, frame in self.frames[-6:]]
                raise AssertionError(f"no {what} within {seconds} s; last frames:\n  " + "\n  ".join(tail) +
                                     (f"\n  and the socket {self.closed}" if self.closed else ""))
            return condition()

    def ask(self, frame, seconds=10.0):
        """Sends a frame with an id and waits for its answer or error."""
        with self._changed:
            self._next_id += 1
            number = self._next_id
        self.socket.send({**frame, "id": number})
        self.wait(lambda: number in self._answers or self.closed, seconds, f"answer to {frame}")
        if number not in self._answers:
            raise self.closed
        return self._answers[number]

    def request(self, method, path, body=None):
        answer = self.ask({"type": "request", "method": method, "path": path, "body": {} if body is None else body})
        if answer["type"] == "error":
            raise ApiError(0, {"error": answer})
        if answer["status"] >= 300:
            raise ApiError(answer["status"], answer["body"])
        return answer["body"]

    def follow(self, stream, from_=None):
        frame = {"type": "subscribe", "stream": stream}
        if from_ is not None:
            frame["from"] = from_
            self.cursors[stream] = from_
        answer = self.ask(frame)
        if answer["type"] == "error":
            raise ApiError(0, {"error": answer})
        if from_ is None:
            self.wait(lambda: stream in self.views, 5, f"view of {stream}")
        return self

    def events(self, stream=None, kind=None):
        """(arrival, frame, event) of what came, in order."""
        return [(at, frame, event) for at, frame in list(self.frames) if frame["type"] == "events"
                if stream is None or frame["stream"] == stream
                for event in frame["events"] if kind is None or event["type"] == kind]

    def wait_event(self, kind, seconds=5.0, since=0.0, **fields):
        """The first such event that came after `since`."""
        def found():
            return next(((at, event) for at, _, event in self.events(kind=kind)
                         if at >= since and all(event.get(k) == v for k, v in fields.items())), None)
        return self.wait(found, seconds, f"event {kind} {fields}")

    def check(self):
        if self.faults:
            raise AssertionError("\n".join(self.faults))

    def close(self):
        self.socket.close()

    def cut(self):
        """Returns when nothing more is read: what came is in `frames`."""
        self.socket._socket.shutdown(socket.SHUT_RD)
        self._thread.join(5)
        self.socket.cut()
