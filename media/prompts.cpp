#include "media/prompts.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

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
    return little(chunk, 0, 2) == 1 && little(chunk, 2, 2) == 1 &&
           little(chunk, 4, 4) == sample_rate_hz && little(chunk, 14, 2) == 16;
}

std::optional<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path) {
    std::error_code failed;
    const auto bytes = std::filesystem::file_size(path, failed);
    if (failed || bytes > wav_bytes_max + 4'096) return std::nullopt;
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
        case WavError::wrong_format: return "is not 8 kHz, 16 bit, mono PCM";
        case WavError::no_data: return "has no data";
        case WavError::cut_short: return "ends within a chunk";
        case WavError::too_long: return "is longer than ten minutes";
    }
    return "";
}

Result<std::vector<std::int16_t>, WavError> parse_wav(Bytes bytes) {
    if (bytes.size() < riff_bytes || !named(bytes, 0, "RIFF") || !named(bytes, 8, "WAVE")) {
        return fail(WavError::not_riff);
    }
    bool format_seen = false;
    std::size_t at = riff_bytes;
    while (bytes.size() - at >= chunk_header_bytes) {
        const std::size_t size = little(bytes, at + 4, 4);
        const std::size_t start = at + chunk_header_bytes;
        if (size > bytes.size() - start) return fail(WavError::cut_short);
        const Bytes chunk = bytes.subspan(start, size);
        if (named(bytes, at, "fmt ")) {
            if (size < format_bytes || !format_fits(chunk)) return fail(WavError::wrong_format);
            format_seen = true;
        } else if (named(bytes, at, "data")) {
            if (!format_seen) return fail(WavError::no_format);
            if (size > wav_bytes_max) return fail(WavError::too_long);
            std::vector<std::int16_t> pcm(size / 2);
            for (std::size_t i = 0; i < pcm.size(); ++i) {
                pcm[i] =
                    static_cast<std::int16_t>(static_cast<std::uint16_t>(little(chunk, 2 * i, 2)));
            }
            if (pcm.empty()) return fail(WavError::no_data);
            return pcm;
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

PromptLibrary::PromptLibrary(const std::string& folder,
                             const std::function<void(const std::string&)>& tell) {
    const auto complain = [&](const std::string& text) {
        if (tell) tell(text);
    };
    if (folder.empty()) return;
    std::error_code failed;
    std::filesystem::directory_iterator files(folder, failed);
    if (failed)
        complain("prompts: folder " + folder + " cannot be read (" + failed.message() +
                 "); tones stand in");
    for (; !failed && files != std::filesystem::directory_iterator{}; files.increment(failed)) {
        const std::filesystem::path path = files->path();
        if (path.extension() != ".wav") continue;
        const auto content = read_file(path);
        if (!content) {
            complain("prompts: " + path.string() + " cannot be read; a tone stands in");
            continue;
        }
        auto pcm = parse_wav(*content);
        if (!pcm.ok()) {
            complain("prompts: " + path.string() + " " + std::string{text_of(pcm.error())} +
                     "; a tone stands in");
            continue;
        }
        const std::string name = path.stem().string();
        prompts_[name] = std::make_unique<const Prompt>(Prompt{name, std::move(pcm).value()});
        ++loaded_;
    }
}

const Prompt* PromptLibrary::find(const std::string& name) {
    const auto known = prompts_.find(name);
    if (known != prompts_.end()) return known->second.get();
    if (prompts_.size() - loaded_ >= invented_max && !name.empty()) return find({});
    auto& slot = prompts_[name];
    slot = std::make_unique<const Prompt>(Prompt{name, tone_of_name(name)});
    return slot.get();
}

void PromptQueue::next(Frame& frame) noexcept REALTIME {
    std::size_t filled = 0;
    while (filled < frame.size() && count_ > 0) {
        const std::vector<std::int16_t>& pcm = waiting_[first_]->pcm;
        const std::size_t some = std::min(frame.size() - filled, pcm.size() - position_);
        std::copy_n(pcm.begin() + static_cast<std::ptrdiff_t>(position_), some,
                    frame.begin() + static_cast<std::ptrdiff_t>(filled));
        filled += some;
        position_ += some;
        if (position_ == pcm.size()) {
            first_ = (first_ + 1) % prompts_max;
            --count_;
            position_ = 0;
        }
    }
    std::fill(frame.begin() + static_cast<std::ptrdiff_t>(filled), frame.end(), std::int16_t{0});
}

}  // namespace media
