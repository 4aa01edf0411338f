#include "media/lane.hpp"

#include <algorithm>
#include <cstring>
#include <ranges>

#include "media/ear.hpp"
#include "media/sound/level.hpp"

namespace media {
namespace {

constexpr SoundBuffer silence{};
constexpr std::uint16_t clock_told_every = 50;

void hand_over(std::span<const Departure> departures) noexcept {
    for (const Departure& departure : departures) {
        // Only the owner writes, so between this load and the store nobody else can.
        if (departure.leg->owner.load(std::memory_order_relaxed) != departure.from) continue;
        departure.leg->owner.store(
            departure.to, std::memory_order_release);  // gives all we did to it to the next
    }
}

bool is_quiet(std::span<const std::int16_t> sound) {
    return energy_of(sound) < (1u << 30) / 100'000;  // -50 dBov
}

}  // namespace

void Lane::let_go(const Plan& plan) noexcept REALTIME { hand_over(plan.departures); }

void Lane::let_go_rooms(const Plan& plan) noexcept REALTIME {
    for (const RoomFlight& flight : plan.flights) {
        if (flight.room->owner.load(std::memory_order_relaxed) != worker_) continue;
        hand_over(flight.legs);
        // Last: who sees its name on the room has all its legs, and what we did to them.
        flight.room->owner.store(flight.to, std::memory_order_release);
    }
}

void Lane::tick(const Plan& plan, const TickTime& now, Outlet& outlet) noexcept REALTIME {
    for (const auto& room : plan.rooms) {
        // Pairs with the store in let_go_rooms: a room that moves waits here for our name.
        const bool ours = room->room->owner.load(std::memory_order_acquire) == worker_;
        if (ours && room->room->is_due(now.tick)) tick_room(*room, now, outlet);
    }
    for (const PlanSeat& seat : plan.loose) {
        if (owns(*seat.leg) && seat.leg->begin_tick(now, outlet)) tick_loose(seat, now, outlet);
    }
}

void Lane::tick_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept {
    samples_ = frame_samples_at(room.rate_hz);
    listen_to(room, now, outlet);
    mix(room, now.tick);
    if (room.recording == Recording::on) tape(room, now, outlet);
    if (room.capture && to_all_.prompt != nullptr) capture_room(room, now, outlet);
    // Who begins to hear alone takes over from the shared voice as the last tick left it, so all of
    // them before anybody says anything.
    for (const PlanSeat& seat : room.seats) {
        Leg& leg = *seat.leg;
        if (!takes_part(leg) || !leg.sends() || seat.voice == nullptr) continue;
        const bool alone =
            leg.has_prompt() || (seat.hears && (leg.contributes() || seat.hears_otherwise()));
        const bool quiet = !alone && leg.hears_alone() && is_quiet(everybody());
        (void)leg.choose_voice(alone, seat.voice->voice, quiet, now.tick);
    }
    for (const PlanSeat& seat : room.seats) {
        if (!takes_part(*seat.leg)) continue;
        speak_to(seat, now, outlet);
        if (room.capture) capture(room, seat, now, outlet);
        seat.leg->end_tick(now, outlet);
    }
}

// The legs of a large room do not fit into a cache.
void Lane::look_ahead(std::span<const PlanSeat> seats, std::size_t at) const noexcept {
    if (at + 4 < seats.size()) seats[at + 4].leg->prefetch();
    if (at + 2 < seats.size() && owns(*seats[at + 2].leg)) seats[at + 2].leg->prefetch_sound();
}

void Lane::listen_to(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept {
    for (std::size_t i = 0; i < room.seats.size(); ++i) {
        const PlanSeat& seat = room.seats[i];
        look_ahead(room.seats, i);
        if (!owns(*seat.leg) || !seat.leg->begin_tick(now, outlet)) continue;
        seat.leg->be_captured(room.capture ? std::optional{room.room->id} : std::nullopt);
        seat.leg->listen(now,
                         {.may_speak = seat.speaks,
                          .gain_db = seat.gain_in_db,
                          .level_voices = room.level_voices,
                          .gate_noise = room.gate_noise},
                         outlet);
    }
}

// How loud is the last of the loudest that are mixed? Equals come in by the order of the seats.
Lane::Bar Lane::bar_of_loudest(const PlanRoom& room) const noexcept {
    if (room.loudest == 0) return {};
    std::array<std::uint32_t, loudest_max> top{};  // falling
    const std::size_t wanted = std::min(room.loudest, loudest_max);
    std::size_t count = 0;
    for (const PlanSeat& seat : room.seats) {
        if (!takes_part(*seat.leg) || !seat.leg->wants_to_speak()) continue;
        const std::uint32_t loudness = seat.leg->standing();
        if (count == wanted && loudness <= top[wanted - 1]) continue;
        if (count < wanted) ++count;
        std::size_t place = count - 1;
        for (; place > 0 && top[place - 1] < loudness; --place) top[place] = top[place - 1];
        top[place] = loudness;
    }
    if (count < wanted) return {};
    const std::uint32_t last = top[wanted - 1];
    const auto equals =
        std::count(top.begin(), top.begin() + static_cast<std::ptrdiff_t>(wanted), last);
    return {.loudness = last, .places = static_cast<std::uint32_t>(equals)};
}

void Lane::mix(const PlanRoom& room, std::uint64_t tick) noexcept {
    const auto total = std::span{total_}.first(samples_);
    std::ranges::fill(total, 0);
    everybody_ready_ = false;
    silent_ = room.suppress_silence;
    Bar bar = bar_of_loudest(room);
    for (const PlanSeat& seat : room.seats) {
        Leg& leg = *seat.leg;
        if (!takes_part(leg)) continue;
        const bool equal = leg.wants_to_speak() && leg.standing() == bar.loudness;
        const bool admitted =
            leg.wants_to_speak() && (leg.standing() > bar.loudness || (equal && bar.places > 0));
        if (equal && admitted) --bar.places;
        leg.speak(room.rate_hz, admitted);
        if (!leg.contributes()) continue;
        silent_ = false;
        if (!seat.whispers) add_to_total(total, leg.spoken());
    }
    play_to_all(room);
    if (!room.sums) return;
    room.sums->publish(room.part, tick, total, !silent_);
    if (room.sums->collect(room.part, tick, total)) silent_ = false;
}

// Announcements and music are nobody's own: everybody hears them.
void Lane::play_to_all(const PlanRoom& room) noexcept {
    PromptQueue& music = room.room->music;
    PromptQueue& announcements = room.room->announcements;
    room.room->begin_tick();
    if (room.music == nullptr) music.clear();
    if (room.music != nullptr && music.empty()) (void)music.add(room.music, true);
    PromptQueue& plays = announcements.empty() ? music : announcements;
    to_all_ = {};
    if (plays.empty()) return;
    to_all_ = plays.place();
    const auto prompt = std::span{prompt_}.first(samples_);
    plays.next(prompt);
    add_to_total(std::span{total_}.first(samples_), prompt);
    silent_ = false;
}

void Lane::tape(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept {
    TapeFrame frame;
    frame.room = room.room->id;
    frame.tick = now.tick;
    frame.rate_hz = room.rate_hz;
    std::ranges::copy(everybody(), frame.pcm.begin());
    outlet.tape(frame);
    for (const PlanSeat& seat : room.seats) {
        if (!takes_part(*seat.leg) || !seat.leg->contributes() || seat.whispers) continue;
        frame.leg = seat.leg->id;
        std::ranges::copy(seat.leg->spoken(), frame.pcm.begin());
        outlet.tape(frame);
    }
}

void Lane::capture(const PlanRoom& room, const PlanSeat& seat, const TickTime& now,
                   Outlet& outlet) noexcept {
    CaptureHead head{.prompted = to_one_.prompt != nullptr,
                     .room_rate_hz = room.rate_hz,
                     .heard = heard_.empty() ? 0 : hash_of(heard_),
                     .hears = seat.hears,
                     .whispers = seat.whispers,
                     .gain_out_db = seat.gain_out_db,
                     .part = static_cast<std::uint8_t>(room.part)};
    if (!seat.leg->describe(capture_, head)) return;
    using Kind = CapturePiece::Kind;
    const auto tell = [&](Kind kind, std::uint64_t number) {
        capture_.piece({.kind = kind, .payload = captured_number(number)});
    };
    if (head.prompted) tell_prompt(to_one_);
    for (const Leg* other : seat.whisperers) {
        if (owns(*other) && other->contributes()) tell(Kind::whisperer, other->id);
    }
    for (const Leg* other : seat.unheard) {
        if (owns(*other) && other->contributes()) tell(Kind::unheard, other->id);
    }
    if (head.serial % clock_told_every == 0)
        tell(Kind::clock, static_cast<std::uint64_t>(now.wall_us));
    const auto bytes = capture_.close(head);
    if (bytes.empty() || !outlet.capture({room.room->id, seat.leg->id, now.tick, bytes}))
        seat.leg->capture_failed();
}

// What plays to everybody is nobody's, and has a record of its own.
void Lane::capture_room(const PlanRoom& room, const TickTime& now, Outlet& outlet) noexcept {
    capture_.begin();
    tell_prompt(to_all_);
    const auto bytes = capture_.close(
        {.room_rate_hz = room.rate_hz, .part = static_cast<std::uint8_t>(room.part)});
    (void)outlet.capture({room.room->id, captured_room, now.tick, bytes});
}

void Lane::tell_prompt(const PromptQueue::Place& place) noexcept {
    std::array<std::uint8_t, 8 + 64> payload;
    const auto hash = captured_number(place.prompt->hash());
    const std::size_t name = std::min(place.prompt->name.size(), payload.size() - hash.size());
    std::ranges::copy(hash, payload.begin());
    std::memcpy(payload.data() + hash.size(), place.prompt->name.data(), name);
    capture_.piece({.kind = CapturePiece::Kind::prompt,
                    .timestamp = static_cast<std::uint32_t>(place.tick),
                    .payload = std::span{payload}.first(hash.size() + name)});
}

void Lane::tick_loose(const PlanSeat& seat, const TickTime& now, Outlet& outlet) noexcept {
    Leg& leg = *seat.leg;
    samples_ = frame_samples_at(natural_rate(leg.format()));
    std::ranges::fill(total_, 0);
    everybody_ready_ = false;
    silent_ = false;  // a caller who waits for a question may not know what comfort noise means
    leg.be_captured(std::nullopt);
    leg.listen(now, {.may_speak = false}, outlet);
    if (leg.sends() && seat.voice != nullptr)
        (void)leg.choose_voice(leg.has_prompt(), seat.voice->voice, true, now.tick);
    speak_to(seat, now, outlet);
    leg.end_tick(now, outlet);
}

// The sum without what this leg said itself, and with what the room's matrix says.
void Lane::mix_for(const PlanSeat& seat, std::span<const std::int16_t> prompt,
                   std::span<std::int16_t> out) noexcept {
    const auto sounds = std::views::filter([this](const Leg* other) {
                            return owns(*other) && other->contributes();
                        }) |
                        std::views::transform([](const Leg* other) { return other->spoken(); });
    const bool own = seat.leg->contributes() && !seat.whispers;
    hear(std::span{total_}.first(samples_),
         {.hears = seat.hears,
          .own = own ? seat.leg->spoken() : std::span<const std::int16_t>{},
          .gain_out_db = seat.gain_out_db,
          .prompt = prompt},
         seat.unheard | sounds, seat.whisperers | sounds, out);
}

std::span<const std::int16_t> Lane::everybody() noexcept {
    const auto everybody = std::span{everybody_}.first(samples_);
    if (!everybody_ready_) saturate(std::span{total_}.first(samples_), everybody);
    everybody_ready_ = true;
    return everybody;
}

SharedVoice::Words Lane::shared_words(const PlanSeat& seat, std::uint64_t tick) noexcept {
    SharedVoice& shared = *seat.voice;
    if (shared.asked(tick)) return shared.words();
    ++encodings_;
    if (!seat.hears) return shared.say(std::span{silence}.first(samples_), silent_, tick);
    return shared.say(everybody(), silent_, tick);
}

void Lane::speak_to(const PlanSeat& seat, const TickTime& now, Outlet& outlet) noexcept {
    Leg& leg = *seat.leg;
    const auto prompt = std::span{prompt_}.first(samples_);
    const bool prompted = leg.has_prompt();
    to_one_ = prompted ? leg.prompt_place() : PromptQueue::Place{};
    if (prompted)
        leg.next_prompt(prompt, outlet);  // also when nobody listens: it must come to its end
    heard_ = {};
    if (!leg.sends() || seat.voice == nullptr) return;
    if (!leg.hears_alone()) {
        heard_ = seat.hears ? everybody() : std::span{silence}.first(samples_);
        const auto words = shared_words(seat, now.tick);
        return leg.send(now, words.bytes, words.noise, outlet);
    }
    const auto mixed = std::span{mixed_}.first(samples_);
    mix_for(seat, prompted ? prompt : std::span<std::int16_t>{}, mixed);
    heard_ = mixed;
    ++encodings_;
    leg.send(now, leg.own_voice().say(mixed, now.tick), false, outlet);
}

}  // namespace media
