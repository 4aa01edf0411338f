"""SIP as text: reading a message, answering a digest challenge, writing SDP."""
import hashlib
import random
import re


def token(length=10):
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "k": "supported"}


class Message:
    """A request (method, uri) or a response (status). Header names are lower case; a header is a list."""

    def __init__(self, data):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.first = lines[0]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.setdefault(COMPACT.get(name, name), []).append(value.strip())
        self.status = 0
        self.method = self.uri = ""
        if self.first.startswith("SIP/2.0 "):
            self.status = int(self.first.split()[1])
        else:
            self.method, self.uri = self.first.split()[:2]

    def header(self, name, default=""):
        return self.headers.get(name, [default])[0]

    @property
    def cseq(self):
        number, method = self.header("cseq", "0 ?").split()
        return int(number), method

    @property
    def branch(self):
        found = re.search(r"branch=([^;\s,]+)", self.header("via"))
        return found.group(1) if found else ""

    @property
    def to_tag(self):
        found = re.search(r";tag=([^;\s>]+)", self.header("to").rpartition(">")[2] or self.header("to"))
        return found.group(1) if found else ""

    @property
    def contact_uri(self):
        found = re.search(r"<([^>]+)>", self.header("contact"))
        return found.group(1) if found else self.header("contact").split(";")[0]


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def answer_challenge(challenge, method, uri, user, password):
    """An Authorization value for a WWW-Authenticate or Proxy-Authenticate value (MD5, qop=auth)."""
    parts = {key.lower(): quoted or plain
             for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', challenge)}
    cnonce, count = token(), "00000001"
    ha1 = md5(f"{user}:{parts['realm']}:{password}")
    ha2 = md5(f"{method}:{uri}")
    fields = [f'username="{user}"', f'realm="{parts["realm"]}"', f'nonce="{parts["nonce"]}"', f'uri="{uri}"',
              "algorithm=MD5"]
    if "qop" in parts:
        response = md5(f"{ha1}:{parts['nonce']}:{count}:{cnonce}:auth:{ha2}")
        fields += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
    else:
        response = md5(f"{ha1}:{parts['nonce']}:{ha2}")
    fields.append(f'response="{response}"')
    if "opaque" in parts:
        fields.append(f'opaque="{parts["opaque"]}"')
    return "Digest " + ", ".join(fields)


CODECS = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 18: "G729/8000", 96: "opus/48000/2", 97: "L16/16000",
          101: "telephone-event/8000"}


def sdp(ip, port, payload_types=(0, 101), direction="sendrecv", version=1):
    lines = ["v=0", f"o=- 4711 {version} IN IP4 {ip}", "s=-", f"c=IN IP4 {ip}", "t=0 0",
             f"m=audio {port} RTP/AVP {' '.join(map(str, payload_types))}"]
    lines += [f"a=rtpmap:{kind} {CODECS[kind]}" for kind in payload_types]
    if 96 in payload_types:
        lines.append("a=fmtp:96 useinbandfec=1")
    if 101 in payload_types:
        lines.append("a=fmtp:101 0-16")
    lines += ["a=ptime:20", f"a={direction}"]
    return "\r\n".join(lines) + "\r\n"


def sdp_target(text):
    """Where the other side wants its RTP: ip, port, first payload type, direction."""
    ip = re.search(r"^c=IN IP4 (\S+)", text, re.M)
    media = re.search(r"^m=audio (\d+) \S+ (\d+)", text, re.M)
    direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", text, re.M)
    return (ip.group(1), int(media.group(1)), int(media.group(2)), direction.group(1) if direction else "sendrecv")
