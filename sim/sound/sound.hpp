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

/// How a telephone's call comes through, as between two like it: its way to the mixer, and the way
/// from there, coded alike.
struct LegQuality {
    /// 1 .. 4.5: the E-model of what had to be made up because it was lost or late, on both ways,
    /// how much of it in a row, and of the delay below.
    double mos = 0;
    double rating = 0;      // R
    bool wideband = false;  // the score's scale, see media::Band
    double lost = 0;        // share of packets that never came to the mixer
    double late = 0;        // share that came too late to be played there
    /// Mouth to ear: a packet fills, network and buffer to the mixer; network and buffer to the
    /// other telephone, which works as ours does.
    double delay_ms = 0;
    std::uint64_t packets = 0;  // that it sent; 0: nothing to judge
};

class Sound {
public:
    virtual ~Sound() = default;
    /// From its answer on: `codec` as format_named() (uplink.hpp) knows it, else PCMU. It is in no
    /// room until a plan says so.
    virtual void leg_up(const std::string& leg, const std::string& codec, Instant now,
                        Chance chance) = 0;
    /// Of a leg that is not there: all zero.
    virtual LegQuality leg_down(const std::string& leg, Instant now) = 0;
    /// The person at that telephone begins or stops to talk.
    virtual void talks(const std::string& leg, bool on, Instant now) = 0;
    /// Replaces who is in that room, from the next tick on; legs that are not up are left out.
    virtual void room(const actors::UpdateRoom& plan, Instant now) = 0;
    /// Ticks up to `now`. `heard` is told what the server notices: talk spurts begin and end.
    virtual void run_until(Instant now) = 0;
    /// The next tick that may tell something: run_until() it in time, and no earlier. Changes with
    /// every call above; a tick of 20 ms with sound, some with packets alone. Far away: nobody is
    /// up.
    [[nodiscard]] virtual Instant next_tick() const = 0;
    /// Mixer work: sound frames decoded, mixed and encoded so far; with packets alone, played, up
    /// to half a second ago.
    [[nodiscard]] virtual std::uint64_t frames() const = 0;
    /// A hash of all that was heard so far; zero without sound.
    [[nodiscard]] virtual std::uint64_t heard_hash() const = 0;
};

using Heard = std::function<void(const std::string& leg, bool talking, Instant at)>;

/// In this frame, `listener` clearly hears `talker`: of Fidelity::sound, for checkers.
struct Hearing {
    Instant at{};
    std::string listener, talker;
    bool operator==(const Hearing&) const = default;
};
using Listening = std::function<void(const Hearing&)>;

/// Nothing for Fidelity::calls: there is no sound then, and legs get the E-model's value for the
/// network as it was planned (planned_quality). With `listening`, everything that telephones are
/// sent is decoded and searched for voices, which costs as much again as all the rest; HearingCheck
/// (hearing.hpp) judges what it is told.
[[nodiscard]] std::unique_ptr<Sound> make_sound(const Scenario& scenario, Instant begins,
                                                Heard heard, Listening listening = {});
/// The E-model of Network's delay, jitter's mean and losses, as their chain has them in the long
/// run; of what a jitter buffer makes of jitter it knows nothing.
[[nodiscard]] LegQuality planned_quality(const Scenario& scenario, const std::string& codec);

}  // namespace sim
