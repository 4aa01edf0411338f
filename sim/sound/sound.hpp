// How the telephone calls of a world sound: the legs' packets through the real jitter buffer, or
// their sound through the real mixer, and a MOS for each by the E-model.
//
// Thread: one owner. Time: virtual, ticks of 20 ms. Memory: a jitter buffer (and, with sound, a
// media leg) per telephone that is connected.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/effects.hpp"
#include "base/time.hpp"
#include "sim/models/chance.hpp"

namespace sim {

/// What one leg's listener and talker got.
struct LegQuality {
    double mos = 0;       // 1 .. 4.5, of what the server got from it, E-model
    double rating = 0;    // R
    double lost = 0;      // share of packets that never came
    double late = 0;      // share that came too late to be played
    double delay_ms = 0;  // mouth to ear: network, buffer, packet, mix
    std::uint64_t packets = 0;
};

class Sound {
public:
    virtual ~Sound() = default;
    virtual void leg_up(const std::string& leg, const std::string& codec, Instant now,
                        Chance chance) = 0;
    virtual LegQuality leg_down(const std::string& leg, Instant now) = 0;
    /// The person at that telephone begins or stops to talk.
    virtual void talks(const std::string& leg, bool on, Instant now) = 0;
    virtual void room(const actors::UpdateRoom& plan, Instant now) = 0;
    /// Ticks up to `now`. `heard` is told what the server notices: talk spurts begin and end.
    virtual void run_until(Instant now) = 0;
    /// The next tick; never before the last one that ran.
    [[nodiscard]] virtual Instant next_tick() const = 0;
    /// Mixer work: sound frames decoded, mixed and encoded so far.
    [[nodiscard]] virtual std::uint64_t frames() const = 0;
    /// A hash of all that was heard so far; zero without sound.
    [[nodiscard]] virtual std::uint64_t heard_hash() const = 0;
};

using Heard = std::function<void(const std::string& leg, bool talking, Instant at)>;

/// Nothing for Fidelity::calls: there is no sound then, and legs get the E-model's value for the
/// network as it was planned (planned_quality).
[[nodiscard]] std::unique_ptr<Sound> make_sound(const Scenario& scenario, Instant begins,
                                                Heard heard);
[[nodiscard]] LegQuality planned_quality(const Scenario& scenario, const std::string& codec);

}  // namespace sim
