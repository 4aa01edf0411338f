// The control side's books of shared ports: who is behind which, by what address they are known,
// and which leg of a host is the only one that has not spoken yet, or has stopped.
//
//     join --> addresses into the port's tables --> a packet from elsewhere is accepted by the
//     leg --> learned --> one address more       leave --> all of them out again
//
// Thread: under the engine's lock. Memory: grows with legs and ports. Time: O(log legs) a call;
// keep_house looks at the legs that have not spoken yet, look_for_silence at all.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "media/engine.hpp"
#include "media/leg.hpp"
#include "media/shared_port.hpp"

namespace media {

/// A worker's word: `leg` accepted a packet from `source`, which no table names.
struct Learned {
    LegId leg = 0;
    Address source;
};

class Sharing {
public:
    /// May a leg with this peer stand behind a shared port?
    [[nodiscard]] static bool may_share(const PeerHint& peer) {
        return peer.remote && peer.remote->ip != 0 && peer.remote->port != 0 && !peer.behind_nat;
    }
    /// Room for one more, nobody there with that address, and a host that keeps its word: one that
    /// was seen to send from another port than it said gets ports of its own from then on.
    [[nodiscard]] bool fits(const SharedPort& port, const Address& remote) const;
    [[nodiscard]] bool has_room(const SharedPort& port) const;
    /// `leg` stands behind `port` from now on. `fits` was true.
    void join(LegId id, Leg& leg, SharedPort& port, const Address& remote);
    /// What signalling says now; nothing for a leg that does not share. A new address that another
    /// leg of the port has is waited for: it is tried again whenever the house is kept.
    void configure(LegId id, const LegConfig& config);
    void learn(const Learned& learned);
    void leave(LegId id);
    [[nodiscard]] std::size_t count() const { return members_.size(); }

    void keep_house();
    /// Once a second. Who sent, and has not for quiet_looks of them, may have got another port from
    /// its NAT: it is looked for by its host again, as its latch opens then too. O(legs).
    void look_for_silence();
    static constexpr unsigned quiet_looks = 3;

private:
    struct Member {
        Leg* leg = nullptr;
        SharedPort* port = nullptr;
        Address remote, remote_rtcp;
        std::optional<Address> learned;
        bool named = false, named_rtcp = false;  // are they in the tables?
        bool spoke = false;
        bool heard = false;  // of the last keep_house: it has accepted packets
        std::uint64_t received_before = 0;
        std::uint64_t received_at_look = 0;
        unsigned looks_quiet = 0;
    };
    struct Host {
        std::set<LegId> legs, silent, fell_silent;  // silent: have not spoken yet
        std::optional<LegId> rtp_rule, rtcp_rule;   // whose the entries with port 0 are
    };
    using HostKey = std::pair<std::uint16_t, std::uint32_t>;  // port index, ip

    void name(Member& member);
    void unname(Member& member);
    void enter_host(LegId id, const Member& member);
    void leave_host(LegId id, const Member& member);
    void settle(const HostKey& key, SharedPort& port);

    std::map<LegId, Member> members_;
    std::map<HostKey, Host> hosts_;
    std::map<std::uint16_t, std::size_t> behind_;  // by port index: how many
    std::set<LegId> silent_, unnamed_;
    std::set<std::uint32_t> unreliable_;  // hosts that sent from elsewhere than they said
};

}  // namespace media
