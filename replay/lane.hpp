// The streams that one job verifies. Only replay/ includes this file.
//
// Thread: one owner. Memory: one entity per stream that goes on, a hundred bytes and its name for
// one that is over: a leg that has ended, a conference that has, too. Time: about a microsecond and
// a half a transition.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/history.hpp"
#include "base/hash_index.hpp"
#include "replay/batch.hpp"
#include "replay/verify.hpp"
#include "schema/transition_generated.h"

namespace replay {

class Lane {
public:
    explicit Lane(const journal::Log& log) : log_(log) {}

    /// More records of this lane's streams, in order of position.
    void take(const Batch& batch);
    /// What no stream can be blamed for.
    void differs(Difference difference);

    /// How the streams stand in the end, in byte order of their names, which live as long as the
    /// lane; once, for the entities are gone then.
    [[nodiscard]] std::vector<Ended> end();
    /// Adds this lane's numbers and differences, but not the state.
    void add_to(Report& report) const;

private:
    /// One stream while it is folded again. When it is over, only its name and state are left; what
    /// comes all the same brings it back, and then it stays.
    struct Stream {
        std::string name;
        std::unique_ptr<actors::History> history{};  // null when it is over
        std::uint64_t sequence = 0;                  // when it is over: of its last transition
        std::uint64_t snapshot_at = 0;
        base::Hash state{};  // in the end; until snapshot_at: what the snapshot tells
        bool differs = false;
        bool came_back = false;
    };
    struct Incoming {
        journal::Position position = 0;
        std::string_view payload;
        base::Hash hash{};
        std::uint64_t name_hash = 0;
        Stream* stream = nullptr;  // null: not met before this batch
    };

    void take(const Incoming& record);
    void undecodable(const Incoming& record);
    [[nodiscard]] Stream* stream_of(const Incoming& record, std::string_view name);
    [[nodiscard]] Stream* find(std::string_view name, std::uint64_t name_hash) const;
    [[nodiscard]] bool bring_back(Stream& stream);
    void put_away(Stream& stream);
    void count(const Stream& stream, const schema::TransitionT& transition);
    void unlike(Stream* stream, journal::Position position, const schema::TransitionT& transition,
                std::string what, std::string decided = {});
    [[nodiscard]] bool decided_alike(Stream& stream, journal::Position position,
                                     const schema::TransitionT& transition);
    void check_snapshot(Stream& stream, journal::Position position,
                        const schema::TransitionT& transition);

    std::deque<Stream> streams_;  // in the order of their first transitions
    base::HashIndex<Stream*> by_name_;
    const journal::Log& log_;
    std::vector<Incoming> incoming_;
    std::vector<std::string_view> payloads_;
    std::vector<base::Hash> hashes_;
    std::uint64_t transitions_ = 0, skipped_ = 0, snapshots_ = 0, differing_ = 0;
    std::array<std::uint64_t, 8> transitions_of_{};  // by StreamKind
    std::array<std::uint64_t, 256> events_of_{};     // by schema::Event
    std::map<std::uint16_t, std::uint64_t> behaviours_;
    std::vector<Difference> differences_;
};

/// "[{...},{...}]"
[[nodiscard]] std::string json_of(const std::vector<schema::EventUnion>& events);

}  // namespace replay
