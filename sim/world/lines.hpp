// The lines of the telephone network that lead to the server: so many, a queue before them, and
// outages. A call has its line from the moment it is seized to the moment it is released, and
// nothing else takes one: with a queue of none and Poisson arrivals this is M/G/c/c.
//
// Thread: one. Memory: those who wait. Time: virtual.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "sim/world/ground.hpp"

namespace sim {

/// Somebody who may have to wait for a line. `who` is theirs.
class WantsLine {
public:
    virtual ~WantsLine() = default;
    virtual void has_line(std::uint64_t who) = 0;
    virtual void tired_of_waiting(std::uint64_t who) = 0;
};

class Lines {
public:
    explicit Lines(Ground& ground) : ground_(ground) {}

    /// Plans the outages; `drop` cuts off every call that has a line.
    void begin(std::function<void()> drop);

    enum class Outcome : std::uint8_t { seized, waits, all_in_use, down };
    /// A line, if one is free and nobody waits longer. `patience` absent: waits for ever.
    Outcome ask(WantsLine& asker, std::uint64_t who, std::optional<double> patience_s);
    /// A line at once or none, for calls that the server places: exchanges do not queue.
    [[nodiscard]] Outcome seize();
    void release();

    [[nodiscard]] bool down() const { return down_ > 0; }
    [[nodiscard]] std::uint32_t in_use() const { return in_use_; }
    [[nodiscard]] bool idle() const { return in_use_ == 0 && queue_.empty(); }
    void heal() { down_ = 0; }

private:
    struct Waiting {
        WantsLine* asker;
        std::uint64_t who;
        std::uint64_t number;
        Instant since;
        Timetable::Ticket patience;
    };
    void take_line();
    void gives_up(std::uint64_t number);
    void serve_queue();
    void fails();
    void works_again();

    Ground& ground_;
    std::function<void()> drop_;
    std::deque<Waiting> queue_;
    std::uint64_t numbers_ = 0;
    std::uint32_t in_use_ = 0;
    int down_ = 0;
};

}  // namespace sim
