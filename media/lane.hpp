// The tick core: everything that happens to sound in 20 ms, without sockets, threads or clocks.
//
//     for each room:  listen to every leg -> choose who is mixed -> sum once
//                     -> for each leg: the shared voice, or the sum without itself -> send
//
// Legs that add nothing (silent, muted) all hear the same sum, so one encoding per codec serves
// them. Thread: one worker ticks it. Memory: fixed; a tick allocates nothing. Time: only what
// TickTime says. The workers of an engine, a test and the simulator run this same code.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/outlet.hpp"
#include "media/plan.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/mix.hpp"

namespace media {

inline constexpr std::uint32_t loudest_max = 32;  // more at once is everybody

class Lane {
public:
    explicit Lane(std::uint32_t worker) : worker_(worker) {}

    /// Hands over the legs that have left. Before anything else in the tick.
    void let_go(const Plan& plan) noexcept REALTIME;
    /// Hands over the rooms that move, with their legs. After everything else in the tick: so who
    /// takes them over goes on with the next one, and nobody misses a frame.
    void let_go_rooms(const Plan& plan) noexcept REALTIME;
    void tick(const Plan& plan, const TickTime& now, Outlet& outlet) noexcept REALTIME;
    [[nodiscard]] bool owns(const Leg& leg) const noexcept REALTIME {
        return leg.owner.load(std::memory_order_acquire).worker ==
               worker_;  // pairs with the store in let_go
    }
    /// Encodings made so far: for figures and tests, since sharing them is the point.
    [[nodiscard]] std::uint64_t encodings() const noexcept REALTIME { return encodings_; }

private:
    void tick_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept;
    void look_ahead(std::span<const PlanSeat> seats, std::size_t at) const noexcept;
    void listen_to(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept;
    struct Bar {  // to be mixed, be louder than this, or as loud and among the first
        std::uint32_t loudness = 0;
        std::uint32_t places = room_legs_max;
    };
    [[nodiscard]] Bar bar_of_loudest(const PlanRoom& room) const noexcept;
    void mix(const PlanRoom& room, std::uint64_t tick) noexcept;
    void play_to_all(const PlanRoom& room) noexcept;
    void tape(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept;
    void capture(const PlanRoom& room, const PlanSeat& seat, const TickTime& now,
                 Outlet& outlet) noexcept;
    void capture_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept;
    void tell_prompt(const PromptQueue::Place& place) noexcept;
    void tick_loose(const PlanSeat& seat, const TickTime& now, Outlet& outlet) noexcept;
    void speak_to(const PlanSeat& seat, const TickTime& now, Outlet& outlet) noexcept;
    [[nodiscard]] SharedVoice::Words shared_words(const PlanSeat& seat,
                                                  std::uint64_t tick) noexcept;
    [[nodiscard]] std::span<const std::int16_t> everybody() noexcept;
    void mix_for(const PlanSeat& seat, std::span<const std::int16_t> prompt,
                 std::span<std::int16_t> out) noexcept;
    [[nodiscard]] bool takes_part(const Leg& leg) const noexcept {
        return owns(leg) && leg.in_tick();
    }

    const std::uint32_t worker_;
    // Of the room in hand.
    std::size_t samples_ = 0;
    bool silent_ = false;  // nobody says anything, and that may be left unsaid
    std::array<std::int32_t, frame_samples_max> total_{};
    SoundBuffer everybody_{};  // total_, saturated, once somebody asked for it
    bool everybody_ready_ = false;
    SoundBuffer mixed_{};
    std::span<const std::int16_t> heard_;  // what the last leg's encoder was given
    CaptureWriter capture_;
    PromptQueue::Place to_all_, to_one_;  // what plays in this tick; no prompt: nothing
    SoundBuffer prompt_{};
    std::uint64_t encodings_ = 0;
};

}  // namespace media
