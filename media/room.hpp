// What a room remembers between ticks: announcements that still play to everybody, and the coded
// streams that its listeners share.
//
// Thread: one worker plays it; the control side makes it, and then reaches it only through `inbox`.
// Memory: fixed. Time: ticks.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/realtime.hpp"
#include "base/spsc_ring.hpp"
#include "media/engine.hpp"
#include "media/prompts.hpp"
#include "media/voice.hpp"

namespace media {

/// One stream for all who hear the same. In silence it becomes comfort noise, and then nothing, for
/// those who said that they can fill it in (RFC 3389).
class SharedVoice {
public:
    explicit SharedVoice(const VoiceKind& kind) : voice(kind) {}

    struct Words {
        std::span<const std::uint8_t> bytes;
        bool noise = false;
    };
    /// `silent`: nobody said anything in this tick, and nothing need be sent for it.
    Words say(std::span<const std::int16_t> sound, bool silent,
              std::uint64_t tick) noexcept REALTIME {
        tick_ = tick;
        silent_ticks_ = silent && voice.kind().takes_noise ? silent_ticks_ + 1 : 0;
        if (silent_ticks_ <= hang_over_ticks) {
            words_ = {.bytes = voice.say(sound, tick)};
        } else {
            const bool due = (silent_ticks_ - hang_over_ticks) % refresh_ticks == 1;
            words_ = {.bytes = due ? std::span{noise_} : std::span<const std::uint8_t>{},
                      .noise = true};
        }
        return words_;
    }
    /// Has this tick's stream been asked for already?
    [[nodiscard]] bool asked(std::uint64_t tick) const noexcept REALTIME { return tick_ == tick; }
    [[nodiscard]] const Words& words() const noexcept REALTIME { return words_; }

    Voice voice;

private:
    static constexpr std::int32_t hang_over_ticks = 10;
    static constexpr std::int32_t refresh_ticks = 50;  // a lost one is made good within a second
    static constexpr std::array<std::uint8_t, 1> noise_{78};  // -78 dBov: a line that is there

    Words words_;
    std::uint64_t tick_ = UINT64_MAX;
    std::int32_t silent_ticks_ = 0;
};

struct Room {
    explicit Room(RoomId room_id, std::uint32_t worker = 0) : id(room_id), owner(worker) {}

    const RoomId id;
    std::atomic<std::uint32_t> owner;  // written by the worker it names: hands the room over
    SpscRing<const Prompt*, 16>
        inbox;  // control -> worker; full: the announcement is dropped, it would be old news
    PromptQueue announcements, music;  // the worker's

    /// False: this room has had this tick already, at the worker it came from.
    [[nodiscard]] bool is_due(std::uint64_t tick) noexcept REALTIME {
        if (last_tick_ && tick <= *last_tick_) return false;
        last_tick_ = tick;
        return true;
    }
    void begin_tick() noexcept REALTIME {
        const Prompt* prompt = nullptr;
        while (inbox.try_pop(prompt)) (void)announcements.add(prompt);
    }

private:
    std::optional<std::uint64_t> last_tick_;  // the owner's
};

}  // namespace media
