// An hour of comings and goings in virtual time: join, leave, mute, another codec, another room.
// When the hour is over as many pieces of memory are held as after its first minute.
#include <doctest/doctest.h>

#include <malloc.h>

#include <map>
#include <memory>

#include "base/prng.hpp"
#include "media/test_allocations.hpp"
#include "media/test_room.hpp"

using media::test::VirtualRoom;

namespace {

// As many legs as the room was made for; who is "out" stands in no plan and sends nothing.
struct Churn {
    explicit Churn(std::size_t legs) : room(legs) { room.outlet.keep_rtcp = false; }

    void plan() {
        auto changed = std::make_shared<media::PlanRoom>();
        changed->room = room.room->room;
        changed->rate_hz = 8'000;
        for (std::size_t i = 0; i < room.phones.size(); ++i) {
            VirtualRoom::VirtualPhone& phone = room.phones[i];
            phone.sends = !out[i];
            if (out[i]) continue;
            changed->seats.push_back({.leg = phone.leg.get(),
                                      .speaks = !muted[i],
                                      .voice = VirtualRoom::shared_voice(*changed, phone.format)});
            changed->rate_hz = std::max(changed->rate_hz, media::natural_rate(phone.format));
        }
        room.replace(changed);
    }
    void change(Prng& prng) {
        const std::size_t leg = prng.below(room.phones.size());
        switch (prng.below(3)) {
            case 0: out[leg] = !out[leg]; break;
            case 1: muted[leg] = !muted[leg]; break;
            default: {
                if (out[leg]) break;  // nobody ticks it: its inbox would fill up
                VirtualRoom::VirtualPhone& phone = room.phones[leg];
                constexpr std::array<media::Codec, 3> codecs{media::Codec::pcmu, media::Codec::pcma,
                                                             media::Codec::g722};
                const media::Codec codec = codecs[prng.below(3)];
                phone.format = {codec, codec == media::Codec::g722 ? 16'000u : 8'000u};
                phone.mouth = media::make_encoder(phone.format, {});
                room.configure(leg, room.config_of(phone));
            }
        }
        plan();
    }
    /// What the legs have given up is freed, as the control side does it.
    void reclaim() {
        for (auto& phone : room.phones) {
            if (phone.sounds.size() > 1 && phone.leg->sound_in_use() == phone.sounds.back().get())
                phone.sounds.erase(phone.sounds.begin(), phone.sounds.end() - 1);
        }
    }

    VirtualRoom room;
    std::map<std::size_t, bool> out, muted;
};

}  // namespace

TEST_CASE("an hour of churn allocates nothing in a tick and leaks nothing") {
    Churn churn(5);
    Prng prng{17};
    for (std::size_t i = 0; i < 2; ++i)
        churn.room.phones[i].hz = static_cast<std::int32_t>(300 + 100 * i);
    constexpr int minutes = 60, ticks_a_minute = 3'000;
    std::uint64_t in_ticks = 0;
    std::size_t held_after_a_minute = 0, held_most = 0;
    for (int minute = 0; minute < minutes; ++minute) {
        for (int tick = 0; tick < ticks_a_minute; ++tick) {
            if (tick % 100 == 0) churn.change(prng);
            for (auto& phone : churn.room.phones) {
                if (phone.sends) churn.room.packet_from(phone);
            }
            in_ticks += media::test::allocations_during([&] { churn.room.tick(); });
            churn.reclaim();
        }
        churn.room.outlet.events.clear();
        const std::size_t held = mallinfo2().uordblks;
        if (minute == 0) held_after_a_minute = held;
        held_most = std::max(held_most, held);
    }
    CHECK(in_ticks == 0);
    if (!media::test::allocations_are_counted) return;
    // A leg or two more or less in other formats, not more with every change.
    CHECK(held_most < held_after_a_minute + 400'000);
    for (std::size_t i = 0; i < 5; ++i) CHECK(churn.room.outlet.sent[i].packets > 50'000);
}
