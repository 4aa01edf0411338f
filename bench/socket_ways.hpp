// The ways to move packets that bench/sockets compares: one socket for all, one for each.
//
// Thread: one. Memory: made in the constructors. Time: move() is called every 20 ms.
#pragma once

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>

namespace sockets {

constexpr std::size_t packet_bytes = 172;  // G.711, 20 ms
constexpr std::uint16_t phones_port = 30'000, server_port = 33'000;

inline void check(bool ok, const char* what) {
    if (ok) return;
    std::cerr << what << ": " << std::strerror(errno) << "\n";
    std::exit(1);
}

inline sockaddr_in at(std::size_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

inline int bound(std::size_t port, bool connect_to_phone = false, std::size_t phone = 0) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(fd >= 0, "socket");
    const sockaddr_in own = at(port);
    // io_uring lets go of its sockets only some time after its ring was closed.
    int tries = 100;
    while (bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 && --tries > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    check(tries > 0, "bind");
    const sockaddr_in peer = at(phones_port + phone);
    if (connect_to_phone)
        check(connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0, "connect");
    return fd;
}

inline void set(int fd, int level, int option, int value) {
    check(setsockopt(fd, level, option, &value, sizeof value) == 0, "setsockopt");
}

/// One way to move packets: told once how many legs there are, then ticked.
struct Way {
    virtual ~Way() = default;
    /// Receives what is there and sends one packet to every phone. Returns how many came in.
    virtual std::size_t move() = 0;
};

using Packet = std::array<std::uint8_t, packet_bytes + 1>;

// ---- one socket for all -----------------------------------------------------------------------

struct SharedOptions {
    std::size_t batch = 64;
    bool demultiplex = false, stamps = false, speech = false, two_pieces = false;
};

class Shared final : public Way {
public:
    Shared(std::size_t legs, SharedOptions options)
        : options_(options),
          fd_(bound(server_port)),
          packets_(options.batch),
          from_(options.batch),
          pieces_(2 * options.batch),
          control_(options.batch),
          messages_(options.batch),
          table_(8'192, -1),
          legs_(legs),
          seen_(legs) {
        set(fd_, SOL_SOCKET, SO_RCVBUF, 4 << 20);
        set(fd_, SOL_SOCKET, SO_SNDBUF, 4 << 20);
        if (options.stamps) set(fd_, SOL_SOCKET, SO_TIMESTAMPNS, 1);
        if (options.speech) set(fd_, IPPROTO_IP, IP_TOS, IPTOS_DSCP_EF);
        for (std::size_t i = 0; i < legs; ++i) {
            std::size_t slot = slot_of(at(phones_port + i));
            while (table_[slot] >= 0) slot = (slot + 1) % table_.size();
            table_[slot] = static_cast<int>(i);
        }
    }
    ~Shared() override { close(fd_); }

    std::size_t move() override {
        const std::size_t got = receive();
        send();
        return got;
    }

private:
    [[nodiscard]] std::size_t slot_of(const sockaddr_in& from) const {
        const std::uint64_t key = std::uint64_t{from.sin_addr.s_addr} << 16 | from.sin_port;
        return (key * 0x9e37'79b9'7f4a'7c15u >> 32) % table_.size();
    }
    std::size_t receive() {
        std::size_t all = 0;
        while (true) {
            for (std::size_t i = 0; i < options_.batch; ++i) {
                pieces_[i] = {packets_[i].data(), packets_[i].size()};
                msghdr& message = messages_[i].msg_hdr;
                message = {.msg_name = &from_[i],
                           .msg_namelen = sizeof(sockaddr_in),
                           .msg_iov = &pieces_[i],
                           .msg_iovlen = 1};
                if (options_.stamps) {
                    message.msg_control = control_[i].data();
                    message.msg_controllen = control_[i].size();
                }
            }
            const int count = recvmmsg(fd_, messages_.data(), static_cast<unsigned>(options_.batch),
                                       MSG_DONTWAIT, nullptr);
            if (count <= 0) return all;
            all += static_cast<std::size_t>(count);
            for (int i = 0; options_.demultiplex && i < count; ++i)
                find(from_[static_cast<std::size_t>(i)]);
            if (static_cast<std::size_t>(count) < options_.batch) return all;
        }
    }
    void find(const sockaddr_in& from) {
        std::size_t slot = slot_of(from);
        while (table_[slot] >= 0) {
            const auto leg = static_cast<std::size_t>(table_[slot]);
            if (htons(static_cast<std::uint16_t>(phones_port + leg)) == from.sin_port) {
                ++seen_[leg];
                return;
            }
            slot = (slot + 1) % table_.size();
        }
    }
    void send() {
        for (std::size_t first = 0; first < legs_; first += options_.batch) {
            const std::size_t count = std::min(options_.batch, legs_ - first);
            for (std::size_t i = 0; i < count; ++i) {
                from_[i] = at(phones_port + first + i);
                pieces_[2 * i] = {packets_[i].data(), options_.two_pieces ? 12 : packet_bytes};
                pieces_[2 * i + 1] = {packets_[0].data(), packet_bytes - 12};
                messages_[i].msg_hdr = {.msg_name = &from_[i],
                                        .msg_namelen = sizeof(sockaddr_in),
                                        .msg_iov = &pieces_[2 * i],
                                        .msg_iovlen = options_.two_pieces ? 2u : 1u};
            }
            check(sendmmsg(fd_, messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT) ==
                      static_cast<int>(count),
                  "sendmmsg");
        }
    }

    const SharedOptions options_;
    const int fd_;
    std::vector<Packet> packets_;
    std::vector<sockaddr_in> from_;
    std::vector<iovec> pieces_;
    std::vector<std::array<std::uint8_t, 64>> control_;
    std::vector<mmsghdr> messages_;
    std::vector<int> table_;
    const std::size_t legs_;
    std::vector<std::uint64_t> seen_;
};

// ---- a socket for each ------------------------------------------------------------------------

class Own final : public Way {
public:
    struct Options {
        bool connected = false, stamps = false, speech = false;
    };
    Own(std::size_t legs, Options options)
        : connected_(options.connected), epoll_(epoll_create1(EPOLL_CLOEXEC)), events_(1'024) {
        for (std::size_t i = 0; i < legs; ++i) {
            fds_.push_back(bound(server_port + i, options.connected, i));
            if (options.stamps) set(fds_.back(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
            if (options.speech) set(fds_.back(), IPPROTO_IP, IP_TOS, IPTOS_DSCP_EF);
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fds_.back(), &event) == 0, "epoll_ctl");
        }
    }
    ~Own() override {
        for (const int fd : fds_) close(fd);
        close(epoll_);
    }
    std::size_t move() override {
        std::size_t all = 0;
        int ready = 0;
        do {
            ready = epoll_wait(epoll_, events_.data(), 1'024, 0);
            for (int i = 0; i < ready; ++i)
                all += receive(fds_[events_[static_cast<std::size_t>(i)].data.u64]);
        } while (ready == 1'024);
        for (std::size_t i = 0; i < fds_.size(); ++i) send(i);
        return all;
    }

private:
    std::size_t receive(int fd) {
        for (std::size_t i = 0; i < 16; ++i) {
            pieces_[i] = {packets_[i].data(), packets_[i].size()};
            messages_[i].msg_hdr = {.msg_name = &from_[i],
                                    .msg_namelen = sizeof(sockaddr_in),
                                    .msg_iov = &pieces_[i],
                                    .msg_iovlen = 1,
                                    .msg_control = control_[i].data(),
                                    .msg_controllen = 64};
        }
        return static_cast<std::size_t>(
            std::max(0, recvmmsg(fd, messages_.data(), 16, MSG_DONTWAIT, nullptr)));
    }
    void send(std::size_t leg) {
        sockaddr_in to = at(phones_port + leg);
        std::array<iovec, 2> pieces{
            {{packets_[0].data(), 12}, {packets_[1].data(), packet_bytes - 12}}};
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = 2;
        if (!connected_) {
            message.msg_name = &to;
            message.msg_namelen = sizeof to;
        }
        check(sendmsg(fds_[leg], &message, MSG_DONTWAIT) > 0, "sendmsg");
    }

    const bool connected_;
    const int epoll_;
    std::vector<int> fds_;
    std::vector<epoll_event> events_;
    std::array<Packet, 16> packets_{};
    std::array<sockaddr_in, 16> from_{};
    std::array<iovec, 16> pieces_{};
    std::array<std::array<std::uint8_t, 64>, 16> control_{};
    std::array<mmsghdr, 16> messages_{};
};

}  // namespace sockets
