// One real telephone of a drive: an account, a stranger or one behind a carrier; its call, its
// sound.
//
// Thread: one. Memory: a socket or two and a call. Time: pump() every few milliseconds; nothing
// waits.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "replay/drive/line.hpp"
#include "replay/drive/voice.hpp"
#include "sim/load/called.hpp"
#include "sim/load/caller.hpp"
#include "sim/load/sound.hpp"
#include "sim/load/stream.hpp"
#include "sim/load/writer.hpp"

namespace replay {

class Telephone {
public:
    struct Options {
        media::Address server;
        std::string name;              // who it says it is; of one that is dialled, its number
        std::string password;          // empty: no account
        unsigned number = 0;           // its own among all telephones of this run
        std::shared_ptr<Line> shared;  // none: it has a line of its own
    };
    /// `sounds` of `format`: what it says when nothing was captured. Fails with a sentence: no port
    /// is free.
    [[nodiscard]] static Result<std::unique_ptr<Telephone>, std::string> open(
        const Options& options, const media::Format& format, const sim::Sounds& sounds);

    [[nodiscard]] const media::Address& at() const { return line_->at(); }
    [[nodiscard]] const std::string& name() const { return options_.name; }
    /// For the next call: it codes otherwise.
    void speak_as(const media::Format& format, const sim::Sounds& sounds);
    void enrol(Instant now) { line_->send(called_->enrol(now)); }
    void withdraw(Instant now) { line_->send(called_->withdraw(now)); }
    [[nodiscard]] bool enrolled() const { return called_->enrolled(); }
    void call(const std::string& number, Instant now);
    /// As soon as it is up; ',' is a second of nothing.
    void key(std::string_view keys) { keys_ += keys; }
    /// Says what was captured, for as long as there is any, instead of prepared speech.
    void say(CapturedVoice voice) { voice_.emplace(std::move(voice)); }
    void ring() { line_->send(called_->ring()); }
    void answer(Instant now);
    void refuse(const std::string& status) { line_->send(called_->refuse(status)); }
    void hold(bool on, Instant now);
    void hang_up(Instant now);
    /// Its call is forgotten without a word, as after a power cut on the other side.
    void forget();
    /// Writes to the chat, one text after another.
    void write(const std::string& to, const std::string& text, Instant now);
    /// Of the last text: its final status; 0: none yet.
    [[nodiscard]] int written() const { return writer_ ? writer_->status() : 0; }

    [[nodiscard]] bool rings() const { return called_->stage() == sim::Called::Stage::ringing; }
    [[nodiscard]] bool up() const;
    [[nodiscard]] bool busy() const;
    /// It called, and was not let in: the status; 0: none came yet.
    [[nodiscard]] int refused() const;
    /// What it noticed since the last time, in the words of script.hpp.
    [[nodiscard]] std::vector<std::string> take_news();
    void pump(Instant now);

    // ---- behind a carrier, whose line somebody else reads

    [[nodiscard]] bool concerns(const sim::SipMessage& message) const;
    void take(const sim::SipMessage& message, Instant now);

private:
    Telephone(Options options, const media::Format& format, const sim::Sounds& sounds);
    void notice();
    void speak(Instant now);
    void begin_to_speak(Instant now);

    Options options_;
    media::Format format_;
    const sim::Sounds* sounds_;
    std::shared_ptr<Line> line_;
    sim::Socket sound_;
    media::Address sound_at_;
    std::optional<sim::Caller> caller_;
    std::optional<sim::Called> called_;
    std::optional<sim::Writer> writer_;
    sim::Caller::Stage caller_was_ = sim::Caller::Stage::idle;
    sim::Called::Stage called_was_ = sim::Called::Stage::idle;
    std::vector<std::string> news_;
    std::optional<sim::Speaker> speaker_;
    std::string keys_;
    std::optional<CapturedVoice> voice_;
    unsigned calls_ = 0;
    bool speaking_ = false;
    Instant next_frame_{};
    std::uint64_t frames_ = 0;
    std::unique_ptr<sim::Batch> batch_ = std::make_unique<sim::Batch>();
};

}  // namespace replay
