"""SIP that breaks the rules, in the spirit of RFC 4475, each with the name of what is wrong.

`messages(ip, port)` yields (name, bytes). None of them may do more than be refused or ignored.
"""
from .sip_message import sdp, token


def _request(method="OPTIONS", uri="sip:127.0.0.1", **changes):
    """A sound request with some header lines replaced; a value of None leaves the line out."""
    name = changes.pop("cseq_method", method)
    body = changes.pop("body", "")
    first = changes.pop("first", f"{method} {uri} SIP/2.0")
    lines = {"via": f"Via: SIP/2.0/UDP 127.0.0.66:5099;branch=z9hG4bK{token()};rport", "max": "Max-Forwards: 70",
             "from": f"From: <sip:torture@127.0.0.1>;tag={token()}", "to": "To: <sip:someone@127.0.0.1>",
             "call": f"Call-ID: {token(16)}", "cseq": f"CSeq: 1 {name}", "contact": "Contact: <sip:t@127.0.0.66:5099>",
             "length": f"Content-Length: {len(body)}"}
    lines.update(changes)
    text = "\r\n".join([first, *(line for line in lines.values() if line is not None)])
    return (text + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def messages():
    offer = sdp("127.0.0.66", 5098)
    invite = {"body": offer, "type": "Content-Type: application/sdp"}
    many = "\r\n".join(f"Via: SIP/2.0/UDP 127.0.0.66:{n + 1};branch=z9hG4bK{n}" for n in range(200))
    yield "CSeq method differs from the request's", _request("INVITE", cseq_method="REGISTER", **invite)
    yield "CSeq beyond 32 bits", _request(cseq="CSeq: 36893488147419103232 OPTIONS")
    yield "CSeq of 2^31", _request(cseq="CSeq: 2147483648 OPTIONS")
    yield "negative CSeq", _request(cseq="CSeq: -1 OPTIONS")
    yield "no CSeq", _request(cseq=None)
    yield "no Call-ID", _request(call=None)
    yield "no From", _request(**{"from": None})
    yield "no To", _request(to=None)
    yield "no Via", _request(via=None)
    yield "no headers at all", b"INVITE sip:a@127.0.0.1 SIP/2.0\r\n\r\n"
    yield "From without a tag", _request(**{"from": "From: <sip:torture@127.0.0.1>"})
    yield "two From", _request(**{"from": "From: <sip:a@b>;tag=1\r\nFrom: <sip:c@d>;tag=2"})
    yield "two Call-IDs and two CSeqs", _request(call="Call-ID: a\r\nCall-ID: b", cseq="CSeq: 1 OPTIONS\r\nCSeq: 2 OPTIONS")
    yield "SIP/7.0", _request(first="OPTIONS sip:127.0.0.1 SIP/7.0")
    yield "no version", _request(first="OPTIONS sip:127.0.0.1")
    yield "spaces in the request line", _request(first="OPTIONS  sip:127.0.0.1   SIP/2.0 ")
    yield "URI in angle brackets", _request(first="INVITE <sip:user@127.0.0.1> SIP/2.0", cseq="CSeq: 1 INVITE")
    yield "URI with whitespace", _request(first="OPTIONS sip:user@127.0.0.1; lr SIP/2.0")
    yield "URI of an unknown scheme", _request(first="OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0")
    yield "URI with headers", _request("INVITE", "sip:user@127.0.0.1?Route=%3Csip:other@127.0.0.1%3E", **invite)
    yield "URI with escaped nulls", _request("REGISTER", "sip:127.0.0.1", to="To: sip:null-%00-null@127.0.0.1",
                                             contact="Contact: <sip:%00@127.0.0.66>")
    yield "nulls in the text", _request(to="To: \"a\0b\" <sip:x\0y@127.0.0.1>")
    yield "bytes above 127", _request(to="To: \"\udcff\udcfe\" <sip:\udc80@127.0.0.1>")
    yield "unterminated quote", _request(to='To: "Mr. J. User <sip:j.user@127.0.0.1>')
    yield "unterminated bracket", _request(to="To: <sip:j.user@127.0.0.1")
    yield "negative Content-Length", _request("INVITE", body=offer, length="Content-Length: -999")
    yield "Content-Length too large", _request("INVITE", body=offer, length="Content-Length: 99999")
    yield "Content-Length too small", _request("INVITE", body=offer, length="Content-Length: 5")
    yield "Content-Length no number", _request(length="Content-Length: many")
    yield "two Content-Lengths", _request("INVITE", body=offer, length="Content-Length: 8\r\nContent-Length: 900")
    yield "negative Max-Forwards", _request(max="Max-Forwards: -1")
    yield "Max-Forwards 0", _request(max="Max-Forwards: 0")
    yield "Max-Forwards 300", _request(max="Max-Forwards: 300")
    yield "scalars far too large", _request("REGISTER", "sip:127.0.0.1", to="To: <sip:u@127.0.0.1>",
                                            more="Expires: 10000000000000000000",
                                            contact="Contact: <sip:u@127.0.0.66>;expires=280297596632815;q=7.5")
    yield "unknown method", _request("RFC3261IsGreat")
    yield "method of odd characters", _request("!interesting-Method0123456789_*+`.%indeed'~")
    yield "empty method", _request(first=" sip:127.0.0.1 SIP/2.0")
    yield "unknown Content-Encoding", _request("INVITE", **invite, more="Content-Encoding: partyline")
    yield "multipart without a boundary", _request("INVITE", body="--x\r\n\r\n", type="Content-Type: multipart/mixed")
    yield "unknown Require", _request("INVITE", **invite, more="Require: nothingSupportsThis, nothingSupportsThisEither")
    yield "unknown authorization scheme", _request("REGISTER", "sip:127.0.0.1", more="Authorization: NoOneKnowsThis opaque")
    yield "digest without parameters", _request("REGISTER", "sip:127.0.0.1", more="Authorization: Digest ,,,=,\"")
    yield "200 headers Via", _request(via=many)
    yield "header of 60,000 bytes", _request(more="X-Long: " + "a" * 60000)
    yield "2,000 headers", _request(more="\r\n".join(f"X-{n}: {n}" for n in range(2000)))
    yield "URI of 30,000 bytes", _request("OPTIONS", "sip:" + "a" * 30000 + "@127.0.0.1")
    yield "Contact *", _request("REGISTER", "sip:127.0.0.1", contact="Contact: *", more="Expires: 1")
    yield "fifty Contacts", _request("REGISTER", "sip:127.0.0.1",
                                     contact="Contact: " + ", ".join(f"<sip:u{n}@127.0.0.66>" for n in range(50)))
    yield "broken Via", _request(via="Via: SIP/2.0/UDP ;;,;,,")
    yield "Via of an unknown transport", _request(via="Via: SIP/2.0/UNKNOWN 127.0.0.66:5099;branch=z9hG4bK1")
    yield "Via with a bad port", _request(via="Via: SIP/2.0/UDP 127.0.0.66:99999999;branch=z9hG4bK2")
    yield "folded lines", _request(to="To:\r\n  <sip:folded@127.0.0.1>\r\n ;x=y")
    yield "header without a colon", _request(more="This is no header")
    yield "only a start line of nothing", b"\r\n\r\n\r\n\r\n"
    yield "keep-alive and garbage", b"\r\n\r\n\0\0\0\0jaK"
    yield "Record-Route that is none", _request("INVITE", **invite, more="Record-Route: bogus, <<<>>>")
    yield "Route to elsewhere", _request("INVITE", "sip:471100@127.0.0.1", **invite, more="Route: <sip:192.0.2.99;lr>")
    yield "SDP of nonsense", _request("INVITE", "sip:1000@127.0.0.1", body="v=0\r\no=\r\nm=audio audio audio\r\nc=IN IP4\r\n",
                                      type="Content-Type: application/sdp")
    yield "SDP with port 70000", _request("INVITE", "sip:1000@127.0.0.1", body=offer.replace("5098", "70000"),
                                          type="Content-Type: application/sdp")
    yield "SDP with 1,000 streams", _request("INVITE", "sip:1000@127.0.0.1", type="Content-Type: application/sdp",
                                             body="v=0\r\n" + "m=audio 9 RTP/AVP 0\r\n" * 1000)
    yield "BYE of no dialog", _request("BYE", to="To: <sip:x@127.0.0.1>;tag=none")
    yield "ACK of no dialog", _request("ACK", to="To: <sip:x@127.0.0.1>;tag=none")
    yield "CANCEL of nothing", _request("CANCEL")
    yield "PRACK of nothing", _request("PRACK", more="RAck: 1 1 INVITE", to="To: <sip:x@127.0.0.1>;tag=none")
    yield "UPDATE of no dialog", _request("UPDATE", to="To: <sip:x@127.0.0.1>;tag=none")
    yield "INFO of no dialog", _request("INFO", to="To: <sip:x@127.0.0.1>;tag=none", body="Signal=1")
    yield "REFER", _request("REFER", more="Refer-To: <sip:victim@127.0.0.1>")
    yield "SUBSCRIBE", _request("SUBSCRIBE", more="Event: nothing\r\nExpires: 99999999999")
    yield "NOTIFY", _request("NOTIFY", more="Event: refer\r\nSubscription-State: active")
    yield "PUBLISH", _request("PUBLISH", more="Event: presence")
    yield "response to nothing", (b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKnone\r\nFrom: <sip:a@b>;tag=1\r\n"
                                  b"To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
    yield "response of class 9", b"SIP/2.0 4294967301 better not break\r\nCSeq: 1 INVITE\r\n\r\n"
    yield "response without a number", b"SIP/2.0 OK\r\nCSeq: 1 INVITE\r\n\r\n"
    whole = _request("INVITE", **invite)
    for part in (1, 7, 20, 60, 120, len(whole) - 3):
        yield f"the first {part} bytes of an INVITE", whole[:part]
