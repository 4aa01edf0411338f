// One tick of a captured room made again: its sum, and what each of its legs hears of it.
//
//     begin() -> add()... -> close() -> heard_by(), everybody()
//
// Thread: one. Memory: a frame for each part of the room. Time: ticks in order.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "media/capture.hpp"
#include "media/prompts.hpp"
#include "media/sound/frame.hpp"
#include "replay/remix/leg_again.hpp"
#include "replay/remix/remix.hpp"

namespace replay {

class RoomAgain {
public:
    explicit RoomAgain(media::PromptLibrary& prompts) : prompts_(prompts) {}

    void begin(std::uint64_t tick);
    /// A leg's record and its sound. Both live until the next begin().
    void add(media::LegId leg, const media::Capture& capture, const LegAgain& again);
    /// What the room plays to everybody.
    void add_room(const media::Capture& capture);
    /// A record that should be here is not.
    void doubt(Doubt why);

    /// What that leg's encoder was given. `without` are left out. Valid until the next call.
    [[nodiscard]] std::span<const std::int16_t> heard_by(media::LegId listener,
                                                         std::span<const media::LegId> without);
    /// All that anybody contributes, whispers too, and what plays to everybody.
    [[nodiscard]] std::span<const std::int16_t> everybody(std::span<const media::LegId> without);
    /// What heard_by() gave last is without the sum of another part, as its hash says: that part
    /// was not in time, or the room was being divided or joined.
    [[nodiscard]] bool lacked_a_part() const { return lacked_a_part_; }
    /// Of this tick, and of what heard_by() gave last.
    [[nodiscard]] Doubt doubts() const { return std::max(doubt_, own_doubt_); }
    [[nodiscard]] std::uint32_t rate_hz() const { return rate_hz_; }

private:
    struct Seat {
        media::LegId leg = 0;
        const media::Capture* capture = nullptr;
        const LegAgain* again = nullptr;
        [[nodiscard]] bool contributes() const { return again->contributes(); }
    };
    using Sum = std::array<std::int32_t, media::frame_samples_max>;
    using Sounds = std::vector<std::span<const std::int16_t>>;

    [[nodiscard]] const Seat* seat_of(media::LegId leg) const;
    using Parts = std::vector<std::uint8_t>;  // whose sums of the tick before are heard
    [[nodiscard]] Parts others_than(std::uint8_t part) const;
    [[nodiscard]] Parts parts_heard_by(const Seat& seat);
    [[nodiscard]] std::span<const std::int16_t> hear(const Seat& seat, const Parts& others,
                                                     std::span<const media::LegId> without);
    [[nodiscard]] std::span<const std::int32_t> total_of(std::uint8_t part, const Parts& others);
    [[nodiscard]] std::span<const std::int16_t> prompt_of(const media::CapturePiece& piece,
                                                          Doubt& doubts);
    [[nodiscard]] Sum& part(std::uint8_t which);
    [[nodiscard]] bool fits(std::uint32_t rate_hz);

    media::PromptLibrary& prompts_;
    std::uint64_t tick_ = 0, tick_before_ = 0;
    std::uint32_t rate_hz_ = 0, rate_before_ = 0;
    std::size_t samples_ = 0;
    std::vector<Seat> seats_;
    std::map<std::uint8_t, Sum> parts_, parts_before_;  // sums of a room in parts; mostly one
    Doubt doubt_ = Doubt::none, own_doubt_ = Doubt::none;
    bool lacked_a_part_ = false;
    Sum total_{};
    media::SoundBuffer out_{};
};

}  // namespace replay
