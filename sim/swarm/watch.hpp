// Looks at a town while it lives: nothing is said before it is on disk, nothing said is taken back.
// The journal's own invariants (actors/invariants) see each transition as it becomes durable.
//
//     disk --durable--> Inspector, what may be said
//     process --replies, effects, publications--> was it durable? once? in order?
//
// Thread: one. Memory: a key per effect and per acknowledged command. Time: none of its own.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/house.hpp"
#include "actors/invariants/books.hpp"
#include "actors/invariants/inspector.hpp"

namespace sim::swarm {

class Watch {
public:
    Watch();

    // ---- told by the town
    void durable(const journal::Record& record);
    void stored(const std::string& stream, std::uint64_t sequence);  // the log's word to the house
    void restarted();
    void answered(const actors::Envelope& envelope, const schema::CommandUnion& command,
                  const actors::Answer& answer);
    void performed(const actors::Effect& effect, CommandId key);
    void published(const std::string& stream, std::uint64_t sequence);
    void complain(std::string invariant, std::string stream, std::string sentence);

    /// What the durable journal says of rooms and legs.
    [[nodiscard]] const actors::Books& books() const { return *books_; }
    [[nodiscard]] actors::Inspector& inspector() { return inspector_; }
    [[nodiscard]] const std::vector<actors::Violation>& violations() const;
    [[nodiscard]] bool content() const { return violations().empty(); }
    /// What each room's mixer was told last, by this run of the server.
    [[nodiscard]] const std::map<std::string, std::vector<actors::RoomSeat>>& mixes() const {
        return mixes_;
    }

    struct Kept {  // an answer that promised something
        std::string stream;
        std::uint64_t sequence = 0, epoch = 0;
        CommandId id;
        schema::Command what{};
        bool decided = false;  // by that transition; else nothing had to change
    };
    [[nodiscard]] const std::vector<Kept>& promises() const { return promises_; }
    /// The newest transitions, oldest first, as JSON.
    [[nodiscard]] std::vector<std::string> newest() const;

private:
    class Keys;
    [[nodiscard]] bool is_stored(const std::string& stream, std::uint64_t sequence) const;

    std::shared_ptr<actors::Books> books_ = std::make_shared<actors::Books>();
    std::map<CommandId, std::size_t> keys_;        // of effects that may go out -> which kind
    std::map<CommandId, std::uint64_t> done_;      // performed -> in which run
    std::map<std::string, std::uint64_t> stored_;  // in this run
    std::map<std::string, std::vector<CommandId>> durable_;  // what made 1, 2, 3, ...
    std::map<std::string, std::vector<actors::RoomSeat>> mixes_;
    std::vector<Kept> promises_;
    std::deque<journal::Record> newest_;
    std::uint64_t run_ = 1;
    actors::Inspector inspector_;
    mutable std::vector<actors::Violation> violations_;
    mutable std::size_t inspected_ = 0;
    journal::Position position_ = 0;
};

}  // namespace sim::swarm
