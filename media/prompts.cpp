#include "media/prompts.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/assert.hpp"
#include "media/capture.hpp"
#include "media/sound/resampler.hpp"
#include "media/sound/tone.hpp"

namespace media {
namespace {

// RIFF/WAVE, little-endian
// offset  bytes  field
//      0      4  "RIFF"
//      4      4  bytes that follow (not believed: writers that stream leave it wrong)
//      8      4  "WAVE"
//     12         chunks: 4 name, 4 size, the bytes, one more when the size is odd
// chunk "fmt ": 2 format (1: PCM), 2 channels, 4 samples
// a second, 4 bytes a second, 2 block, 2 bits a sample
constexpr std::size_t riff_bytes = 12, chunk_header_bytes = 8, format_bytes = 16;

constexpr std::size_t file_bytes_max =
    wav_seconds_max * 48'000 * 2 + 65'536;  // and its other chunks
constexpr std::array<std::uint32_t, 3> room_rates_hz{8'000, 16'000, 48'000};

using Bytes = std::span<const std::uint8_t>;

std::uint32_t little(Bytes at, std::size_t offset, std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | at[offset + i];
    return value;
}

bool named(Bytes at, std::size_t offset, const char* name) {
    return std::memcmp(at.data() + offset, name, 4) == 0;
}

bool format_fits(Bytes chunk) {
    const std::uint32_t rate_hz = little(chunk, 4, 4);
    const bool rate_fits =
        rate_hz == 8'000 || rate_hz == 16'000 || rate_hz == 44'100 || rate_hz == 48'000;
    return rate_fits && little(chunk, 0, 2) == 1 && little(chunk, 2, 2) == 1 &&
           little(chunk, 14, 2) == 16;
}

std::optional<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(path, failed);
    if (failed || bytes > file_bytes_max) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> content(static_cast<std::size_t>(bytes));
    file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(bytes));
    if (!file) return std::nullopt;
    return content;
}

}  // namespace

std::string_view text_of(WavError why) noexcept {
    switch (why) {
        case WavError::not_riff: return "is not a RIFF/WAVE file";
        case WavError::no_format: return "has no format before its data";
        case WavError::wrong_format: return "is not 8, 16, 44.1 or 48 kHz, 16 bit, mono PCM";
        case WavError::no_data: return "has no data";
        case WavError::cut_short: return "ends within a chunk";
        case WavError::too_long: return "is longer than two minutes";
    }
    return "";
}

Result<Wav, WavError> parse_wav(Bytes bytes) {
    if (bytes.size() < riff_bytes || !named(bytes, 0, "RIFF") || !named(bytes, 8, "WAVE")) {
        return fail(WavError::not_riff);
    }
    Wav wav;
    std::size_t at = riff_bytes;
    while (bytes.size() - at >= chunk_header_bytes) {
        const std::size_t size = little(bytes, at + 4, 4);
        const std::size_t start = at + chunk_header_bytes;
        if (size > bytes.size() - start) return fail(WavError::cut_short);
        const Bytes chunk = bytes.subspan(start, size);
        if (named(bytes, at, "fmt ")) {
            if (size < format_bytes || !format_fits(chunk)) return fail(WavError::wrong_format);
            wav.rate_hz = little(chunk, 4, 4);
        } else if (named(bytes, at, "data")) {
            if (wav.rate_hz == 0) return fail(WavError::no_format);
            if (size / 2 > wav_seconds_max * wav.rate_hz) return fail(WavError::too_long);
            wav.pcm.resize(size / 2);
            for (std::size_t i = 0; i < wav.pcm.size(); ++i) {
                wav.pcm[i] =
                    static_cast<std::int16_t>(static_cast<std::uint16_t>(little(chunk, 2 * i, 2)));
            }
            if (wav.pcm.empty()) return fail(WavError::no_data);
            return wav;
        }
        at = start + size + size % 2;
        if (at > bytes.size()) break;
    }
    return fail(WavError::no_data);
}

std::vector<std::int16_t> tone_of_name(std::string_view name) {
    static constexpr std::array<std::int32_t, 8> pitches{392, 440, 494, 587, 659, 784, 880, 988};
    constexpr std::int32_t beep_samples = 960, gap_samples = 240,
                           amplitude = 6'000;  // 120 ms, 30 ms, -18 dBov
    std::uint32_t hash = 2'166'136'261u;       // FNV-1a, 32 bit
    for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16'777'619u;
    hash ^= hash >> 15;  // its low bits alone know too little of the first letters
    std::vector<std::int16_t> pcm;
    pcm.reserve(4 * (beep_samples + gap_samples));
    for (int beep = 0; beep < 4; ++beep, hash >>= 3) {
        const std::int32_t hz = pitches[hash & 7];
        for (std::int32_t i = 0; i < beep_samples; ++i) {
            const std::int32_t edge =
                std::min({i, beep_samples - 1 - i, 80});  // 10 ms in and out: no clicks
            pcm.push_back(static_cast<std::int16_t>(tone_sample(hz, i, amplitude) * edge / 80));
        }
        pcm.insert(pcm.end(), gap_samples, 0);
    }
    return pcm;
}

// ---- one prompt -----------------------------------------------------------------------------

Prompt::Prompt(std::string prompt_name, std::span<const std::int16_t> pcm, std::uint32_t rate_hz,
               bool goes_round)
    : name(std::move(prompt_name)) {
    const std::size_t step = rate_hz / 50;
    std::vector<std::int16_t> whole(pcm.begin(), pcm.end());
    const bool round = goes_round && whole.size() >= step;
    whole.resize(std::max(step, (round ? whole.size() : whole.size() + step - 1) / step * step));
    for (std::size_t i = 0; i < room_rates_hz.size(); ++i) {
        const std::size_t out_step = room_rates_hz[i] / 50;
        sound_[i].resize(whole.size() / step * out_step);
        Resampler resampler(rate_hz, room_rates_hz[i]);
        // The filter then rings into the beginning with what will have been played before it.
        if (round) resampler.prime(whole);
        for (std::size_t t = 0; t < whole.size() / step; ++t)
            resampler.process(std::span{whole}.subspan(t * step, step),
                              std::span{sound_[i]}.subspan(t * out_step, out_step));
    }
    hash_ = hash_of(sound_.back());
}

std::span<const std::int16_t> Prompt::all(std::size_t samples) const noexcept REALTIME {
    for (std::size_t i = 0; i < room_rates_hz.size(); ++i) {
        if (samples == room_rates_hz[i] / 50) return sound_[i];
    }
    ASSERT(false);  // no room has another rate
    return {};
}

std::span<const std::int16_t> Prompt::tick(std::size_t index,
                                           std::size_t samples) const noexcept REALTIME {
    return all(samples).subspan(index * samples, samples);
}

// ---- all of them ----------------------------------------------------------------------------

PromptLibrary::PromptLibrary(const std::string& folder,
                             const std::function<void(const std::string&)>& tell) {
    const auto complain = [&](const std::string& text) {
        if (tell) tell("prompts: " + text);
    };
    if (folder.empty()) return;
    std::error_code failed;
    std::filesystem::directory_iterator files(folder, failed);
    if (failed)
        complain("folder " + folder + " cannot be read (" + failed.message() + "); tones stand in");
    std::vector<std::string> paths;
    for (; !failed && files != std::filesystem::directory_iterator{}; files.increment(failed)) {
        if (files->path().extension() == ".wav") paths.push_back(files->path().string());
    }
    std::ranges::sort(paths);
    for (const std::string& path : paths) load(path, complain);
}

void PromptLibrary::load(const std::string& path,
                         const std::function<void(const std::string&)>& complain) {
    const auto content = read_file(path);
    if (!content) return complain(path + " cannot be read; a tone stands in");
    const auto wav = parse_wav(*content);
    if (!wav.ok())
        return complain(path + " " + std::string{text_of(wav.error())} + "; a tone stands in");
    const std::string name = std::filesystem::path(path).stem().string();
    auto prompt = std::make_unique<const Prompt>(name, wav.value().pcm, wav.value().rate_hz,
                                                 name.starts_with("music"));
    if (loaded_ticks_ + prompt->ticks() > loaded_seconds_max * 50)
        return complain(path + " would be more than ten minutes in all; a tone stands in");
    loaded_ticks_ += prompt->ticks();
    ++loaded_;
    prompts_[name] = std::move(prompt);
}

const Prompt* PromptLibrary::find(const std::string& name) {
    const auto known = prompts_.find(name);
    if (known != prompts_.end()) return known->second.get();
    if (prompts_.size() - loaded_ >= invented_max && !name.empty()) return find({});
    auto& slot = prompts_[name];
    slot = std::make_unique<const Prompt>(name, tone_of_name(name));
    return slot.get();
}

// ---- what plays -----------------------------------------------------------------------------

bool PromptQueue::add(const Prompt* prompt, bool loop) noexcept REALTIME {
    if (loops_ && count_ > 0) {
        if (--count_ == 0) position_ = 0;
    }
    loops_ = false;
    if (count_ == prompts_max) return false;
    waiting_[(first_ + count_++) % prompts_max] = prompt;
    loops_ = loop;
    return true;
}

void PromptQueue::next(std::span<std::int16_t> frame) noexcept REALTIME {
    const Prompt& prompt = *waiting_[first_];
    std::ranges::copy(prompt.tick(position_, frame.size()), frame.begin());
    if (++position_ < prompt.ticks()) return;
    position_ = 0;
    if (loops()) return;
    first_ = (first_ + 1) % prompts_max;
    --count_;
}

}  // namespace media
