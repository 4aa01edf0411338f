#include "media/lane.hpp"

#include "media/sound/g711.hpp"
#include "media/sound/mix.hpp"

namespace media {
namespace {

constexpr auto silence_mulaw = [] {
    std::array<std::uint8_t, frame_samples> payload{};
    payload.fill(0xff);
    return payload;
}();
constexpr auto silence_alaw = [] {
    std::array<std::uint8_t, frame_samples> payload{};
    payload.fill(0xd5);
    return payload;
}();

std::span<const std::uint8_t> silence(Codec codec) {
    switch (codec) {
        case Codec::pcmu: return silence_mulaw;
        case Codec::pcma: return silence_alaw;
        default: break;
    }
    return silence_mulaw;
}

}  // namespace

void Lane::let_go(const Plan& plan) noexcept REALTIME {
    for (const Departure& departure : plan.departures) {
        // Only the owner writes, so between this load and the store nobody else can.
        if (departure.leg->owner.load(std::memory_order_relaxed) != departure.from) continue;
        departure.leg->owner.store(
            departure.to, std::memory_order_release);  // gives all we did to it to the next
    }
}

void Lane::tick(const Plan& plan, const TickTime& now, Outlet& outlet) noexcept REALTIME {
    for (const auto& room : plan.rooms) tick_room(*room, now, outlet);
    for (Leg* leg : plan.loose) {
        if (!owns(*leg) || !leg->begin_tick(now, outlet)) continue;
        leg->listen(now, false, outlet);
        speak_to(*leg, false, now, outlet);
        leg->end_tick(now, outlet);
    }
}

void Lane::tick_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept {
    listen_to_room(room, now, outlet);
    for (const PlanSeat& seat : room.seats) {
        if (!owns(*seat.leg) || !seat.leg->in_tick()) continue;
        speak_to(*seat.leg, seat.hears, now, outlet);
        seat.leg->end_tick(now, outlet);
    }
}

void Lane::listen_to_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept {
    total_.fill(0);
    for (Shared& shared : listeners_) shared.ready = false;
    for (const PlanSeat& seat : room.seats) {
        if (!owns(*seat.leg) || !seat.leg->begin_tick(now, outlet)) continue;
        seat.leg->listen(now, seat.speaks, outlet);
        if (seat.leg->contributes()) add_to_total(total_, seat.leg->frame());
    }
    room.room->begin_tick();
    if (!room.room->announcements.empty()) {
        room.room->announcements.next(prompt_);
        add_to_total(total_, prompt_);  // nobody's own: everybody hears it
    }
}

std::span<const std::uint8_t> Lane::shared_by_listeners(Codec codec) noexcept {
    Shared& shared = listeners_[static_cast<std::size_t>(codec)];
    if (!shared.ready) {
        saturate(total_, mixed_);
        encode(codec, mixed_, shared.payload);
        shared.ready = true;
        ++encodings_;
    }
    return shared.payload;
}

void Lane::speak_to(Leg& leg, bool hears, const TickTime& now, Outlet& outlet) noexcept {
    const bool prompted = leg.has_prompt();
    if (prompted)
        leg.next_prompt(prompt_, outlet);  // also when nobody listens: it must come to its end
    if (!leg.sends()) return;
    if (!prompted && !hears) return leg.send(now, silence(leg.codec()), outlet);
    if (!prompted && !leg.contributes())
        return leg.send(now, shared_by_listeners(leg.codec()), outlet);
    if (!hears) {
        mixed_ = prompt_;
    } else {
        if (leg.contributes())
            mix_minus(total_, leg.frame(), mixed_);
        else
            saturate(total_, mixed_);
        if (prompted) add_saturated(mixed_, prompt_);
    }
    encode(leg.codec(), mixed_, own_);
    ++encodings_;
    leg.send(now, own_, outlet);
}

}  // namespace media
