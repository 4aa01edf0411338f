// Spoken prompts and music: WAV files of a folder, read at start; a tone of its own for a name that
// has none. Each holds its sound at every rate that a room may have, made when it is loaded.
//
// Thread: made and asked by the control side under its lock; the sound itself is immutable and
// shared by all workers. Memory: 144 kB a second of sound; the folder's files up to
// loaded_seconds_max together (86 MB), tones up to 6 MB. Time: reads files only in the constructor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/realtime.hpp"
#include "base/result.hpp"

namespace media {

enum class WavError : std::uint8_t {
    not_riff,
    no_format,
    wrong_format,
    no_data,
    cut_short,
    too_long
};
[[nodiscard]] std::string_view text_of(WavError why) noexcept;

inline constexpr std::size_t wav_seconds_max = 120;  // prompts are seconds, music is a minute

struct Wav {
    std::uint32_t rate_hz = 0;  // 8000, 16000, 44100 or 48000
    std::vector<std::int16_t> pcm;
};
/// A RIFF/WAVE file of 16 bit, mono, PCM. Total: any bytes give samples or a reason.
[[nodiscard]] Result<Wav, WavError> parse_wav(std::span<const std::uint8_t> bytes);

/// Four short beeps whose pitches come from the name; 0.6 s at 8 kHz.
[[nodiscard]] std::vector<std::int16_t> tone_of_name(std::string_view name);

/// One piece of sound, in whole ticks, the same number of them at each rate.
class Prompt {
public:
    /// `goes_round`: its end leads into its beginning, so a loop of it has no seam; its last
    /// incomplete tick is left out. Otherwise that is filled with silence. Allocates.
    Prompt(std::string name, std::span<const std::int16_t> pcm, std::uint32_t rate_hz = 8'000,
           bool goes_round = false);

    const std::string name;
    [[nodiscard]] std::size_t ticks() const noexcept REALTIME { return sound_[0].size() / 160; }
    /// Tick `index` of it, of `samples`: 160, 320 or 960.
    [[nodiscard]] std::span<const std::int16_t> tick(std::size_t index,
                                                     std::size_t samples) const noexcept REALTIME;
    /// All of it. `samples` a tick say at which rate.
    [[nodiscard]] std::span<const std::int16_t> all(std::size_t samples) const noexcept REALTIME;

    /// Of its sound at 48 kHz: hash_of (capture.hpp).
    [[nodiscard]] std::uint64_t hash() const noexcept REALTIME { return hash_; }

private:
    std::uint64_t hash_ = 0;
    std::array<std::vector<std::int16_t>, 3> sound_;  // at 8, 16 and 48 kHz
};

class PromptLibrary {
public:
    /// Reads every <name>.wav of `folder`, in the order of their names; tells of those it cannot
    /// use, and of a folder that is not there. What is called music* goes round without a seam.
    PromptLibrary(const std::string& folder, const std::function<void(const std::string&)>& tell);
    /// Never null; lives as long as the library. A name without a file gets its tone.
    [[nodiscard]] const Prompt* find(const std::string& name);
    [[nodiscard]] std::size_t loaded() const { return loaded_; }

private:
    void load(const std::string& path, const std::function<void(const std::string&)>& complain);

    static constexpr std::size_t invented_max = 64;         // then unknown names share one tone
    static constexpr std::size_t loaded_seconds_max = 600;  // then files are left out, by name

    std::map<std::string, std::unique_ptr<const Prompt>> prompts_;
    std::size_t loaded_ = 0;
    std::size_t loaded_ticks_ = 0;
};

/// What one leg or room still has to play, in order. Owned by a worker; no memory but itself.
class PromptQueue {
public:
    static constexpr std::size_t prompts_max = 16;

    /// False when full: the prompt is not played. With `loop` it plays again and again, until it is
    /// cleared or another is added, which then begins.
    bool add(const Prompt* prompt, bool loop = false) noexcept REALTIME;
    void clear() noexcept REALTIME {
        count_ = position_ = 0;
        loops_ = false;
    }
    [[nodiscard]] bool empty() const noexcept REALTIME { return count_ == 0; }
    /// What next() will play: which tick of which prompt. Not for an empty queue.
    struct Place {
        const Prompt* prompt = nullptr;
        std::size_t tick = 0;
    };
    [[nodiscard]] Place place() const noexcept REALTIME { return {waiting_[first_], position_}; }
    /// Does it play what goes on until somebody ends it?
    [[nodiscard]] bool loops() const noexcept REALTIME { return loops_ && count_ == 1; }
    /// The next 20 ms at the rate that the length says: 160, 320 or 960 samples. It may change from
    /// tick to tick. Not for an empty queue.
    void next(std::span<std::int16_t> frame) noexcept REALTIME;

private:
    std::array<const Prompt*, prompts_max> waiting_{};
    std::size_t first_ = 0, count_ = 0;
    std::size_t position_ = 0;  // ticks of the first one that were played
    bool loops_ = false;        // the last one does
};

}  // namespace media
