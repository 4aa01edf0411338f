// The streams that one job verifies. Only replay/ includes this file.
//
// Thread: one owner. Memory: one entity per stream. Time: about two microseconds a transition.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/history.hpp"
#include "base/hash_index.hpp"
#include "replay/verify.hpp"
#include "schema/transition_generated.h"

namespace replay {

class Lane {
public:
    explicit Lane(const journal::Log& log) : log_(log) {}

    /// One more record of this lane's streams, in order of position.
    void take(const journal::Record& record);
    /// What no stream can be blamed for.
    void differs(Difference difference);

    struct Ended {
        std::string stream;
        base::Hash state;
    };
    /// The final states in byte order of the streams' names; once, at the end.
    [[nodiscard]] std::vector<Ended> ends() const;
    /// What a restart must know of that stream, when nothing in it differs.
    [[nodiscard]] std::optional<journal::Agenda> agenda_of(std::string_view stream) const;
    /// Adds this lane's numbers and differences, but not the state.
    void add_to(Report& report) const;

private:
    /// One stream while it is folded again, and what its snapshot claims.
    struct Folded {
        actors::History history;
        std::uint64_t snapshot_at = 0;
        base::Hash snapshot_state{};
        bool differs = false;
    };

    void count(const StreamId& stream, const schema::TransitionT& transition);
    Folded* folded_of(const std::string& name);
    void unlike(Folded* folded, const journal::Record& record,
                const schema::TransitionT& transition, std::string what, std::string decided = {});
    [[nodiscard]] bool decided_alike(Folded& folded, const journal::Record& record,
                                     const schema::TransitionT& transition);
    void check_snapshot(Folded& folded, const journal::Record& record,
                        const schema::TransitionT& transition);

    [[nodiscard]] Folded* find(std::string_view name) const;

    std::vector<std::unique_ptr<Folded>> streams_;  // in the order of their first transitions
    base::HashIndex<Folded*> by_name_;
    const journal::Log& log_;
    std::uint64_t transitions_ = 0, skipped_ = 0, snapshots_ = 0, differing_ = 0;
    std::array<std::uint64_t, 8> transitions_of_{};  // by StreamKind
    std::array<std::uint64_t, 256> events_of_{};     // by schema::Event
    std::map<std::uint16_t, std::uint64_t> behaviours_;
    std::vector<Difference> differences_;
};

/// "[{...},{...}]"
[[nodiscard]] std::string json_of(const std::vector<schema::EventUnion>& events);

}  // namespace replay
