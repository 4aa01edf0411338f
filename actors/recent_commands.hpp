// Which commands a stream has decided lately, and at which sequence: what makes a resend harmless.
//
// Thread: one owner. Memory: 32 bytes a command, of the last recent_commands_max. Time: one look at
// a table, whether it is known or not.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"

namespace actors {

class RecentCommands {
public:
    void add(CommandId id, std::uint64_t sequence);
    /// Where it was decided, if that is not too long ago; the newest, should it be there twice.
    [[nodiscard]] std::optional<std::uint64_t> find(CommandId id) const;
    void clear();
    [[nodiscard]] std::size_t size() const { return ring_.size(); }

    struct Decided {
        CommandId id;
        std::uint64_t sequence = 0;
    };
    /// The `age`-th, 0 the oldest.
    [[nodiscard]] const Decided& at(std::size_t age) const;

private:
    /// Where in ring_, and so much of the id that hardly any other is looked at there.
    struct Slot {
        std::uint16_t place = 0;  // plus one; 0: none
        std::uint16_t tag = 0;
    };

    [[nodiscard]] static std::uint64_t mixed(CommandId id);
    [[nodiscard]] std::size_t home_of(std::uint64_t mix) const {
        return (mix >> 32) & (table_.size() - 1);
    }
    [[nodiscard]] std::size_t behind(std::size_t slot) const {
        return (slot + 1) & (table_.size() - 1);
    }
    [[nodiscard]] std::size_t age_of(std::size_t place) const;
    void note(std::size_t place);
    void strike_out(std::size_t place);

    std::vector<Decided> ring_;
    std::size_t oldest_ = 0;   // in ring_, once it is full
    std::vector<Slot> table_;  // by id, at most half full; empty while there are few
};

}  // namespace actors
