// UDP sockets and epoll, the only file of media/ that
// knows them; to everybody else a socket is a number.
//
// Thread: every function may be called from any thread; a Batch belongs to one. Memory: fixed
// buffers, made in the constructors. Time: no call here waits.
#pragma once

#include <array>
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
/// Asks for the largest buffers that the system grants, and returns how many packets of speech may
/// wait in the socket between two reads.
[[nodiscard]] std::size_t widen_buffers(int socket) noexcept;

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
    static constexpr std::size_t packets_max = 64;  // more at once is no cheaper: bench/sockets

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

/// Packets that leave a few sockets together: copied in one by one, sent when there are enough of
/// one socket, and at the latest by flush().
class Outbox {
public:
    static constexpr std::size_t packets_max = 64, sockets_max = 4;

    Outbox();
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;
    /// A fifth socket makes one of the four send what it has.
    void add(int socket, const Address& to, std::span<const std::uint8_t> front,
             std::span<const std::uint8_t> back = {}) noexcept REALTIME;
    void flush() noexcept REALTIME;
    /// Packets that the system did not take: no buffer, no route. Late sound is noise.
    [[nodiscard]] std::uint64_t refused() const noexcept REALTIME { return refused_; }

private:
    struct Tray;
    [[nodiscard]] Tray& tray_of(int socket) noexcept;
    void send(Tray& tray) noexcept;

    std::unique_ptr<std::array<Tray, sockets_max>> trays_;
    std::size_t next_victim_ = 0;
    std::uint64_t refused_ = 0;
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
