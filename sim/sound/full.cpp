#include "sim/sound/full.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "sim/sound/studio.hpp"

namespace sim {
namespace {

class FullSound final : public Sound {
public:
    FullSound(const Scenario& scenario, Instant begins, Heard heard, Listening listening)
        : network_(scenario.network),
          begins_(begins),
          last_(begins),
          heard_(std::move(heard)),
          studio_(begins, std::move(listening)) {}

    void leg_up(const std::string& leg, const std::string& codec, Instant now,
                Chance chance) override {
        const auto format = format_named(codec).value_or(media::pcmu_format);
        // Nobody was there: the ticks since then are nobody's.
        if (studio_.empty() && now > last_)
            last_ = last_ + frame_time * ((now - last_).us / frame_time.us);
        studio_.add(leg, format,
                    Uplink{network_, begins_, now, format.codec != media::Codec::opus, chance},
                    way_back(network_, begins_, now, chance));
    }
    LegQuality leg_down(const std::string& leg, Instant now) override {
        return studio_.remove(leg, now, network_);
    }
    void talks(const std::string& leg, bool on, Instant now) override {
        studio_.talks(leg, on, now);
    }
    void room(const actors::UpdateRoom& plan, Instant) override { studio_.seat(plan); }
    void run_until(Instant now) override {
        for (; next_tick() <= now; last_ = next_tick()) {
            const Instant at = next_tick();
            if (studio_.empty()) continue;
            for (const Studio::Noticed& one : studio_.tick(at)) {
                if (heard_) heard_(one.leg, one.talking, at);
            }
        }
    }
    Instant next_tick() const override { return last_ + frame_time; }
    std::uint64_t frames() const override { return studio_.frames(); }
    std::uint64_t heard_hash() const override { return studio_.heard_hash(); }

private:
    const Network network_;
    const Instant begins_;
    Instant last_;
    const Heard heard_;
    Studio studio_;
};

}  // namespace

std::unique_ptr<Sound> make_full_sound(const Scenario& scenario, Instant begins, Heard heard,
                                       Listening listening) {
    return std::make_unique<FullSound>(scenario, begins, std::move(heard), std::move(listening));
}

}  // namespace sim
