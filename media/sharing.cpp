#include "media/sharing.hpp"

#include "base/assert.hpp"

namespace media {
namespace {

constexpr std::size_t unreliable_max = 4'096;  // hosts; then we begin to trust anew

Address next_port(const Address& rtp) {
    return {.ip = rtp.ip, .port = static_cast<std::uint16_t>(rtp.port + 1)};
}

Address whole_host(std::uint32_t ip) { return {.ip = ip, .port = 0}; }

}  // namespace

bool Sharing::has_room(const SharedPort& port) const {
    const auto behind = behind_.find(port.index);
    return behind == behind_.end() || behind->second < port.legs_max;
}

bool Sharing::fits(const SharedPort& port, const Address& remote) const {
    return has_room(port) && !unreliable_.contains(remote.ip) &&
           port.rtp_sources.find(remote) == nullptr &&
           port.rtcp_sources.find(next_port(remote)) == nullptr;
}

void Sharing::join(LegId id, Leg& leg, SharedPort& port, const Address& remote) {
    Member& member = members_[id];
    ASSERT(member.leg == nullptr);
    member = {.leg = &leg, .port = &port, .remote = remote, .remote_rtcp = next_port(remote)};
    ++behind_[port.index];
    name(member);
    enter_host(id, member);
}

void Sharing::configure(LegId id, const LegConfig& config) {
    const auto found = members_.find(id);
    // Put on hold by the old way (0.0.0.0), a phone keeps its place.
    if (found == members_.end() || !config.remote || !may_share({.remote = config.remote})) return;
    Member& member = found->second;
    const Address rtcp = config.remote_rtcp.value_or(next_port(*config.remote));
    if (member.remote == *config.remote && member.remote_rtcp == rtcp) return;
    const bool moved = member.remote != *config.remote;
    if (moved) leave_host(id, member);
    unname(member);
    if (moved && member.learned) {
        member.port->rtp_sources.erase(*member.learned);
        member.learned.reset();
    }
    member.remote = *config.remote;
    member.remote_rtcp = rtcp;
    name(member);
    if (!member.named || !member.named_rtcp) unnamed_.insert(id);
    if (!moved) return;
    member.spoke = member.heard = false;
    member.looks_quiet = 0;
    member.received_before = member.leg->statistics().packets_received;
    enter_host(id, member);
}

void Sharing::learn(const Learned& learned) {
    const auto found = members_.find(learned.leg);
    if (unreliable_.size() >= unreliable_max) unreliable_.clear();
    unreliable_.insert(learned.source.ip);
    if (found == members_.end()) return;  // closed meanwhile
    Member& member = found->second;
    if (learned.source.ip != member.remote.ip || member.learned == learned.source) return;
    if (!member.port->rtp_sources.insert(learned.source, member.leg)) return;
    if (member.learned) member.port->rtp_sources.erase(*member.learned);
    member.learned = learned.source;
}

void Sharing::leave(LegId id) {
    const auto found = members_.find(id);
    if (found == members_.end()) return;
    Member& member = found->second;
    leave_host(id, member);
    unname(member);
    if (member.learned) member.port->rtp_sources.erase(*member.learned);
    --behind_[member.port->index];
    unnamed_.erase(id);
    members_.erase(found);
}

void Sharing::keep_house() {
    for (auto each = silent_.begin(); each != silent_.end();) {
        const LegId id = *each++;  // it may leave the set below
        Member& member = members_.at(id);
        const bool hears = member.leg->statistics().packets_received > member.received_before;
        // Believed when seen twice: what the worker learned with its first packet has come by then.
        if (hears && member.heard) {
            member.spoke = true;
            silent_.erase(id);
            hosts_.at({member.port->index, member.remote.ip}).silent.erase(id);
            settle({member.port->index, member.remote.ip}, *member.port);
        }
        member.heard = hears;
    }
    for (auto each = unnamed_.begin(); each != unnamed_.end();) {
        Member& member = members_.at(*each);
        name(member);
        each = member.named && member.named_rtcp ? unnamed_.erase(each) : std::next(each);
    }
}

void Sharing::look_for_silence() {
    for (auto& [id, member] : members_) {
        if (!member.spoke) continue;
        const HostKey key{member.port->index, member.remote.ip};
        std::set<LegId>& fell_silent = hosts_.at(key).fell_silent;
        const std::uint64_t received = member.leg->statistics().packets_received;
        member.looks_quiet = received == member.received_at_look ? member.looks_quiet + 1 : 0;
        member.received_at_look = received;
        const bool changed = member.looks_quiet >= quiet_looks ? fell_silent.insert(id).second
                                                               : fell_silent.erase(id) > 0;
        if (changed) settle(key, *member.port);
    }
}

void Sharing::name(Member& member) {
    if (!member.named) member.named = member.port->rtp_sources.insert(member.remote, member.leg);
    if (!member.named_rtcp)
        member.named_rtcp = member.port->rtcp_sources.insert(member.remote_rtcp, member.leg);
}

void Sharing::unname(Member& member) {
    if (member.named) member.port->rtp_sources.erase(member.remote);
    if (member.named_rtcp) member.port->rtcp_sources.erase(member.remote_rtcp);
    member.named = member.named_rtcp = false;
}

void Sharing::enter_host(LegId id, const Member& member) {
    const HostKey key{member.port->index, member.remote.ip};
    hosts_[key].legs.insert(id);
    hosts_[key].silent.insert(id);
    silent_.insert(id);
    settle(key, *member.port);
}

void Sharing::leave_host(LegId id, const Member& member) {
    const HostKey key{member.port->index, member.remote.ip};
    hosts_.at(key).legs.erase(id);
    hosts_.at(key).silent.erase(id);
    hosts_.at(key).fell_silent.erase(id);
    silent_.erase(id);
    settle(key, *member.port);
    if (hosts_.at(key).legs.empty()) hosts_.erase(key);
}

// A packet from an unknown port of a host goes to its only leg that has not spoken yet, or, when
// all have, to the only one that has stopped; RTCP, whose ports are told even less often, to its
// only leg. Where there are two nobody gets it.
void Sharing::settle(const HostKey& key, SharedPort& port) {
    Host& host = hosts_.at(key);
    const auto only = [](const std::set<LegId>& legs) {
        return legs.size() == 1 ? std::optional{*legs.begin()} : std::nullopt;
    };
    const auto put = [&](SourceTable& table, std::optional<LegId>& now,
                         const std::optional<LegId>& wanted) {
        if (now == wanted) return;
        if (now) table.erase(whole_host(key.second));
        now = wanted;
        if (now && !table.insert(whole_host(key.second), members_.at(*now).leg)) now.reset();
    };
    put(port.rtp_sources, host.rtp_rule,
        only(host.silent.empty() ? host.fell_silent : host.silent));
    put(port.rtcp_sources, host.rtcp_rule, only(host.legs));
}

}  // namespace media
