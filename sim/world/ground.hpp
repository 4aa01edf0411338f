// What everybody in a world stands on: its time, its chances, its one way to the house, and the
// figures that are taken down.
//
// Thread: one. Memory: the timetable. Names and ids come from the seed: the same world asks the
// same, word for word.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "actors/house.hpp"
#include "actors/vocabulary.hpp"
#include "base/secrets.hpp"
#include "sim/models/chance.hpp"
#include "sim/world/figures.hpp"
#include "sim/world/timetable.hpp"
#include "sim/world/world.hpp"

namespace sim {

/// Seconds as a scenario says them, in microseconds; never less than none.
[[nodiscard]] inline Duration seconds_of(double s) {
    return s <= 0 ? Duration{} : Duration{static_cast<std::int64_t>(s * 1e6 + 0.5)};
}
[[nodiscard]] inline double seconds_in(Duration d) { return static_cast<double>(d.us) / 1e6; }

class Ground {
public:
    Ground(const Scenario& the_scenario, const WorldOptions& options);

    const Scenario& scenario;
    const std::uint64_t seed;
    Timetable timetable;
    Figures figures;
    WorldCounts counts;
    std::shared_ptr<const base::Secrets> secrets;
    actors::House* house = nullptr;  // of the process that runs; none between two
    Witness* const witness;
    bool healed = false;  // nobody begins anything new

    [[nodiscard]] Instant now() const { return timetable.now(); }
    [[nodiscard]] double seconds_passed() const { return seconds_in(now() - world_begins); }
    [[nodiscard]] Chance chance(std::string_view what, std::uint64_t which = 0) const {
        return Chance{seed, what, which};
    }
    template <class What>
    Timetable::Ticket after(double s, What what) {
        return timetable.at(now() + seconds_of(s), what);
    }

    /// 128 bits that no other command of this world has. `high` names the leg that a Dial makes.
    [[nodiscard]] CommandId fresh_id() { return {ids_.bits(), ids_.bits()}; }
    [[nodiscard]] std::uint64_t fresh_bits() { return ids_.bits(); }

    /// Brings a command in. `then` hears the answer; it never comes when the process dies first.
    using Then = std::function<void(const actors::Answer&)>;
    void send(const StreamId& to, std::string by, schema::CommandUnion wish, Then then = {});
    void send(CommandId id, const StreamId& to, std::string by, schema::CommandUnion wish,
              Then then = {});
    /// The same by a client that does not give up: a full queue or disk makes it wait, and when the
    /// process dies it sends the same command to the next one.
    void insist(const StreamId& to, std::string by, schema::CommandUnion wish, Then then = {});
    void view(const StreamId& stream, actors::ViewReply then);

    /// The process has died: nobody who asked it hears of it any more.
    void process_died() {
        ++life_;
        waiting_ = 0;
    }
    /// The next one runs: who insists comes back.
    void process_began();
    /// Commands whose answer has not come.
    [[nodiscard]] std::uint64_t waiting() const { return waiting_ + requests_.size(); }
    [[nodiscard]] std::uint64_t life() const { return life_; }

private:
    struct Request {
        CommandId id;
        StreamId to;
        std::string by;
        schema::CommandUnion wish;
        Then then;
    };
    void ask(std::uint64_t number);

    Chance ids_;
    Chance patience_;
    std::map<std::uint64_t, Request> requests_;  // of those who insist
    std::uint64_t requests_made_ = 0;
    std::uint64_t life_ = 1;
    std::uint64_t waiting_ = 0;
};

}  // namespace sim
