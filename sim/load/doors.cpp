#include "sim/load/doors.hpp"

#include <algorithm>

namespace sim {
namespace {

constexpr std::uint32_t loopback_first = 0x7f010001;  // 127.1.0.1
constexpr bool is_loopback(std::uint32_t ip) { return ip >> 24 == 127; }

}  // namespace

Done<std::string> Doors::open_pair(std::uint32_t ip, std::uint16_t port) {
    const std::uint32_t at = shared_ ? 0 : ip;
    auto sound = Socket::bind({at, port}, shared_);
    if (!sound.ok()) return fail(sound.error());
    auto reports = Socket::bind({at, static_cast<std::uint16_t>(port + 1)}, false);
    if (!reports.ok()) return fail(reports.error());
    doors_.push_back(
        {.sound = std::move(sound).value(), .reports = std::move(reports).value(), .port = port});
    return {};
}

// On the next even port that is free.
Done<std::string> Doors::open_next(std::uint32_t ip) {
    std::string why = "every port is taken";
    while (port_next_ < 65'000) {
        const auto port = static_cast<std::uint16_t>(port_next_);
        port_next_ += 2;
        const auto done = open_pair(ip, port);
        if (done.ok()) return {};
        why = done.error();
        if (why.starts_with("no socket")) break;
    }
    return fail(why);
}

void Doors::put(std::uint32_t leg, std::size_t door, std::uint32_t ip) {
    Door& one = doors_[door];
    if (one.leg_by_ip.empty()) one.ip_first = ip;
    if (one.leg_by_ip.size() <= ip - one.ip_first)
        one.leg_by_ip.resize(ip - one.ip_first + 1, nobody);
    one.leg_by_ip[ip - one.ip_first] = leg;
    places_.push_back({.door = static_cast<std::uint32_t>(door),
                       .address = {ip, one.port},
                       .from_ip = shared_ ? ip : 0});
}

// Addresses that the server has been told already; their order is that of the ports.
Done<std::string> Doors::open_named(const LoadPlan& plan) {
    for (std::uint32_t leg = 0; leg < plan.legs; ++leg) {
        const media::Address& local = *plan.endpoints[leg].local;
        if (doors_.empty() || doors_.back().port != local.port ||
            (!shared_ && places_.back().address.ip != local.ip)) {
            if (auto done = open_pair(local.ip, local.port); !done.ok()) return done;
        }
        const Door& door = doors_.back();
        if (!door.leg_by_ip.empty() && (local.ip < door.ip_first || local.ip - door.ip_first > 255))
            return fail(
                std::string{"local addresses of one port must ascend, at most 256 of them"});
        put(leg, doors_.size() - 1, local.ip);
    }
    return {};
}

Result<Doors, std::string> Doors::open(const LoadPlan& plan) {
    const media::Address server = plan.sip ? *plan.sip : plan.endpoints.front().remote;
    const auto ours = address_towards(server);
    if (!ours) return fail("there is no way to " + text_of(server));
    Doors doors;
    doors.shared_ = is_loopback(server.ip);
    doors.port_next_ = (plan.port_first + 1u) & ~1u;
    const bool named = std::ranges::any_of(
        plan.endpoints, [](const EndpointPlan& endpoint) { return endpoint.local.has_value(); });
    if (named) {
        if (auto done = doors.open_named(plan); !done.ok()) return fail(done.error());
        return doors;
    }
    for (std::uint32_t leg = 0; leg < plan.legs; ++leg) {
        if (!doors.shared_ || leg % legs_per_door == 0) {
            if (auto done = doors.open_next(*ours); !done.ok()) return fail(done.error());
        }
        doors.put(leg, doors.doors_.size() - 1,
                  doors.shared_ ? loopback_first + leg % legs_per_door : *ours);
    }
    return doors;
}

std::optional<std::uint32_t> Doors::leg_behind(std::size_t door, std::uint32_t to_ip) const {
    const Door& one = doors_[door];
    if (!shared_ && !one.leg_by_ip.empty()) return one.leg_by_ip.front();
    if (to_ip < one.ip_first || to_ip - one.ip_first >= one.leg_by_ip.size()) return std::nullopt;
    const std::uint32_t leg = one.leg_by_ip[to_ip - one.ip_first];
    if (leg == nobody) return std::nullopt;
    return leg;
}

}  // namespace sim
