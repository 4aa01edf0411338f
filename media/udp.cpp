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
#include "base/spsc_ring.hpp"
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

std::size_t widen_buffers(int socket) noexcept {
    // What a packet of speech takes of a buffer: its bytes, a page's eighth and the kernel's books.
    constexpr int bytes_per_packet = 768, wanted = 8 << 20;
    (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof wanted);
    (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
    int granted = 0;
    socklen_t length = sizeof granted;
    if (getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &granted, &length) != 0) return 0;
    return static_cast<std::size_t>(granted / bytes_per_packet);
}

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
    // One byte more than we take, so that a packet that is too long is seen to be; and an odd
    // number of cache lines, so that the fronts of the packets do not all fall into one set.
    struct alignas(cache_line_bytes) Bytes {
        std::array<std::uint8_t, 25 * cache_line_bytes> bytes;
    };
    static_assert(sizeof(Bytes) > packet_bytes_max && sizeof(Bytes) / cache_line_bytes % 2 == 1);

    std::array<Bytes, packets_max> packets;
    std::array<std::array<std::uint8_t, 64>, packets_max> control;
    std::array<sockaddr_in, packets_max> from;
    std::array<iovec, packets_max> pieces;
    std::array<mmsghdr, packets_max> messages{};
    std::array<Datagram, packets_max> datagrams;
    std::size_t used = packets_max;  // by the last read: the kernel overwrote their lengths
};

Batch::Batch() : buffers_(std::make_unique<Buffers>()) {
    for (std::size_t i = 0; i < packets_max; ++i) {
        buffers_->pieces[i] = {buffers_->packets[i].bytes.data(), packet_bytes_max + 1};
        msghdr& message = buffers_->messages[i].msg_hdr;
        message.msg_iov = &buffers_->pieces[i];
        message.msg_iovlen = 1;
        message.msg_name = &buffers_->from[i];
        message.msg_control = buffers_->control[i].data();
    }
}

Batch::~Batch() = default;

std::span<const Datagram> Batch::receive(int socket) noexcept REALTIME {
    for (mmsghdr& one : std::span{buffers_->messages}.first(buffers_->used)) {
        one.msg_hdr.msg_namelen = sizeof(sockaddr_in);
        one.msg_hdr.msg_controllen = buffers_->control[0].size();
    }
    const int count =
        recvmmsg(socket, buffers_->messages.data(), packets_max, MSG_DONTWAIT, nullptr);
    buffers_->used = count <= 0 ? 1 : static_cast<std::size_t>(count);
    if (count <= 0) return {};
    const auto got = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < got; ++i) {
        buffers_->datagrams[i] = {
            .from = from_system(buffers_->from[i]),
            .arrived_wall_us = stamp_of(buffers_->messages[i].msg_hdr),
            .bytes = std::span{buffers_->packets[i].bytes}.first(buffers_->messages[i].msg_len)};
    }
    return std::span{buffers_->datagrams}.first(got);
}

struct Outbox::Tray {
    int socket = -1;
    std::size_t count = 0, used_bytes = 0;
    std::array<mmsghdr, packets_max> messages{};
    std::array<iovec, packets_max> pieces;
    std::array<sockaddr_in, packets_max> to;
    // Packets stand one behind the other, so small ones touch little memory.
    std::array<std::uint8_t, packets_max * 2'048> bytes;
};

Outbox::Outbox() : trays_(std::make_unique<std::array<Tray, sockets_max>>()) {
    for (Tray& tray : *trays_) {
        for (std::size_t i = 0; i < packets_max; ++i) {
            msghdr& message = tray.messages[i].msg_hdr;
            message.msg_name = &tray.to[i];
            message.msg_namelen = sizeof(sockaddr_in);
            message.msg_iov = &tray.pieces[i];
            message.msg_iovlen = 1;
        }
    }
}

Outbox::~Outbox() = default;

Outbox::Tray& Outbox::tray_of(int socket) noexcept {
    for (Tray& tray : *trays_) {
        if (tray.socket == socket) return tray;
    }
    Tray& victim = (*trays_)[next_victim_];
    next_victim_ = (next_victim_ + 1) % sockets_max;
    send(victim);
    victim.socket = socket;
    return victim;
}

void Outbox::add(int socket, const Address& to, std::span<const std::uint8_t> front,
                 std::span<const std::uint8_t> back) noexcept REALTIME {
    Tray& tray = tray_of(socket);
    const std::size_t bytes = front.size() + back.size();
    if (tray.used_bytes + bytes > tray.bytes.size()) send(tray);
    if (bytes > tray.bytes.size()) return;  // no packet is: UDP ends at 64 kB, ours at 2
    std::uint8_t* at = tray.bytes.data() + tray.used_bytes;
    std::memcpy(at, front.data(), front.size());
    if (!back.empty()) std::memcpy(at + front.size(), back.data(), back.size());
    tray.pieces[tray.count] = {at, bytes};
    tray.to[tray.count] = to_system(to);
    tray.used_bytes += bytes;
    if (++tray.count == packets_max) send(tray);
}

void Outbox::send(Tray& tray) noexcept {
    for (std::size_t done = 0; done < tray.count;) {
        const int sent =
            sendmmsg(tray.socket, &tray.messages[done], static_cast<unsigned>(tray.count - done),
                     MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else {  // this one cannot go; the next may have another way
            ++refused_;
            ++done;
        }
    }
    tray.count = tray.used_bytes = 0;
}

void Outbox::flush() noexcept REALTIME {
    for (Tray& tray : *trays_) send(tray);
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
