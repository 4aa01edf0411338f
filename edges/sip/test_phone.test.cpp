// See test_phone.hpp.
#include "edges/sip/test_phone.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/secrets.hpp"
#include "edges/sip/digest.hpp"

namespace sip::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

std::string header(const std::string& message, const std::string& name) {
    const std::string head = message.substr(0, message.find("\r\n\r\n"));
    const std::size_t at = head.find("\r\n" + name + ":");
    if (at == std::string::npos) return {};
    std::size_t begin = at + name.size() + 3;
    while (begin < head.size() && head[begin] == ' ') ++begin;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string body(const std::string& message) {
    const std::size_t at = message.find("\r\n\r\n");
    return at == std::string::npos ? std::string{} : message.substr(at + 4);
}

int status(const std::string& message) {
    return message.starts_with("SIP/2.0 ") ? std::stoi(message.substr(8, 3)) : 0;
}

std::string method(const std::string& message) {
    if (status(message) == 0) return message.substr(0, message.find(' '));
    const std::string cseq = header(message, "CSeq");
    return cseq.substr(cseq.find(' ') + 1);
}

std::string sdp(std::uint16_t port, const std::string& formats, const std::string& direction) {
    return "v=0\r\no=test 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " +
           std::to_string(port) + " RTP/AVP " + formats +
           "\r\na=rtpmap:101 telephone-event/8000\r\na=" + direction + "\r\n";
}

TestPhone::TestPhone(std::uint16_t port, std::uint16_t server_port, bool tcp)
    : socket_(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0)),
      port_(port),
      server_port_(server_port),
      tcp_(tcp) {
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in here = loopback(port), there = loopback(server_port);
    const int bound = ::bind(socket_, reinterpret_cast<const sockaddr*>(&here), sizeof here);
    ASSERT(bound == 0);
    sockaddr_in mine{};
    socklen_t length = sizeof mine;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&mine), &length);
    port_ = ntohs(mine.sin_port);
    if (!tcp) return;
    const int connected =
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof there);
    ASSERT(connected == 0);
}

TestPhone::~TestPhone() { ::close(socket_); }

std::string TestPhone::contact(const std::string& user) const {
    return "sip:" + user + "@" + host + ":" + std::to_string(port_) +
           (tcp_ ? ";transport=tcp" : "");
}

Exchange TestPhone::exchange(const std::string& user, const std::string& called) {
    const std::string id = std::to_string(port_) + "-" + base::hex(base::random_bytes(6));
    Exchange made;
    made.user = user;
    made.called = called;
    made.call_id = "call-" + id;
    made.tag = "tag-" + id;
    return made;
}

void TestPhone::send(const std::string& packet) {
    const sockaddr_in there = loopback(server_port_);
    const auto* address = tcp_ ? nullptr : reinterpret_cast<const sockaddr*>(&there);
    const auto sent = ::sendto(socket_, packet.data(), packet.size(), MSG_NOSIGNAL, address,
                               tcp_ ? 0 : sizeof there);
    ASSERT(sent == static_cast<ssize_t>(packet.size()));
}

void TestPhone::request(Exchange& with, const std::string& method, const std::string& extra,
                        const std::string& type, const std::string& payload) {
    if (method != "ACK" && method != "CANCEL") ++with.cseq;
    if (method != "CANCEL")
        with.branch = "z9hG4bK" + std::to_string(port_) + "-" + with.tag + std::to_string(next_++);
    const std::string server = "127.0.0.1:" + std::to_string(server_port_);
    const std::string address = "sip:" + with.called + (with.called.empty() ? "" : "@") + server;
    const bool inside = !with.remote_contact.empty() && method != "CANCEL";
    const std::string to_user = method == "REGISTER" ? with.user : with.called;
    std::string out = method + " " + (inside ? with.remote_contact : address) + " SIP/2.0\r\n";
    out += std::string{"Via: SIP/2.0/"} + (tcp_ ? "TCP" : "UDP") +
           " 127.0.0.1:" + std::to_string(port_) + ";branch=" + with.branch + "\r\n";
    out += "Max-Forwards: 70\r\nFrom: <sip:" + with.user + "@127.0.0.1>;tag=" + with.tag + "\r\n";
    out += "To: <sip:" + to_user + "@" + server + ">" +
           (with.remote_tag.empty() || method == "CANCEL" ? "" : ";tag=" + with.remote_tag) +
           "\r\n";
    out += "Call-ID: " + with.call_id + "\r\nCSeq: " + std::to_string(with.cseq) + " " + method +
           "\r\n";
    if (extra.find("Contact:") == std::string::npos && (method == "INVITE" || method == "UPDATE")) {
        out += "Contact: <" + contact(with.user) + ">\r\n";
    }
    out += extra;
    if (!type.empty()) out += "Content-Type: " + type + "\r\n";
    out += "Content-Length: " + std::to_string(payload.size()) + "\r\n\r\n" + payload;
    send(out);
}

std::string TestPhone::authorized(Exchange& with, const std::string& method,
                                  const std::string& password, const std::string& extra,
                                  const std::string& type, const std::string& payload) {
    request(with, method, extra, type, payload);
    const std::string challenged = final_response(with);
    if (status(challenged) != 401) return challenged;
    if (method ==
        "INVITE") {  // RFC 3261, 17.1.1.3: the ACK of a failure belongs to its transaction
        const std::string branch = with.branch;
        Exchange same = with;
        const std::string to = header(challenged, "To");
        same.remote_tag = to.substr(to.find("tag=") + 4);
        request(same, "ACK");
        with.branch = branch;
    }
    const auto asked = parse_authorization(header(challenged, "WWW-Authenticate"));
    ASSERT(asked.has_value());
    Credentials credentials;
    credentials.username = with.user;
    credentials.realm = asked->realm;
    credentials.nonce = asked->nonce;
    credentials.uri = "sip:127.0.0.1";
    credentials.qop = "auth";
    credentials.nc = "00000001";
    credentials.cnonce = "c0ffee";
    credentials.algorithm = "MD5";
    credentials.response =
        digest_response(base::digest_ha1(with.user, asked->realm, password), method, credentials);
    request(with, method, extra + "Authorization: " + print_authorization(credentials) + "\r\n",
            type, payload);
    return final_response(with);
}

void TestPhone::respond(const std::string& request, int code, const std::string& extra,
                        const std::string& payload) {
    std::string out = "SIP/2.0 " + std::to_string(code) + " Test\r\n";
    std::size_t at = 0;
    while ((at = request.find("\r\nVia:", at)) != std::string::npos) {  // all of them, in order
        at += 2;
        out += request.substr(at, request.find("\r\n", at) - at) + "\r\n";
    }
    std::string to = header(request, "To");
    if (to.find("tag=") == std::string::npos && code > 100) to += ";tag=" + tag;
    out += "From: " + header(request, "From") + "\r\nTo: " + to +
           "\r\nCall-ID: " + header(request, "Call-ID") + "\r\nCSeq: " + header(request, "CSeq") +
           "\r\n";
    if (code > 100 && code < 300) out += "Contact: <" + contact("phone") + ">\r\n";
    out += extra;
    if (!payload.empty()) out += "Content-Type: application/sdp\r\n";
    send(out + "Content-Length: " + std::to_string(payload.size()) + "\r\n\r\n" + payload);
}

std::string TestPhone::read_packet(int timeout_ms) {
    for (;;) {
        const std::size_t head = stream_.find("\r\n\r\n");
        if (tcp_ && head != std::string::npos) {
            const std::string length = header(stream_.substr(0, head + 4), "Content-Length");
            const std::size_t bytes = head + 4 + (length.empty() ? 0 : std::stoul(length));
            if (stream_.size() >= bytes) {
                const std::string packet = stream_.substr(0, bytes);
                stream_.erase(0, bytes);
                return packet;
            }
        }
        pollfd readable{socket_, POLLIN, 0};
        if (::poll(&readable, 1, timeout_ms) <= 0) return {};
        std::string packet(65536, '\0');
        const auto bytes = ::recv(socket_, packet.data(), packet.size(), 0);
        if (bytes <= 0) return {};
        packet.resize(static_cast<std::size_t>(bytes));
        if (!tcp_) return packet;
        stream_ += packet;
    }
}

std::string TestPhone::receive(const std::function<bool(const std::string&)>& wanted,
                               int timeout_ms) {
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        if (!wanted(kept_[i])) continue;
        std::string found = kept_[i];
        kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
        return found;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        std::string packet =
            left.count() <= 0 ? std::string{} : read_packet(static_cast<int>(left.count()));
        if (packet.empty()) return {};
        if (wanted(packet)) return packet;
        kept_.push_back(std::move(packet));
    }
}

std::string TestPhone::final_response(const Exchange& with, int timeout_ms) {
    return receive(
        [&](const std::string& packet) {
            return status(packet) >= 200 && header(packet, "Call-ID") == with.call_id &&
                   header(packet, "CSeq").starts_with(std::to_string(with.cseq) + " ");
        },
        timeout_ms);
}

std::string TestPhone::incoming(const std::string& name, int timeout_ms) {
    return receive(
        [&](const std::string& packet) { return status(packet) == 0 && method(packet) == name; },
        timeout_ms);
}

void TestPhone::acknowledge(Exchange& with, const std::string& response,
                            const std::string& payload) {
    const std::string to = header(response, "To"), contact_of = header(response, "Contact");
    with.remote_tag = to.substr(to.find("tag=") + 4);
    const std::size_t open = contact_of.find('<');
    with.remote_contact = contact_of.substr(open + 1, contact_of.find('>') - open - 1);
    request(with, "ACK", "", payload.empty() ? "" : "application/sdp", payload);
}

}  // namespace sip::testing
