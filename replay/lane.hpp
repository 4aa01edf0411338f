// The streams that one job verifies. Only replay/ includes this file.
//
// Thread: one owner. Memory: one entity per stream. Time: about two microseconds a transition.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/history.hpp"
#include "actors/limits.hpp"
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
    // A table of our own: where a stream stands in it is never seen, and a look-up is one step
    // where a tree of a hundred thousand names takes seventeen.
    class Places {
    public:
        /// Of `name` in `streams`, whose names `name_of` tells; nothing when it is not there.
        template <class NameOf>
        [[nodiscard]] std::optional<std::size_t> find(std::string_view name,
                                                      const NameOf& name_of) const {
            if (slots_.empty()) return std::nullopt;
            for (std::size_t at = start(name);; at = (at + 1) & (slots_.size() - 1)) {
                if (slots_[at] == 0) return std::nullopt;
                if (name_of(slots_[at] - 1) == name) return slots_[at] - 1;
            }
        }
        /// The next stream, of that name, stands at `place`.
        template <class NameOf>
        void add(std::size_t place, const NameOf& name_of) {
            if (2 * (place + 1) > slots_.size()) {
                slots_.assign(std::max<std::size_t>(64, 2 * slots_.size()), 0);
                for (std::size_t i = 0; i < place; ++i) put(i, name_of(i));
            }
            put(place, name_of(place));
        }

    private:
        [[nodiscard]] std::size_t start(std::string_view name) const {
            return std::hash<std::string_view>{}(name) & (slots_.size() - 1);
        }
        void put(std::size_t place, std::string_view name) {
            std::size_t at = start(name);
            while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
            slots_[at] = static_cast<std::uint32_t>(place + 1);
        }
        std::vector<std::uint32_t> slots_;  // a power of two, at most half full; place + 1
    };

    // Whether a command id may have been decided lately: a history looks through its last thousand,
    // which this spares nearly all. Two generations of bits, so that old ids are forgotten.
    class Lately {
    public:
        [[nodiscard]] bool maybe(CommandId id) const {
            if (bits_.empty()) return count_ > 0;  // a short history is looked through as quickly
            return has(bits_, id) || has(before_, id);
        }
        void add(CommandId id) {
            if (bits_.empty()) {
                early_.push_back(id);
                if (++count_ < early_max) return;
                bits_.resize(words);
                before_.resize(words);
                for (const CommandId one : early_) set(one);
                early_ = {};
                return;
            }
            if (++count_ > actors::recent_commands_max) {
                std::swap(bits_, before_);
                std::fill(bits_.begin(), bits_.end(), 0);
                count_ = 1;
            }
            set(id);
        }

    private:
        static constexpr std::size_t words = 512, early_max = 32;
        using Bits = std::vector<std::uint64_t>;
        // Ids are hashes or random: any of their bits do.
        static std::size_t place(CommandId id) { return id.low % (words * 64); }
        static bool has(const Bits& bits, CommandId id) {
            return (bits[place(id) / 64] >> place(id) % 64 & 1) != 0;
        }
        void set(CommandId id) { bits_[place(id) / 64] |= std::uint64_t{1} << place(id) % 64; }

        std::vector<CommandId> early_;
        Bits bits_, before_;
        std::size_t count_ = 0;
    };

    /// One stream while it is folded again, and what its snapshot claims.
    struct Folded {
        actors::History history;
        std::uint64_t snapshot_at = 0;
        base::Hash snapshot_state{};
        bool differs = false;
        Lately lately;
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
    [[nodiscard]] std::string_view name_at(std::size_t place) const {
        return streams_[place]->history.text();
    }

    std::vector<std::unique_ptr<Folded>> streams_;  // in the order of their first transitions
    Places places_;
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
