// One real telephone of a drive: an account or a stranger, its sockets, its call, its sound.
//
// Thread: one. Memory: two sockets and a call. Time: pump() every few milliseconds; nothing waits.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "replay/drive/voice.hpp"
#include "sim/load/called.hpp"
#include "sim/load/caller.hpp"
#include "sim/load/sockets.hpp"
#include "sim/load/sound.hpp"
#include "sim/load/stream.hpp"

namespace replay {

class Telephone {
public:
    struct Options {
        media::Address server;
        std::string name;      // who it says it is
        std::string password;  // empty: no account
        unsigned number = 0;   // its own among all telephones of this run
    };
    /// Fails with a sentence: no port is free.
    [[nodiscard]] static Result<std::unique_ptr<Telephone>, std::string> open(
        const Options& options, const sim::Sounds& sounds);

    void enrol(Instant now) { send(called_->enrol(now)); }
    [[nodiscard]] bool enrolled() const { return called_->enrolled(); }
    void call(const std::string& number, Instant now);
    /// As soon as it is up.
    void key(std::string_view keys) { keys_ += keys; }
    /// Says what was captured, for as long as there is any, instead of prepared speech.
    void say(CapturedVoice voice) { voice_.emplace(std::move(voice)); }
    void ring() { send(called_->ring()); }
    void answer(Instant now) { send(called_->answer(now)); }
    void refuse(const std::string& status) { send(called_->refuse(status)); }
    void hang_up(Instant now);

    [[nodiscard]] bool rings() const { return called_->stage() == sim::Called::Stage::ringing; }
    [[nodiscard]] bool up() const;
    /// It called, and was not let in: the status; 0: none came yet.
    [[nodiscard]] int refused() const;
    void pump(Instant now);

private:
    Telephone(const Options& options, const sim::Sounds& sounds);
    void send(const std::vector<std::string>& texts);
    void read(Instant now);
    void speak(Instant now);

    Options options_;
    const sim::Sounds& sounds_;
    sim::Socket signalling_, sound_;
    media::Address signalling_at_, sound_at_;
    std::optional<sim::Caller> caller_;
    std::optional<sim::Called> called_;
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
