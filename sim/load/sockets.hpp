// Sockets of the load generator: few of them, read and written in batches, the only file of sim/
// that knows them.
//
// On loopback every address of 127.0.0.0/8 is ours, so a thousand telephones with a thousand source
// addresses share a few sockets, and the cost of the generator stays small beside the server's
// (IP_PKTINFO names our address in each packet). Elsewhere a telephone has a socket of its own.
// Thread: one owner. Memory: fixed buffers. Time: no call here waits; the kernel stamps arrivals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "media/engine.hpp"

namespace sim {

[[nodiscard]] std::string text_of(const media::Address& address);
/// "192.0.2.1:5060"; none: not an IPv4 address and port.
[[nodiscard]] std::optional<media::Address> parse_endpoint(std::string_view text);

/// One UDP socket; moves, closes itself.
class Socket {
public:
    Socket() = default;
    Socket(Socket&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();

    /// `at.ip` 0: every address of this machine. `deep`: with room for a burst of many telephones.
    [[nodiscard]] static Result<Socket, std::string> bind(const media::Address& at, bool deep);
    [[nodiscard]] int number() const { return number_; }

private:
    explicit Socket(int number) : number_(number) {}
    int number_ = -1;
};

/// The address of this machine that packets to `peer` leave from.
[[nodiscard]] std::optional<std::uint32_t> address_towards(const media::Address& peer);
void raise_descriptor_limit();

/// A packet in two pieces; both live until flush().
struct Outgoing {
    std::uint32_t from_ip = 0;  // 0: the socket's own
    media::Address to;
    std::span<const std::uint8_t> front, back;
};

struct Incoming {
    std::uint32_t to_ip = 0;  // which of our addresses
    media::Address from;
    std::int64_t arrived_wall_us = 0;
    std::span<const std::uint8_t> bytes;
};

class Batch {
public:
    static constexpr std::size_t packets_max = 64;

    Batch();
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    /// Sends at most packets_max packets; one system call as a rule. Returns how many went out.
    std::size_t send(const Socket& socket, std::span<const Outgoing> packets);
    /// What waits, at most packets_max; valid until the next call.
    [[nodiscard]] std::span<const Incoming> receive(const Socket& socket);

private:
    struct Buffers;
    std::unique_ptr<Buffers> buffers_;
};

/// The answer to "GET path" of an HTTP server on `at`, body only; empty: none came. Waits, at most
/// two seconds.
[[nodiscard]] std::string http_get(const media::Address& at, const std::string& path);

}  // namespace sim
