#include "replay/drive/telephone.hpp"

#include "media/sound/format.hpp"

namespace replay {
namespace {

constexpr std::uint16_t port_first = 36'000, port_last = 46'000;

Result<sim::Socket, std::string> bind_from(std::uint32_t ip, std::uint16_t& port) {
    std::string why = "no port is free";
    for (; port < port_last; port = static_cast<std::uint16_t>(port + 2)) {
        auto bound = sim::Socket::bind({ip, port}, false);
        if (bound.ok()) return bound;
        why = bound.error();
    }
    return fail(why);
}

}  // namespace

Telephone::Telephone(const Options& options, const sim::Sounds& sounds)
    : options_(options), sounds_(sounds) {}

Result<std::unique_ptr<Telephone>, std::string> Telephone::open(const Options& options,
                                                                const sim::Sounds& sounds) {
    const auto ours = sim::address_towards(options.server);
    if (!ours) return fail("there is no way to " + sim::text_of(options.server));
    std::unique_ptr<Telephone> made{new Telephone(options, sounds)};
    auto port = static_cast<std::uint16_t>(port_first + 4 * (options.number % 2'000));
    for (sim::Socket* socket : {&made->signalling_, &made->sound_}) {
        auto bound = bind_from(*ours, port);
        if (!bound.ok()) return fail(bound.error());
        *socket = std::move(bound).value();
        (socket == &made->sound_ ? made->sound_at_ : made->signalling_at_) = {*ours, port};
        port = static_cast<std::uint16_t>(port + 2);
    }
    made->called_.emplace(
        sim::CalledWish{.account = {options.name, options.password},
                        .server = options.server,
                        .ours = made->signalling_at_,
                        .answer = sim::write_sdp_offer(made->sound_at_, media::pcmu_format)});
    return made;
}

void Telephone::call(const std::string& number, Instant now) {
    sim::CallWish wish{.number = number,
                       .caller = options_.name,
                       .call_id = "d" + std::to_string(options_.number) + "x" +
                                  std::to_string(++calls_) + "t" + std::to_string(now.us),
                       .server = options_.server,
                       .ours = signalling_at_,
                       .offer = sim::write_sdp_offer(sound_at_, media::pcmu_format)};
    if (!options_.password.empty()) wish.account = {options_.name, options_.password};
    caller_.emplace(std::move(wish));
    send(caller_->call(now));
}

void Telephone::hang_up(Instant now) {
    if (caller_) send(caller_->hang_up(now));
    send(called_->hang_up(now));
}

bool Telephone::up() const {
    return (caller_ && caller_->stage() == sim::Caller::Stage::up) ||
           called_->stage() == sim::Called::Stage::up;
}

int Telephone::refused() const {
    return caller_ && caller_->stage() == sim::Caller::Stage::failed
               ? std::max(1, caller_->status())
               : 0;
}

void Telephone::send(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        const sim::Outgoing packet{
            .to = options_.server,
            .front = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
        (void)batch_->send(signalling_, {&packet, 1});
    }
}

void Telephone::read(Instant now) {
    std::vector<std::string> texts;
    for (const sim::Incoming& packet : batch_->receive(signalling_))
        texts.emplace_back(reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size());
    for (const std::string& text : texts) {
        const auto message = sim::parse_sip(text);
        if (!message) continue;
        const bool ours = !caller_ || called_->concerns(*message);
        send(ours ? called_->on_message(*message, now) : caller_->on_message(*message, now));
    }
}

void Telephone::speak(Instant now) {
    if (!up()) {
        speaking_ = false;
        return;
    }
    if (!speaking_) {
        const sim::SdpAnswer& there =
            called_->stage() == sim::Called::Stage::up ? called_->offer() : caller_->answer();
        speaker_.emplace(
            media::pcmu_format, 0x4000'0000 + options_.number * 64 + ++calls_,
            sim::Speaker::Voice{.loop = &sounds_.speech[options_.number % sim::Sounds::voices],
                                .begin = options_.number * 37});
        speaker_->answer_with(there.payload_type, there.event_type.value_or(101));
        speaking_ = true;
        next_frame_ = now;
    }
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
    read(now);
    if (caller_) send(caller_->on_wake(now));
    send(called_->on_wake(now));
    speak(now);
}

}  // namespace replay
