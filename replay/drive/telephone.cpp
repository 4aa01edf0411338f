#include "replay/drive/telephone.hpp"

#include "media/sound/format.hpp"

namespace replay {
namespace {

constexpr std::uint16_t port_first = 36'000;

}  // namespace

Telephone::Telephone(Options options, const media::Format& format, const sim::Sounds& sounds)
    : options_(std::move(options)), format_(format), sounds_(&sounds) {}

Result<std::unique_ptr<Telephone>, std::string> Telephone::open(const Options& options,
                                                                const media::Format& format,
                                                                const sim::Sounds& sounds) {
    std::unique_ptr<Telephone> made{new Telephone(options, format, sounds)};
    auto port = static_cast<std::uint16_t>(port_first + 4 * (options.number % 2'000));
    made->line_ = options.shared;
    if (!made->line_) {
        auto line = Line::open(options.server, port);
        if (!line.ok()) return fail(line.error());
        made->line_ = line.value();
        port = static_cast<std::uint16_t>(line.value()->at().port + 2);
    }
    auto bound = bind_from(made->line_->at().ip, port);
    if (!bound.ok()) return fail(bound.error());
    made->sound_ = std::move(bound).value();
    made->sound_at_ = {made->line_->at().ip, port};
    made->called_.emplace(sim::CalledWish{.account = {options.name, options.password},
                                          .server = options.server,
                                          .ours = made->line_->at(),
                                          .answer = {}});
    return made;
}

void Telephone::speak_as(const media::Format& format, const sim::Sounds& sounds) {
    format_ = format;
    sounds_ = &sounds;
}

void Telephone::call(const std::string& number, Instant now) {
    sim::CallWish wish{.number = number,
                       .caller = options_.name,
                       .call_id = "d" + std::to_string(options_.number) + "x" +
                                  std::to_string(++calls_) + "t" + std::to_string(now.us),
                       .server = options_.server,
                       .ours = line_->at(),
                       .offer = sim::write_sdp_offer(sound_at_, format_)};
    if (!options_.password.empty()) wish.account = {options_.name, options_.password};
    caller_.emplace(std::move(wish));
    caller_was_ = sim::Caller::Stage::idle;
    line_->send(caller_->call(now));
}

void Telephone::answer(Instant now) {
    const std::string& offer = called_->offer_text();
    const auto type = sim::payload_type_in(offer, format_);
    if (!type) return refuse("488 Not Acceptable Here");
    called_->answer_with(
        sim::write_sdp_answer(sound_at_, format_, *type, called_->offer().event_type));
    line_->send(called_->answer(now));
}

void Telephone::hold(bool on, Instant now) {
    if (caller_) line_->send(caller_->hold(on, now));
    line_->send(called_->hold(on, now));
}

void Telephone::hang_up(Instant now) {
    if (caller_) line_->send(caller_->hang_up(now));
    line_->send(called_->hang_up(now));
}

void Telephone::forget() {
    caller_.reset();
    called_->forget();
    caller_was_ = sim::Caller::Stage::idle;
    called_was_ = called_->stage();
    keys_.clear();
    voice_.reset();
}

void Telephone::write(const std::string& to, const std::string& text, Instant now) {
    writer_.emplace(sim::TextWish{.account = {options_.name, options_.password},
                                  .to = to,
                                  .text = text,
                                  .call_id = "w" + std::to_string(options_.number) + "x" +
                                             std::to_string(++calls_) + "t" +
                                             std::to_string(now.us),
                                  .server = options_.server,
                                  .ours = line_->at()});
    line_->send(writer_->send(now));
}

bool Telephone::up() const {
    return (caller_ && caller_->stage() == sim::Caller::Stage::up) ||
           called_->stage() == sim::Called::Stage::up;
}

bool Telephone::busy() const {
    return up() || rings() || (caller_ && caller_->stage() == sim::Caller::Stage::calling);
}

int Telephone::refused() const {
    return caller_ && caller_->stage() == sim::Caller::Stage::failed
               ? std::max(1, caller_->status())
               : 0;
}

bool Telephone::concerns(const sim::SipMessage& message) const {
    if (caller_ && caller_->concerns(message)) return true;
    if (message.status == 0 && message.method == "INVITE" && sim::tag_of(message.to).empty() &&
        sim::user_of(message.uri) != options_.name)
        return false;
    return called_->concerns(message);
}

void Telephone::take(const sim::SipMessage& message, Instant now) {
    if (writer_ && writer_->concerns(message))
        return line_->send(writer_->on_message(message, now));
    if (message.status == 0 && message.method == "MESSAGE")
        return line_->send({sim::plain_response(message, "200 OK")});  // somebody wrote to it
    const bool ours = caller_ && caller_->concerns(message);
    line_->send(ours ? caller_->on_message(message, now) : called_->on_message(message, now));
    notice();
}

void Telephone::notice() {
    using sim::Called;
    using sim::Caller;
    if (caller_ && caller_->stage() != caller_was_) {
        const Caller::Stage now = caller_->stage();
        if (now == Caller::Stage::up) news_.emplace_back("call_answered");
        if (now == Caller::Stage::failed)
            news_.push_back("call_refused sip_status=" + std::to_string(caller_->status()));
        if (now == Caller::Stage::gone && caller_->hung_up_by_server())
            news_.emplace_back("hung_up_by_server");
        caller_was_ = now;
    }
    if (called_->stage() == called_was_) return;
    called_was_ = called_->stage();
    if (called_was_ != Called::Stage::gone) return;
    if (called_->cancelled_by_server()) news_.emplace_back("cancelled_by_server");
    if (called_->hung_up_by_server()) news_.emplace_back("hung_up_by_server");
}

std::vector<std::string> Telephone::take_news() { return std::exchange(news_, {}); }

void Telephone::begin_to_speak(Instant now) {
    const bool was_called = called_->stage() == sim::Called::Stage::up;
    const sim::SdpAnswer& there = was_called ? called_->offer() : caller_->answer();
    const auto type =
        was_called ? sim::payload_type_in(called_->offer_text(), format_) : there.payload_type;
    speaker_.emplace(
        format_, 0x4000'0000 + options_.number * 64 + ++calls_,
        sim::Speaker::Voice{.loop = &sounds_->speech[options_.number % sim::Sounds::voices],
                            .begin = options_.number * 37});
    speaker_->answer_with(type.value_or(0), there.event_type.value_or(101));
    speaking_ = true;
    next_frame_ = now;
}

void Telephone::speak(Instant now) {
    if (!up()) {
        speaking_ = false;
        return;
    }
    if (!speaking_) begin_to_speak(now);
    speaker_->key(keys_);
    keys_.clear();
    const media::Address to = called_->stage() == sim::Called::Stage::up ? called_->offer().remote
                                                                         : caller_->answer().remote;
    for (; next_frame_ <= now; next_frame_ = next_frame_ + milliseconds(20)) {
        sim::Packet packet = speaker_->next(frames_++);
        const bool sound = packet.front_bytes == media::rtp_header_bytes;
        if (voice_ && sound) {
            packet.payload = voice_->next();
            if (packet.payload.empty()) continue;  // it sent none then
        }
        const sim::Outgoing out{.to = to,
                                .front = std::span{packet.front}.first(packet.front_bytes),
                                .back = packet.payload};
        (void)batch_->send(sound_, {&out, 1});
    }
    (void)batch_->receive(sound_);
}

void Telephone::pump(Instant now) {
    if (!options_.shared) {
        for (const std::string& text : line_->receive()) {
            if (const auto message = sim::parse_sip(text)) take(*message, now);
        }
    }
    if (caller_) line_->send(caller_->on_wake(now));
    if (writer_) line_->send(writer_->on_wake(now));
    line_->send(called_->on_wake(now));
    notice();
    speak(now);
}

}  // namespace replay
