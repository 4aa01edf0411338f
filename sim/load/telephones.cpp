#include "sim/load/telephones.hpp"

#include <algorithm>

#include "base/clock.hpp"

namespace sim {
namespace {

constexpr unsigned ears_max = 24;  // telephones that listen for marks: each costs a decoder
constexpr std::int64_t mark_patience_us = 900'000;
constexpr unsigned read_every_slots = 4;  // a door of 64 gets some 13 packets in this time

}  // namespace

struct Telephones::Leg {
    Leg(const media::Format& format, std::uint32_t ssrc, Speaker::Voice voice)
        : speaker(format, ssrc, voice), heard(media::clock_hz(format)) {}

    std::uint32_t number = 0;
    Doors::Place place;
    media::Address remote;
    Speaker speaker;
    Reception heard;
    bool sending = false, was_up = false;
    std::string keys;
    std::optional<Caller> caller;
    std::uint32_t room = 0;
    std::int64_t mark_offset_us = 0;
    struct Ear {
        std::unique_ptr<media::Decoder> decoder;
        MarkDetector detector;
    };
    std::unique_ptr<Ear> ear;
};

Telephones::Telephones(const LoadPlan& plan, const Sounds& sounds, Doors doors)
    : plan_(plan), sounds_(sounds), doors_(std::move(doors)), legs_of_slot_(slots) {
    Prng prng{plan.seed};
    const unsigned size = plan.legs_per_room();
    rooms_.resize((plan.legs + size - 1) / size);
    for (std::uint32_t i = 0; i < plan.legs; ++i) {
        const auto talker = talker_number(plan, i);
        Speaker::Voice voice{.loop = &sounds.noise, .begin = prng.below(loop_frames)};
        const auto ssrc = static_cast<std::uint32_t>(prng.next());
        if (talker && *talker < Sounds::voices) {  // marks a second apart from one another
            voice = {.loop = &sounds.marked[*talker],
                     .begin = *talker * loop_frames / Sounds::voices,
                     .marked = true};
        } else if (talker) {
            voice.loop = &sounds.speech[*talker % Sounds::voices];
        }
        auto leg = std::make_unique<Leg>(plan.format, ssrc, voice);
        leg->number = i;
        leg->place = doors_.places()[i];
        leg->room = i / size;
        if (voice.marked) leg->mark_offset_us = sounds.mark_offset_us[*talker];
        legs_of_slot_[std::uint64_t{i} * slots / plan.legs].push_back(i);
        legs_.push_back(std::move(leg));
    }
    pcm_.resize(plan.format.rate_hz / 1'000 * media::packet_ms_max);
    packets_.resize(Batch::packets_max);
    choose_ears();
}

Telephones::~Telephones() = default;

// Silent telephones where there are any, spread over all rooms; with an echo, who sends the marks.
void Telephones::choose_ears() {
    std::vector<std::uint32_t> fit;
    for (const auto& leg : legs_) {
        const auto talker = talker_number(plan_, leg->number);
        if (plan_.echo ? talker.has_value() : !talker.has_value()) fit.push_back(leg->number);
    }
    const std::size_t step = std::max<std::size_t>(1, fit.size() / ears_max);
    for (std::size_t i = 0; i < fit.size() && i / step < ears_max; i += step) {
        Leg& leg = *legs_[fit[i]];
        leg.ear.reset(
            new Leg::Ear{media::make_decoder(plan_.format), MarkDetector{plan_.format.rate_hz}});
        ++rooms_[leg.room].ears;
    }
}

// ---- calls

Done<std::string> Telephones::open_signalling() {
    const auto ours = address_towards(*plan_.sip);
    if (!ours) return fail("there is no way to " + text_of(*plan_.sip));
    std::string why;
    for (unsigned port = plan_.port_first > 1 ? plan_.port_first - 1u : 5'080; port > 1'024;
         --port) {
        // A telephone signals from where its sound comes from: else it looks like one behind NAT.
        signalling_at_ = {doors_.shared() ? 0 : *ours, static_cast<std::uint16_t>(port)};
        auto bound = Socket::bind(signalling_at_, true);
        if (bound.ok()) {
            signalling_ = std::move(bound).value();
            return {};
        }
        why = bound.error();
    }
    return fail(why);
}

void Telephones::call(unsigned number, Instant now) {
    Leg& leg = *legs_[number];
    if (!plan_.sip) {
        const EndpointPlan& endpoint = plan_.endpoints[number];
        leg.remote = endpoint.remote;
        leg.speaker.answer_with(endpoint.payload_type, offered_event_type);
        leg.sending = leg.was_up = true;
        return;
    }
    const RoomPlan& room = plan_.rooms[leg.room];
    if (!plan_.number.empty() && !room.conference.empty()) leg.keys = room.conference + "#,";
    if (!room.pin.empty()) leg.keys += room.pin + "#";
    const std::string name = std::to_string(number);
    leg.caller.emplace(CallWish{
        .number = plan_.number.empty() ? room.conference : plan_.number,
        .caller = "+4930" + std::string(7 - std::min<std::size_t>(7, name.size()), '0') + name,
        .call_id = "load" + std::to_string(plan_.seed) + "x" + name,
        .server = *plan_.sip,
        .ours = {leg.place.address.ip, signalling_at_.port},
        .offer = write_sdp_offer(leg.place.address, plan_.format)});
    send_texts(leg, leg.caller->call(now));
}

void Telephones::hang_up(unsigned number, Instant now) {
    Leg& leg = *legs_[number];
    leg.sending = false;
    if (leg.caller) send_texts(leg, leg.caller->hang_up(now));
}

void Telephones::send_texts(const Leg& leg, const Caller::Texts& texts) {
    for (const std::string& text : texts) {
        const Outgoing packet{
            .from_ip = leg.place.from_ip,
            .to = *plan_.sip,
            .front = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
        (void)batch_.send(signalling_, std::span{&packet, 1});
    }
}

// The sound follows the call.
void Telephones::follow(Leg& leg) {
    const bool up = leg.caller->stage() == Caller::Stage::up;
    if (up && !leg.was_up) {
        leg.was_up = true;
        leg.remote = leg.caller->answer().remote;
        leg.speaker.answer_with(leg.caller->answer().payload_type,
                                leg.caller->answer().event_type.value_or(offered_event_type));
        leg.speaker.key(leg.keys);
    }
    leg.sending = up;
}

void Telephones::read_signalling(Instant now) {
    for (bool more = plan_.sip.has_value(); more;) {
        const auto packets = batch_.receive(signalling_);
        more = packets.size() == Batch::packets_max;
        std::vector<std::string> copies;  // the batch's buffers are needed for the answers
        for (const Incoming& packet : packets)
            copies.emplace_back(reinterpret_cast<const char*>(packet.bytes.data()),
                                packet.bytes.size());
        for (const std::string& text : copies) {
            const auto message = parse_sip(text);
            const std::string mine = "load" + std::to_string(plan_.seed) + "x";
            if (!message || !message->call_id.starts_with(mine)) {
                ++packets_seen_.strange;
                continue;
            }
            const std::string_view digits = message->call_id.substr(mine.size());
            std::uint32_t number = 0;
            for (const char digit : digits.substr(0, 6))
                number = number * 10 + static_cast<std::uint32_t>(digit - '0');
            if (number >= legs_.size() || !legs_[number]->caller) continue;
            Leg& leg = *legs_[number];
            send_texts(leg, leg.caller->on_message(*message, now));
            follow(leg);
        }
    }
}

void Telephones::wake_callers(Instant now) {
    for (const auto& leg : legs_) {
        if (!leg->caller || !leg->caller->wake_at() || now < *leg->caller->wake_at()) continue;
        send_texts(*leg, leg->caller->on_wake(now));
        follow(*leg);
    }
}

bool Telephones::settled() const {
    return std::ranges::all_of(legs_, [&](const auto& leg) {
        if (!plan_.sip) return leg->was_up;
        return leg->caller && leg->caller->stage() != Caller::Stage::calling &&
               !(leg->sending && leg->speaker.keying());
    });
}

bool Telephones::all_gone() const {
    return std::ranges::none_of(legs_, [](const auto& leg) {
        return leg->caller && leg->caller->stage() == Caller::Stage::leaving;
    });
}

// ---- sound

void Telephones::send_slot(unsigned slot, std::uint64_t frame) {
    for (const std::uint32_t number : legs_of_slot_[slot]) {
        Leg& leg = *legs_[number];
        if (!outgoing_.empty() && (outgoing_.size() == Batch::packets_max ||
                                   legs_[packet_legs_.back()]->place.door != leg.place.door))
            flush();
        Packet& packet = packets_[outgoing_.size()];
        packet = leg.speaker.next(frame);
        if (!leg.sending) continue;
        packet_legs_.push_back(number);
        outgoing_.push_back({.from_ip = leg.place.from_ip,
                             .to = leg.remote,
                             .front = std::span{packet.front}.first(packet.front_bytes),
                             .back = packet.payload});
    }
    flush();
}

void Telephones::flush() {
    if (outgoing_.empty()) return;
    for (std::size_t i = 0; i < outgoing_.size(); ++i) {
        const Leg& leg = *legs_[packet_legs_[i]];
        if (packets_[i].marked && leg.sending) note_mark(leg);
    }
    const std::size_t sent =
        batch_.send(doors_.socket(legs_[packet_legs_.front()]->place.door), outgoing_);
    if (measuring_) {
        packets_seen_.sent += sent;
        packets_seen_.not_sent += outgoing_.size() - sent;
    }
    outgoing_.clear();
    packet_legs_.clear();
}

void Telephones::note_mark(const Leg& leg) {
    if (!measuring_) return;
    Room& room = rooms_[leg.room];
    room.mark_us = base::wall_now().us + leg.mark_offset_us;
    room.mark_from = leg.number;
    ++delay_seen_.marks_sent;
    delay_seen_.expected += plan_.echo ? (leg.ear ? 1 : 0) : room.ears;
}

void Telephones::read_slot(unsigned slot) {
    if (doors_.shared()) {
        for (std::size_t door = slot % read_every_slots; door < doors_.count();
             door += read_every_slots)
            read_door(door);
    } else {
        for (const std::uint32_t number : legs_of_slot_[slot]) read_door(legs_[number]->place.door);
    }
}

void Telephones::read_all() {
    for (std::size_t door = 0; door < doors_.count(); ++door) read_door(door);
}

void Telephones::read_door(std::size_t door) {
    for (bool more = true; more;) {
        const auto packets = batch_.receive(doors_.socket(door));
        more = packets.size() == Batch::packets_max;
        for (const Incoming& packet : packets) {
            const auto number = doors_.leg_behind(door, packet.to_ip);
            if (number)
                hear(*legs_[*number], packet);
            else
                ++packets_seen_.strange;
        }
    }
}

void Telephones::hear(Leg& leg, const Incoming& packet) {
    if (measured_) return;
    if (!leg.heard.take(packet.bytes, packet.arrived_wall_us)) {
        ++packets_seen_.strange;
        return;
    }
    if (!leg.ear) return;
    const auto parsed = media::parse_rtp(packet.bytes);
    if (!parsed.ok()) return;
    const std::size_t got = leg.ear->decoder->decode(parsed.value().payload, std::span{pcm_});
    const auto begin = leg.ear->detector.hear(std::span{pcm_}.first(got));
    const Room& room = rooms_[leg.room];
    if (!begin || !measuring_ || room.mark_us == 0) return;
    if (plan_.echo && room.mark_from != leg.number) return;
    const std::int64_t delay_us = packet.arrived_wall_us + *begin - room.mark_us;
    if (delay_us < -5'000 || delay_us > mark_patience_us) return;  // not that mark
    ++delay_seen_.heard;
    delays_ms_.add(static_cast<double>(delay_us) / 1'000);
}

// ---- measuring

void Telephones::begin_measuring() {
    read_all();
    for (const auto& leg : legs_) leg->heard.reset();
    for (Room& room : rooms_) room.mark_us = 0;
    packets_seen_ = {};
    delay_seen_ = {};
    measuring_ = true;
}

void Telephones::end_measuring(std::int64_t wall_us) {
    read_all();
    measuring_ = false;
    measured_ = true;
    for (const auto& leg : legs_) {
        if (leg->sending) leg->heard.finish(wall_us);
    }
}

void Telephones::tell(Report& report) {
    report.packets = packets_seen_;
    report.delay = delay_seen_;
    Distribution jitter_ms, setup_ms;
    for (const auto& leg : legs_) {
        Report::Packets& packets = report.packets;
        packets.received += leg->heard.received();
        packets.lost += leg->heard.lost();
        packets.doubled += leg->heard.doubled();
        packets.gaps += leg->heard.gaps();
        packets.gap_ms_max =
            std::max(packets.gap_ms_max, static_cast<double>(leg->heard.gap_us_max()) / 1'000);
        jitter_ms.add(leg->heard.jitter_us() / 1'000);
        report.legs += leg->was_up ? 1 : 0;
        ++report.calls.asked;
        report.calls.answered += leg->was_up ? 1 : 0;
        if (!leg->caller) continue;
        report.calls.resent += leg->caller->resent();
        report.calls.ended_early += leg->caller->hung_up_by_server() ? 1 : 0;
        if (leg->was_up)
            setup_ms.add(static_cast<double>(leg->caller->setup().us) / 1'000);
        else
            ++report.calls.refusals[std::to_string(leg->caller->status())];
    }
    report.calls.failed = report.calls.asked - report.calls.answered;
    report.calls.setup_ms_p50 = setup_ms.quantile(0.5);
    report.calls.setup_ms_p99 = setup_ms.quantile(0.99);
    report.packets.jitter_ms_p50 = jitter_ms.quantile(0.5);
    report.packets.jitter_ms_p99 = jitter_ms.quantile(0.99);
    report.delay.p50_ms = delays_ms_.quantile(0.5);
    report.delay.p99_ms = delays_ms_.quantile(0.99);
    report.delay.max_ms = delays_ms_.quantile(1);
    report.delay.codec_ms =
        static_cast<double>(*std::ranges::max_element(sounds_.mark_offset_us)) / 1'000;
}

}  // namespace sim
