// Up to which position have all effects gone out? The answer is stored now and then, so that a
// restart releases again only what may have been lost.
//
// Thread: any; one small lock. Memory: a byte per position between the oldest open one and the
// newest.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include "journal/log.hpp"

namespace actors {

class ReleaseLedger {
public:
    explicit ReleaseLedger(journal::Position all_released_up_to) : base_(all_released_up_to) {}

    /// Positions are opened in rising order, each before it is closed.
    void open(journal::Position position) {
        const std::lock_guard lock{mutex_};
        while (base_ + closed_.size() < position)
            closed_.push_back(base_ + closed_.size() + 1 != position);
    }
    void close(journal::Position position) {
        const std::lock_guard lock{mutex_};
        if (position <= base_ || position > base_ + closed_.size()) return;
        closed_[position - base_ - 1] = true;
        while (!closed_.empty() && closed_.front()) {
            closed_.pop_front();
            ++base_;
        }
    }
    /// Everything up to here is out.
    [[nodiscard]] journal::Position mark() const {
        const std::lock_guard lock{mutex_};
        return base_;
    }

private:
    mutable std::mutex mutex_;
    journal::Position base_;
    std::deque<char> closed_;  // [i]: position base_ + 1 + i
};

}  // namespace actors
