// UDP sockets and epoll, the only file of media/ that
// knows them; to everybody else a socket is a number.
//
// Thread: every function may be called from any thread; a Batch belongs to one. Memory: fixed
// buffers, made in the constructors. Time: no call here waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/realtime.hpp"
#include "base/result.hpp"
#include "media/engine.hpp"

namespace media {

enum class BindFault : std::uint8_t { port_taken, no_descriptors, bad_address };

/// A non-blocking socket at `at`, whose packets are marked
/// for speech (DSCP EF, RFC 4594) and stamped on arrival.
[[nodiscard]] Result<int, BindFault> bind_udp(const Address& at);
void close_udp(int socket) noexcept;

/// Lets this process open as many descriptors as it is allowed to: two per leg are needed.
void raise_descriptor_limit() noexcept;

/// False: the packet did not go out (no buffer, no
/// route). Nobody waits for it; late sound is noise.
bool send_udp(int socket, const Address& to, std::span<const std::uint8_t> front,
              std::span<const std::uint8_t> back = {}) noexcept REALTIME;

struct Datagram {
    Address from;
    std::int64_t arrived_wall_us = 0;  // the kernel's stamp; 0: none
    std::span<const std::uint8_t> bytes;
};

/// Room for the packets of one read.
class Batch {
public:
    static constexpr std::size_t packets_max = 16;

    Batch();
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    /// What waits at `socket`, at most packets_max; valid until the next call. One system call.
    [[nodiscard]] std::span<const Datagram> receive(int socket) noexcept REALTIME;

private:
    struct Buffers;
    std::unique_ptr<Buffers> buffers_;
};

/// Tells which of many sockets have something. Sockets
/// may be added and removed while another thread asks.
class Poller {
public:
    static constexpr std::size_t ready_max = 1'024;

    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    void add(int socket, std::uint64_t tag) noexcept;
    void remove(int socket) noexcept;
    /// Tags of sockets with packets, at most ready_max;
    /// never waits. Who is not read comes again later.
    [[nodiscard]] std::span<const std::uint64_t> ready() noexcept REALTIME;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace media
