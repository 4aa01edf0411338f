#include "media/udp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"
#include "media/rtp.hpp"

namespace media {
namespace {

sockaddr_in to_system(const Address& address) {
    sockaddr_in system{};
    system.sin_family = AF_INET;
    system.sin_addr.s_addr = htonl(address.ip);
    system.sin_port = htons(address.port);
    return system;
}

Address from_system(const sockaddr_in& system) {
    return {.ip = ntohl(system.sin_addr.s_addr), .port = ntohs(system.sin_port)};
}

std::int64_t stamp_of(const msghdr& message) {
    for (const cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
         item = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(item))) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
        timespec stamp;
        std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
        return std::int64_t{stamp.tv_sec} * 1'000'000 + stamp.tv_nsec / 1'000;
    }
    return 0;
}

}  // namespace

std::optional<Address> parse_address(const std::string& ip, std::uint16_t port) {
    in_addr parsed{};
    if (inet_pton(AF_INET, ip.c_str(), &parsed) != 1) return std::nullopt;
    return Address{.ip = ntohl(parsed.s_addr), .port = port};
}

Result<int, BindFault> bind_udp(const Address& at) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return fail(BindFault::no_descriptors);
    // Neither option decides whether sound flows: a kernel that refuses them is taken as it is.
    const int speech = IPTOS_DSCP_EF, on = 1;
    (void)setsockopt(socket, IPPROTO_IP, IP_TOS, &speech, sizeof speech);
    (void)setsockopt(socket, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    const sockaddr_in system = to_system(at);
    if (bind(socket, reinterpret_cast<const sockaddr*>(&system), sizeof system) != 0) {
        const int why = errno;
        close_udp(socket);
        return fail(why == EADDRINUSE || why == EACCES ? BindFault::port_taken
                                                       : BindFault::bad_address);
    }
    return socket;
}

void close_udp(int socket) noexcept { (void)close(socket); }

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

bool send_udp(int socket, const Address& to, std::span<const std::uint8_t> front,
              std::span<const std::uint8_t> back) noexcept REALTIME {
    sockaddr_in system = to_system(to);
    std::array<iovec, 2> pieces{{{const_cast<std::uint8_t*>(front.data()), front.size()},
                                 {const_cast<std::uint8_t*>(back.data()), back.size()}}};
    msghdr message{};
    message.msg_name = &system;
    message.msg_namelen = sizeof system;
    message.msg_iov = pieces.data();
    message.msg_iovlen = back.empty() ? 1 : 2;
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

struct Batch::Buffers {
    // One byte more than we take, so that a packet that is too long is seen to be.
    std::array<std::array<std::uint8_t, packet_bytes_max + 1>, packets_max> bytes;
    std::array<std::array<std::uint8_t, 64>, packets_max> control;
    std::array<sockaddr_in, packets_max> from;
    std::array<iovec, packets_max> pieces;
    std::array<mmsghdr, packets_max> messages{};
    std::array<Datagram, packets_max> datagrams;
};

Batch::Batch() : buffers_(std::make_unique<Buffers>()) {
    for (std::size_t i = 0; i < packets_max; ++i) {
        buffers_->pieces[i] = {buffers_->bytes[i].data(), buffers_->bytes[i].size()};
        msghdr& message = buffers_->messages[i].msg_hdr;
        message.msg_iov = &buffers_->pieces[i];
        message.msg_iovlen = 1;
        message.msg_name = &buffers_->from[i];
        message.msg_control = buffers_->control[i].data();
    }
}

Batch::~Batch() = default;

std::span<const Datagram> Batch::receive(int socket) noexcept REALTIME {
    for (mmsghdr& one : buffers_->messages) {  // the kernel overwrites both lengths
        one.msg_hdr.msg_namelen = sizeof(sockaddr_in);
        one.msg_hdr.msg_controllen = buffers_->control[0].size();
    }
    const int count =
        recvmmsg(socket, buffers_->messages.data(), packets_max, MSG_DONTWAIT, nullptr);
    if (count <= 0) return {};
    const auto got = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < got; ++i) {
        buffers_->datagrams[i] = {
            .from = from_system(buffers_->from[i]),
            .arrived_wall_us = stamp_of(buffers_->messages[i].msg_hdr),
            .bytes = std::span{buffers_->bytes[i]}.first(buffers_->messages[i].msg_len)};
    }
    return std::span{buffers_->datagrams}.first(got);
}

struct Poller::Inside {
    int epoll = -1;
    std::array<epoll_event, ready_max> events;
    std::array<std::uint64_t, ready_max> tags;
};

Poller::Poller() : inside_(std::make_unique<Inside>()) {
    inside_->epoll = epoll_create1(EPOLL_CLOEXEC);
    ASSERT(inside_->epoll >= 0);
}

Poller::~Poller() { (void)close(inside_->epoll); }

void Poller::add(int socket, std::uint64_t tag) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    const int failed = epoll_ctl(inside_->epoll, EPOLL_CTL_ADD, socket, &event);
    ASSERT(failed == 0 || errno == ENOMEM || errno == ENOSPC);
}

void Poller::remove(int socket) noexcept {
    (void)epoll_ctl(inside_->epoll, EPOLL_CTL_DEL, socket, nullptr);
}

std::span<const std::uint64_t> Poller::ready() noexcept REALTIME {
    const int count = epoll_wait(inside_->epoll, inside_->events.data(), ready_max, 0);
    if (count <= 0) return {};
    const auto got = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < got; ++i) inside_->tags[i] = inside_->events[i].data.u64;
    return std::span{inside_->tags}.first(got);
}

}  // namespace media
