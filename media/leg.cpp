#include "media/leg.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace media {
namespace {

constexpr std::uint8_t comfort_noise_type = 13;  // RFC 3389: a sign of life, no sound
// Coming back to the shared voice, a codec that remembers makes a seam, for its encoder there has
// another past. So a leg waits for a quiet moment, but not longer than 5 s.
constexpr std::int32_t linger_ticks_max = 250;
constexpr std::uint32_t quiet_below =
    (1u << 30) / 100'000;  // -50 dBov: a change of depth goes unheard
constexpr std::int64_t stream_gap_us = 100'000;
constexpr std::int64_t report_interval_us =
    5'000'000;  // RFC 3550, 6.2: the least, and a room's traffic is small

}  // namespace

Leg::Leg(LegId leg_id, LegIdentity identity, LegPorts leg_ports, Ownership first_owner)
    : id(leg_id),
      ports(leg_ports),
      owner(first_owner),
      identity_(std::move(identity)),
      sequence_(identity_.first_sequence),
      spread_(identity_.ssrc) {
    ASSERT(!identity_.cname.empty() && identity_.cname.size() <= 60);
}

// ---- what comes in --------------------------------------------------------------------------

void Leg::rtp_arrived(std::span<const std::uint8_t> bytes, const Address& from,
                      std::int64_t arrival_us, const TickTime& now,
                      Outlet& outlet) noexcept REALTIME {
    if (sound_ == nullptr) return refuse();
    std::array<std::uint8_t, packet_bytes_max> opened;
    if (srtp_ != nullptr) {
        if (bytes.size() > opened.size()) return refuse();
        std::ranges::copy(bytes, opened.begin());
        const auto length = srtp_->unprotect(std::span{opened}.first(bytes.size()));
        if (!length) return bump(gauges_.forged);
        bytes = std::span{opened}.first(*length);
    }
    const auto parsed = parse_rtp(bytes);
    if (!parsed.ok()) return refuse();
    packet_arrived(parsed.value(), from, arrival_us, now, outlet);
}

void Leg::packet_arrived(const RtpPacket& packet, const Address& from, std::int64_t arrival_us,
                         const TickTime& now, Outlet& outlet) noexcept {
    const std::uint8_t type = packet.header.payload_type;
    const bool sound = type == config_.payload_type;
    const bool key = type == config_.event_payload_type;
    const bool noise = type == comfort_noise_type || type == config_.noise_payload_type;
    if (!sound && !key && !noise) return refuse();
    if (!latch_.accepts(from, packet.header, arrival_us)) return refuse();
    if (!same_stream(packet.header, arrival_us)) return refuse();
    reception_.packet(packet.header, sound, arrival_us);
    gauges_.received.store(reception_.packets(), std::memory_order_relaxed);
    heard_something(arrival_us, outlet);
    if (!first_told_) {
        first_told_ = true;
        outlet.tell({.kind = EventKind::first_packet, .leg = id});
    }
    if (!config_.receives) return;
    if (sound) sound_arrived(packet, arrival_us, now.now_us);
    if (noise) sound_->receiver.noise_arrived(packet.payload, packet.header.timestamp);
    if (key) {
        const auto digit = dtmf_.receive(packet.payload, packet.header.timestamp, arrival_us);
        if (digit) outlet.tell({.kind = EventKind::digit, .leg = id, .digit = *digit});
    }
}

// A phone behind a gateway may change its source in the middle (transfer, early media). One packet
// of another source within a running stream is not believed yet.
bool Leg::same_stream(const RtpHeader& header, std::int64_t arrival_us) noexcept {
    if (!reception_.started() || header.ssrc == reception_.ssrc()) {
        other_ssrc_.reset();
        return true;
    }
    const bool running = arrival_us - last_heard_us_ < stream_gap_us;
    if (running && other_ssrc_ != header.ssrc) {
        other_ssrc_ = header.ssrc;
        return false;
    }
    other_ssrc_.reset();
    sound_->receiver.restart();
    return true;
}

void Leg::sound_arrived(const RtpPacket& packet, std::int64_t arrival_us,
                        std::int64_t now_us) noexcept {
    last_sound_us_ = arrival_us;
    const JitterBuffer::Packet piece{
        .sequence = packet.header.sequence,
        .timestamp = packet.header.timestamp,
        .marker = packet.header.marker,
        .slack_us = static_cast<std::int32_t>(std::clamp<std::int64_t>(
            now_us - arrival_us, 0, tick_us)),  // it is read in the tick that may need it
        .payload = packet.payload};
    const JitterBuffer::Put put = sound_->receiver.put(piece);
    bursts_.arrived(packet.header.sequence, put != JitterBuffer::Put::taken);
    switch (put) {
        case JitterBuffer::Put::taken: break;
        case JitterBuffer::Put::late: bump(gauges_.late); break;
        case JitterBuffer::Put::duplicate:
        case JitterBuffer::Put::jumped:
        case JitterBuffer::Put::unfit: refuse(); break;
    }
}

void Leg::heard_something(std::int64_t at_us, Outlet& outlet) noexcept {
    last_heard_us_ = at_us;
    if (!silent_) return;
    silent_ = false;
    outlet.tell({.kind = EventKind::silence_ended, .leg = id});
}

// ---- the tick -------------------------------------------------------------------------------

bool Leg::begin_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME {
    if (ticked_ && now.tick <= last_tick_) return false;
    if (ticked_ && now.tick != last_tick_ + 1) gap_before_next_ = true;
    if (!ticked_) {
        next_report_us_ = now.now_us + report_interval_us / 2;
        last_heard_us_ = now.now_us;
    }
    ticked_ = in_tick_ = true;
    last_tick_ = now.tick;
    obey(now, outlet);
    return true;
}

void Leg::obey(const TickTime& now, Outlet& outlet) noexcept {
    LegCommand command;
    while (inbox.try_pop(command)) {
        switch (command.kind) {
            case LegCommand::Kind::configure: configure(command, now, outlet); break;
            case LegCommand::Kind::play: (void)prompts_.add(command.prompt); break;
            case LegCommand::Kind::stop_prompts: prompts_.clear(); break;
        }
    }
}

void Leg::configure(const LegCommand& wanted, const TickTime& now, Outlet& outlet) noexcept {
    LegConfig config = wanted.config;
    // Nowhere is nobody: old phones hold with 0.0.0.0 (RFC 3264, 8.4), and a refused stream has
    // port 0.
    if (config.remote && (config.remote->ip == 0 || config.remote->port == 0))
        config.remote.reset();
    const bool configured = sound_ != nullptr;
    const bool receives_again = config.receives && !(configured && config_.receives);
    const bool other_sound =
        configured && (wanted.sound != sound_ || config.payload_type != config_.payload_type);
    const bool other_remote = configured && config.remote != config_.remote;
    if (wanted.sound != sound_) {
        sound_ = wanted.sound;
        speech_.forget_frames();
        alone_ = false;
        gap_before_next_ = true;
        sound_in_use_.store(sound_, std::memory_order_release);  // the one before is free
    }
    if (wanted.srtp != srtp_) {
        srtp_ = wanted.srtp;
        srtp_in_use_.store(srtp_, std::memory_order_release);
    }
    if (receives_again || other_sound || other_remote) sound_->receiver.restart();
    if (receives_again || other_remote) last_heard_us_ = now.now_us;
    if (other_remote) rtcp_source_.reset();
    if (!config.receives && silent_) {
        silent_ = false;  // on hold nobody expects anything
        outlet.tell({.kind = EventKind::silence_ended, .leg = id});
    }
    latch_.configure(config.remote);
    reception_.count_in(clock_hz(config.format));
    config_ = config;
}

void Leg::watch_silence(const TickTime& now, Outlet& outlet) noexcept {
    if (sound_ == nullptr || !config_.receives || silent_) return;
    if (now.now_us - last_heard_us_ < silence_notice_us) return;
    silent_ = true;
    outlet.tell({.kind = EventKind::silence_noticed, .leg = id});
}

void Leg::listen(const TickTime& now, const Manners& manners, Outlet& outlet) noexcept REALTIME {
    if (sound_ == nullptr) return speech_.say_nothing();
    const auto frame = speech_.next_frame(samples_per_tick(config_.format));
    const bool counts = manners.may_speak && config_.receives;
    // Who may not speak need not be decoded, and who has nothing to say only for its level, where
    // decoding costs something.
    using Wanted = Receiver::Wanted;
    const bool dear = config_.format.codec == Codec::opus;
    const Wanted wanted = !dear || sound_->tones ? Wanted::sound
                          : !counts              ? Wanted::nothing
                          : gate_.closed()       ? Wanted::level
                                                 : Wanted::sound;
    decision_ = sound_->receiver.take(energy_ < quiet_below, frame, wanted);
    energy_ = energy_of(frame);
    const bool key = dtmf_.pressed(now.now_us) || key_sounds(outlet);
    speech_.judge(judge_level(counts && !key, outlet), manners);
    if (decision_.concealed > 0) bump(gauges_.concealed);
    if (decision_.packets > 0 || decision_.concealed > 0) {  // it sends
        const std::int32_t now_impaired = decision_.concealed > 0 ? 1 << 20 : 0;
        impaired_ += (now_impaired - impaired_) / 512;
        gauges_.impaired.store(static_cast<std::uint32_t>(std::int64_t{impaired_} * 1'000 >> 20),
                               std::memory_order_relaxed);
    }
}

bool Leg::key_sounds(Outlet& outlet) noexcept {
    if (!sound_->tones) return false;
    Frame narrow;
    sound_->to_narrow.process(frame(), narrow);
    const auto digit = sound_->tones->hear(narrow);
    if (digit) outlet.tell({.kind = EventKind::digit, .leg = id, .digit = *digit});
    return sound_->tones->sounding();
}

// Is it worth mixing?
bool Leg::judge_level(bool counts, Outlet& outlet) noexcept {
    switch (detector_.hear(energy_, counts)) {
        case TalkDetector::Change::none: break;
        case TalkDetector::Change::started:
            outlet.tell({.kind = EventKind::talking_started, .leg = id});
            break;
        case TalkDetector::Change::stopped:
            outlet.tell({.kind = EventKind::talking_stopped, .leg = id});
            break;
    }
    const std::uint32_t silent = gauges_.silent_for_ms.load(std::memory_order_relaxed);
    const auto longer = silent < UINT32_MAX - 20 ? silent + 20 : silent;  // never stays never
    gauges_.silent_for_ms.store(detector_.talking() ? 0 : longer, std::memory_order_relaxed);
    const bool passes = gate_.passes(energy_);
    loudness_ = std::max(energy_, loudness_ - loudness_ / 16);  // halves in 11 ticks
    // The mean of about a second, without losing the last digits of quiet lines.
    mean_energy_ = mean_energy_ - mean_energy_ / 64 + energy_ / 64;
    gauges_.energy.store(mean_energy_, std::memory_order_relaxed);
    return passes && counts;
}

void Leg::be_captured(std::optional<RoomId> by) noexcept REALTIME {
    // Mended where nobody hears the seam.
    const bool mends = capture_broken_ && by && !speech_.contributes();
    if (captured_by_ == by && !mends) return;
    captured_by_ = by;
    if (by) begin_capture();
}

// Once, when it enters: before that it was alone with its PIN, and nobody kept what it said.
void Leg::begin_capture() noexcept {
    speech_.forget();
    if (sound_ != nullptr) sound_->receiver.forget();
    capture_serial_ = 0;
    capture_broken_ = false;
}

bool Leg::describe(CaptureWriter& writer, CaptureHead& head) noexcept REALTIME {
    if (sound_ == nullptr || frame().empty()) return false;
    const Receiver::Taken& taken = sound_->receiver.taken();
    head.serial = capture_serial_;
    capture_serial_ = capture_serial_ == UINT16_MAX ? std::uint16_t{1} : capture_serial_ + 1;
    if (!taken.complete) {
        capture_broken_ = true;
        return false;
    }
    writer.begin();
    if (taken.noise.arrived)
        writer.piece({.kind = CapturePiece::Kind::noise,
                      .timestamp = taken.noise.timestamp,
                      .payload = std::span{&taken.noise.level, taken.noise.noisy ? 1u : 0u}});
    for (std::size_t i = 0; i < taken.count; ++i) {
        const JitterBuffer::Pulled& pulled = taken.pieces[i];
        writer.piece({.kind = static_cast<CapturePiece::Kind>(pulled.kind),
                      .units = static_cast<std::uint16_t>(pulled.samples),
                      .timestamp = pulled.timestamp,
                      .payload = pulled.payload});
    }
    head.merged = taken.step.merge;
    head.stretched = taken.step.stretch;
    head.deaf = taken.wanted == Receiver::Wanted::nothing;
    head.glanced = taken.wanted == Receiver::Wanted::level;
    head.fresh = taken.fresh;
    head.restarted = taken.restarted;
    head.wants = speech_.wanted();
    head.admitted = speech_.in_mix();
    head.contributes = contributes();
    head.levels = speech_.manners().level_voices;
    head.gates = speech_.manners().gate_noise;
    head.format = config_.format;
    head.gain_in_db = speech_.manners().gain_db;
    return true;
}

void Leg::next_prompt(std::span<std::int16_t> frame, Outlet& outlet) noexcept REALTIME {
    prompts_.next(frame);
    if (prompts_.empty()) outlet.tell({.kind = EventKind::prompt_done, .leg = id});
}

bool Leg::choose_voice(bool alone, Voice& shared, bool quiet,
                       std::uint64_t tick) noexcept REALTIME {
    Voice& own = sound_->own;
    // While a new codec is on its way, the room's plan may still name a voice of the old one.
    if (own.kind().format != shared.kind().format) return alone_ = true;
    if (alone) {
        if (!alone_) own.continue_from(shared, tick - 1);
        own.adopt(shared.kind());
        lingering_ = 0;
        return alone_ = true;
    }
    if (!alone_) return false;
    if (remembers(config_.format.codec) && !quiet && ++lingering_ <= linger_ticks_max) return true;
    if (shared.said(tick - 1))
        shared.welcome();
    else
        shared.continue_from(own, tick - 1);
    return alone_ = false;
}

void Leg::send(const TickTime& now, std::span<const std::uint8_t> words, bool noise,
               Outlet& outlet) noexcept REALTIME {
    if (words.empty() || (noise && !config_.noise_payload_type)) {
        gap_before_next_ = true;
        return;
    }
    const std::uint32_t timestamp = timestamp_at(now);
    if (noise) {
        send_packet(words, *config_.noise_payload_type, timestamp, outlet);
        gap_before_next_ = true;  // the sound that comes next begins a talk spurt
        return;
    }
    const std::uint32_t pieces = packets_per_tick(config_.format);
    const std::size_t bytes = words.size() / pieces;
    for (std::uint32_t i = 0; i < pieces; ++i) {
        send_packet(words.subspan(i * bytes, bytes), config_.payload_type,
                    timestamp + i * (clock_hz(config_.format) / 50 / pieces), outlet);
    }
}

void Leg::send_packet(std::span<const std::uint8_t> payload, std::uint8_t payload_type,
                      std::uint32_t timestamp, Outlet& outlet) noexcept {
    const std::optional<Address> to = latch_.target();
    if (!to) return;
    const auto header = write_rtp_header({.marker = std::exchange(gap_before_next_, false),
                                          .payload_type = payload_type,
                                          .sequence = sequence_++,
                                          .timestamp = timestamp,
                                          .ssrc = identity_.ssrc});
    ++packets_sent_;
    octets_sent_ += static_cast<std::uint32_t>(payload.size());
    bump(gauges_.sent);
    if (srtp_ == nullptr) return outlet.send_rtp(*this, *to, header, payload);
    std::array<std::uint8_t, rtp_header_bytes + coded_bytes_max + Srtp::rtp_room> packet;
    std::ranges::copy(header, packet.begin());
    std::ranges::copy(payload, packet.begin() + header.size());
    const std::size_t length = srtp_->protect(packet, header.size() + payload.size());
    if (length > 0) outlet.send_rtp(*this, *to, std::span{packet}.first(length), {});
}

void Leg::end_tick(const TickTime& now, Outlet& outlet) noexcept REALTIME {
    in_tick_ = false;
    if (!sends()) gap_before_next_ = true;
    watch_silence(now, outlet);
    gauges_.lost.store(reception_.lost(), std::memory_order_relaxed);
    gauges_.jitter_us.store(reception_.jitter_us(), std::memory_order_relaxed);
    gauges_.delay_us.store(static_cast<std::uint32_t>(std::uint64_t{decision_.depth} * 1'000'000 /
                                                      clock_hz(config_.format)),
                           std::memory_order_relaxed);
    if (now.now_us < next_report_us_) return;
    // Between 0.75 and 1.25 of the interval, so that
    // legs that began together do not report together.
    next_report_us_ = now.now_us + report_interval_us * 3 / 4 +
                      static_cast<std::int64_t>(spread_.below(report_interval_us / 2));
    const std::optional<Address> to = rtcp_target();
    if (sound_ == nullptr || !to) return;
    std::array<std::uint8_t, rtcp_bytes_max + Srtp::rtcp_room> bytes;
    const std::size_t length = write_report(bytes, now, false);
    if (length > 0) outlet.send_rtcp(*this, *to, std::span{bytes}.first(length));
}

}  // namespace media
