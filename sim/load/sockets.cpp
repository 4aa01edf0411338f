#include "sim/load/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sim {
namespace {

constexpr std::size_t packet_bytes_max = 1'500;
constexpr int burst_bytes = 4 << 20;  // what the kernel cuts to its own limit

sockaddr_in to_system(const media::Address& address) {
    sockaddr_in system{};
    system.sin_family = AF_INET;
    system.sin_addr.s_addr = htonl(address.ip);
    system.sin_port = htons(address.port);
    return system;
}

void read_control(const msghdr& message, Incoming& packet) {
    for (const cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(item))) {
        if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
            timespec stamp;
            std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
            packet.arrived_wall_us = std::int64_t{stamp.tv_sec} * 1'000'000 + stamp.tv_nsec / 1'000;
        } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(item), sizeof info);
            packet.to_ip = ntohl(info.ipi_addr.s_addr);
        }
    }
}

}  // namespace

std::string text_of(const media::Address& address) {
    const std::uint32_t ip = address.ip;
    return std::to_string(ip >> 24) + "." + std::to_string(ip >> 16 & 255) + "." +
           std::to_string(ip >> 8 & 255) + "." + std::to_string(ip & 255) + ":" +
           std::to_string(address.port);
}

std::optional<media::Address> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (wrong != std::errc{} || end != digits.data() + digits.size() || port == 0)
        return std::nullopt;
    return media::parse_address(std::string{text.substr(0, colon)}, port);
}

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
}

Socket::~Socket() {
    if (number_ >= 0) (void)close(number_);
}

Result<Socket, std::string> Socket::bind(const media::Address& at, bool deep) {
    Socket made{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (made.number_ < 0)
        return fail("no socket: " + std::string{std::strerror(errno)} + " (ulimit -n?)");
    const int on = 1;
    (void)setsockopt(made.number_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (at.ip == 0) (void)setsockopt(made.number_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (deep) {
        (void)setsockopt(made.number_, SOL_SOCKET, SO_RCVBUF, &burst_bytes, sizeof burst_bytes);
        (void)setsockopt(made.number_, SOL_SOCKET, SO_SNDBUF, &burst_bytes, sizeof burst_bytes);
    }
    const sockaddr_in system = to_system(at);
    if (::bind(made.number_, reinterpret_cast<const sockaddr*>(&system), sizeof system) != 0)
        return fail("cannot bind " + text_of(at) + ": " + std::strerror(errno));
    return made;
}

std::optional<std::uint32_t> address_towards(const media::Address& peer) {
    const int probe = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return std::nullopt;
    sockaddr_in system = to_system(peer);
    socklen_t bytes = sizeof system;
    const bool known =
        connect(probe, reinterpret_cast<const sockaddr*>(&system), sizeof system) == 0 &&
        getsockname(probe, reinterpret_cast<sockaddr*>(&system), &bytes) == 0;
    (void)close(probe);
    if (!known) return std::nullopt;
    return ntohl(system.sin_addr.s_addr);
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

struct Batch::Buffers {
    struct alignas(cmsghdr) Control {
        std::array<std::uint8_t, CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(in_pktinfo))>
            bytes{};
    };
    std::array<std::array<std::uint8_t, packet_bytes_max>, packets_max> bytes;
    std::array<Control, packets_max> control_in, control_out;
    std::array<sockaddr_in, packets_max> peers_in, peers_out;
    std::array<iovec, packets_max> pieces_in;
    std::array<std::array<iovec, 2>, packets_max> pieces_out;
    std::array<mmsghdr, packets_max> messages_in{}, messages_out{};
    std::array<Incoming, packets_max> packets;
};

Batch::Batch() : buffers_(std::make_unique<Buffers>()) {
    Buffers& all = *buffers_;
    for (std::size_t i = 0; i < packets_max; ++i) {
        all.pieces_in[i] = {all.bytes[i].data(), all.bytes[i].size()};
        msghdr& in = all.messages_in[i].msg_hdr;
        in.msg_iov = &all.pieces_in[i];
        in.msg_iovlen = 1;
        in.msg_name = &all.peers_in[i];
        in.msg_control = &all.control_in[i];
        msghdr& out = all.messages_out[i].msg_hdr;
        out.msg_iov = all.pieces_out[i].data();
        out.msg_name = &all.peers_out[i];
        out.msg_namelen = sizeof(sockaddr_in);
        out.msg_control = &all.control_out[i];
        out.msg_controllen = CMSG_SPACE(sizeof(in_pktinfo));
        cmsghdr* item = CMSG_FIRSTHDR(&out);
        item->cmsg_level = IPPROTO_IP;
        item->cmsg_type = IP_PKTINFO;
        item->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    }
}

Batch::~Batch() = default;

std::size_t Batch::send(const Socket& socket, std::span<const Outgoing> packets) {
    Buffers& all = *buffers_;
    const std::size_t count = std::min(packets.size(), packets_max);
    for (std::size_t i = 0; i < count; ++i) {
        const Outgoing& packet = packets[i];
        all.peers_out[i] = to_system(packet.to);
        all.pieces_out[i] = {{{const_cast<std::uint8_t*>(packet.front.data()), packet.front.size()},
                              {const_cast<std::uint8_t*>(packet.back.data()), packet.back.size()}}};
        msghdr& out = all.messages_out[i].msg_hdr;
        out.msg_iovlen = packet.back.empty() ? 1 : 2;
        out.msg_control = packet.from_ip == 0 ? nullptr : &all.control_out[i];
        out.msg_controllen = packet.from_ip == 0 ? 0 : CMSG_SPACE(sizeof(in_pktinfo));
        if (packet.from_ip == 0) continue;
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(packet.from_ip);
        std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&out)), &info, sizeof info);
    }
    std::size_t sent = 0;
    for (std::size_t next = 0; next < count;) {
        const int done = sendmmsg(socket.number(), &all.messages_out[next],
                                  static_cast<unsigned>(count - next), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done > 0) sent += static_cast<std::size_t>(done);
        next += done > 0 ? static_cast<std::size_t>(done) : 1;  // the one that failed is lost
    }
    return sent;
}

std::span<const Incoming> Batch::receive(const Socket& socket) {
    Buffers& all = *buffers_;
    for (mmsghdr& one : all.messages_in) {  // the kernel overwrites both lengths
        one.msg_hdr.msg_namelen = sizeof(sockaddr_in);
        one.msg_hdr.msg_controllen = sizeof(Buffers::Control);
    }
    const int count =
        recvmmsg(socket.number(), all.messages_in.data(), packets_max, MSG_DONTWAIT, nullptr);
    if (count <= 0) return {};
    const auto got = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < got; ++i) {
        const sockaddr_in& from = all.peers_in[i];
        all.packets[i] = {.from = {ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)},
                          .bytes = std::span{all.bytes[i]}.first(all.messages_in[i].msg_len)};
        read_control(all.messages_in[i].msg_hdr, all.packets[i]);
    }
    return std::span{all.packets}.first(got);
}

std::string http_get(const media::Address& at, const std::string& path) {
    const int line = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line < 0) return {};
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    (void)setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(line, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const sockaddr_in system = to_system(at);
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: " + text_of(at) + "\r\nConnection: close\r\n\r\n";
    std::string answer;
    if (connect(line, reinterpret_cast<const sockaddr*>(&system), sizeof system) == 0 &&
        ::send(line, request.data(), request.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request.size())) {
        std::array<char, 4096> piece;
        for (ssize_t got = 0; (got = recv(line, piece.data(), piece.size(), 0)) > 0;)
            answer.append(piece.data(), static_cast<std::size_t>(got));
    }
    (void)close(line);
    const std::size_t body = answer.find("\r\n\r\n");
    return body == std::string::npos ? std::string{} : answer.substr(body + 4);
}

}  // namespace sim
