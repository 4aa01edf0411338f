// The tick core: everything that happens to sound in 20 ms, without sockets, threads or clocks.
//
//     for each room:  listen to every leg -> sum once -> for each leg: sum without itself -> encode
//     -> send
//
// Legs that add nothing (silent, muted) all hear the same sum, so one encoding per codec serves
// them. Thread: one worker ticks it. Memory: fixed; a tick allocates nothing. Time: only what
// TickTime says. The workers of an engine, a test and the simulator run this same code.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/realtime.hpp"
#include "media/sound/frame.hpp"
#include "media/outlet.hpp"
#include "media/plan.hpp"

namespace media {

class Lane {
public:
    explicit Lane(std::uint32_t worker) : worker_(worker) {}

    /// Hands over the legs that have left. Before anything else in the tick.
    void let_go(const Plan& plan) noexcept REALTIME;
    void tick(const Plan& plan, const TickTime& now, Outlet& outlet) noexcept REALTIME;
    [[nodiscard]] bool owns(const Leg& leg) const noexcept REALTIME {
        return leg.owner.load(std::memory_order_acquire).worker ==
               worker_;  // pairs with the store in let_go
    }
    /// Encodings made so far: for figures and tests, since sharing them is the point.
    [[nodiscard]] std::uint64_t encodings() const noexcept REALTIME { return encodings_; }

private:
    using Payload = std::array<std::uint8_t, frame_samples>;
    struct Shared {
        Payload payload;
        bool ready = false;
    };
    static constexpr std::size_t codec_count = 5;

    void tick_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept;
    void listen_to_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept;
    void speak_to(Leg& leg, bool hears, const TickTime& now, Outlet& outlet) noexcept;
    [[nodiscard]] std::span<const std::uint8_t> shared_by_listeners(Codec codec) noexcept;

    const std::uint32_t worker_;
    std::array<std::int32_t, frame_samples> total_{};
    std::array<Shared, codec_count> listeners_;  // the whole sum, per codec
    Frame mixed_{};
    Frame prompt_{};
    Payload own_{};
    std::uint64_t encodings_ = 0;
};

}  // namespace media
