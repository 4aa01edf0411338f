// Where telephones send from and are reached: on loopback some 64 of them behind one socket, each
// with an address of its own in 127.0.0.0/8; elsewhere each with a socket of its own.
//
// Thread: one owner. Memory: a few words per telephone. Time: opening waits for nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sim/load/plan.hpp"
#include "sim/load/sockets.hpp"

namespace sim {

class Doors {
public:
    static constexpr unsigned legs_per_door = 64;

    struct Place {
        std::uint32_t door = 0;
        media::Address address;     // what the server is told
        std::uint32_t from_ip = 0;  // for Outgoing
    };

    /// Refuses with a sentence: no port, no descriptor.
    [[nodiscard]] static Result<Doors, std::string> open(const LoadPlan& plan);

    [[nodiscard]] const std::vector<Place>& places() const { return places_; }
    [[nodiscard]] std::size_t count() const { return doors_.size(); }
    [[nodiscard]] const Socket& socket(std::size_t door) const { return doors_[door].sound; }
    /// Behind a door of many, the one that a packet to `to_ip` is for.
    [[nodiscard]] std::optional<std::uint32_t> leg_behind(std::size_t door,
                                                          std::uint32_t to_ip) const;
    [[nodiscard]] bool shared() const { return shared_; }

private:
    struct Door {
        Socket sound;
        Socket reports;  // the port after it, so that RTCP finds somebody; never read
        std::uint16_t port = 0;
        std::uint32_t ip_first = 0;
        std::vector<std::uint32_t> leg_by_ip;  // from ip_first on; none: nobody
    };

    [[nodiscard]] Done<std::string> open_pair(std::uint32_t ip, std::uint16_t port);
    [[nodiscard]] Done<std::string> open_next(std::uint32_t ip);
    void put(std::uint32_t leg, std::size_t door, std::uint32_t ip);
    [[nodiscard]] Done<std::string> open_named(const LoadPlan& plan);

    static constexpr std::uint32_t nobody = ~0u;

    bool shared_ = false;
    std::uint32_t port_next_ = 0;
    std::vector<Door> doors_;
    std::vector<Place> places_;
};

}  // namespace sim
