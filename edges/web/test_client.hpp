// A client for tests: plain blocking sockets, HTTP/1.1 and WebSocket by hand, so that it can also
// send what no library would. Every read gives up after some seconds, so that a failing test ends.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace web::testing {

using nlohmann::json;

class Socket {
public:
    explicit Socket(std::uint16_t port, int receive_bytes = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_bytes > 0)
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
        const timeval patience{.tv_sec = 8, .tv_usec = 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    }
    ~Socket() { ::close(fd_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Exactly `count` bytes, or nothing: the peer closed, or patience ended.
    std::optional<std::string> take(std::size_t count) {
        while (buffer_.size() < count) {
            if (!fill()) return std::nullopt;
        }
        std::string out = buffer_.substr(0, count);
        buffer_.erase(0, count);
        return out;
    }
    /// Up to and with `mark`.
    std::optional<std::string> take_until(std::string_view mark) {
        for (;;) {
            const std::size_t found = buffer_.find(mark);
            if (found != std::string::npos) return take(found + mark.size());
            if (!fill()) return std::nullopt;
        }
    }
    /// True when the peer closes (and not when patience ends first); what it sends before is
    /// dropped.
    bool closes() {
        char bytes[4096];
        for (;;) {
            const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
            if (got == 0) return true;
            if (got < 0) return errno == ECONNRESET;
        }
    }
    [[nodiscard]] bool connected() const { return connected_; }

private:
    bool fill() {
        char bytes[16384];
        const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }
    int fd_;
    bool connected_ = false;
    std::string buffer_;
};

struct Reply {
    int status = 0;  // 0: no answer came
    std::string headers, body;
    [[nodiscard]] json at() const { return json::parse(body, nullptr, false); }
};

inline Reply read_reply(Socket& socket) {
    Reply reply;
    const auto head = socket.take_until("\r\n\r\n");
    if (!head || head->size() < 12) return reply;
    reply.status = std::atoi(head->substr(9, 3).c_str());
    reply.headers = *head;
    std::string lower = *head;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::size_t length = lower.find("content-length: ");
    if (length != std::string::npos) {
        const auto body = socket.take(std::strtoul(lower.c_str() + length + 16, nullptr, 10));
        if (body) reply.body = *body;
    }
    return reply;
}

/// One request on a connection of its own.
inline Reply http(std::uint16_t port, const std::string& method, const std::string& target,
                  const json& body = nullptr, const std::string& token = "",
                  const std::string& more_headers = "") {
    Socket socket(port);
    const std::string text = body.is_null()     ? ""
                             : body.is_string() ? body.get<std::string>()
                                                : body.dump();
    std::string request = method + " " + target +
                          " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) +
                          "\r\nConnection: close\r\n" + more_headers;
    if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
    if (!text.empty()) request += "Content-Type: application/json\r\n";
    request += "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    socket.send(request);
    return read_reply(socket);
}

class WebSocket {
public:
    explicit WebSocket(std::uint16_t port, const std::string& origin = "", int receive_bytes = 0)
        : socket_(port, receive_bytes) {
        std::string request =
            "GET /api/ws HTTP/1.1\r\nHost: localhost:" + std::to_string(port) +
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
        if (!origin.empty()) request += "Origin: " + origin + "\r\n";
        socket_.send(request + "\r\n");
        const auto head = socket_.take_until("\r\n\r\n");
        if (head && head->size() > 12) status = std::atoi(head->substr(9, 3).c_str());
    }

    /// RFC 6455, 5.2: final, opcode, masked with zeros (which leaves the text readable).
    static std::string frame(unsigned opcode, std::string_view text) {
        std::string out(1, static_cast<char>(0x80 | opcode));
        if (text.size() < 126) {
            out += static_cast<char>(0x80 | text.size());
        } else if (text.size() < 65'536) {
            out += static_cast<char>(0x80 | 126);
            out += static_cast<char>(text.size() >> 8);
            out += static_cast<char>(text.size() & 0xff);
        } else {
            out += static_cast<char>(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8)
                out += static_cast<char>(text.size() >> shift & 0xff);
        }
        return out + std::string(4, '\0') + std::string(text);
    }

    bool send(const json& frame_json) { return socket_.send(frame(1, frame_json.dump())); }
    bool send_text(std::string_view text) { return socket_.send(frame(1, text)); }
    bool send_raw(std::string_view bytes) { return socket_.send(bytes); }

    /// The next text frame; null when the socket closed (then close_code is set) or patience ended.
    json next() {
        for (;;) {
            const auto head = socket_.take(2);
            if (!head) return nullptr;
            const unsigned opcode = static_cast<unsigned char>((*head)[0]) & 0x0f;
            std::size_t bytes = static_cast<unsigned char>((*head)[1]) & 0x7f;
            if (bytes >= 126) {
                const auto more = socket_.take(bytes == 126 ? 2 : 8);
                if (!more) return nullptr;
                bytes = 0;
                for (const char c : *more) bytes = bytes << 8 | static_cast<unsigned char>(c);
            }
            const auto payload = socket_.take(bytes);
            if (!payload) return nullptr;
            if (opcode == 9) socket_.send(frame(10, *payload));
            if (opcode == 8) {
                if (payload->size() >= 2) {
                    close_code = static_cast<unsigned char>((*payload)[0]) * 256u +
                                 static_cast<unsigned char>((*payload)[1]);
                    close_reason = payload->substr(2);
                }
                socket_.send(frame(8, *payload));
                return nullptr;
            }
            if (opcode == 1) return json::parse(*payload, nullptr, false);
        }
    }

    /// The next frame of this type; others are put aside into `others`.
    json next(const std::string& type) {
        for (;;) {
            json one = next();
            if (one.is_null() || one.value("type", "") == type) return one;
            others.push_back(std::move(one));
        }
    }

    /// Signs in and returns the welcome.
    json hello(const std::string& token) {
        send({{"type", "hello"}, {"token", token}});
        return next();
    }

    Socket& socket() { return socket_; }

    int status = 0;
    unsigned close_code = 0;
    std::string close_reason;
    std::vector<json> others;

private:
    Socket socket_;
};

}  // namespace web::testing
