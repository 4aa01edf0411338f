#include "replay/remix/wav.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include "media/rates.hpp"
#include "media/sound/frame.hpp"

namespace replay {
namespace {

// RIFF/WAVE, little-endian
// offset  bytes  field
//      0      4  "RIFF"
//      4      4  bytes that follow
//      8      8  "WAVEfmt "
//     16      4  16
//     20      2  1: PCM
//     22      2  channels: 1
//     24      4  samples a second
//     28      4  bytes a second
//     32      2  bytes a sample: 2
//     34      2  bits a sample: 16
//     36      4  "data"
//     40      4  bytes of sound
constexpr std::size_t head_bytes = 44;
constexpr std::uint32_t head_written_every = 50 * 10;  // frames: 10 s

void put(std::array<char, head_bytes>& head, std::size_t at, std::uint64_t value,
         std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) head[at + i] = static_cast<char>(value >> (8 * i));
}

}  // namespace

Result<WavWriter, std::string> WavWriter::open(const std::string& path, std::uint32_t rate_hz) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    if (!file) return fail(path + " cannot be written: " + std::strerror(errno));
    WavWriter writer{std::move(file), path, rate_hz};
    writer.write_head();
    return writer;
}

void WavWriter::write_head() {
    std::array<char, head_bytes> head{};
    std::memcpy(head.data(), "RIFF", 4);
    put(head, 4, bytes_ + head_bytes - 8, 4);
    std::memcpy(head.data() + 8, "WAVEfmt ", 8);
    put(head, 16, 16, 4);
    put(head, 20, 1, 2);
    put(head, 22, 1, 2);
    put(head, 24, rate_hz_, 4);
    put(head, 28, std::uint64_t{rate_hz_} * 2, 4);
    put(head, 32, 2, 2);
    put(head, 34, 16, 2);
    std::memcpy(head.data() + 36, "data", 4);
    put(head, 40, bytes_, 4);
    file_.seekp(0);
    file_.write(head.data(), head.size());
    file_.seekp(0, std::ios::end);
}

void WavWriter::add(std::span<const std::int16_t> sound) {
    static constexpr media::SoundBuffer silence{};
    if (sound.empty()) sound = std::span{silence}.first(media::frame_samples_at(rate_hz_));
    const auto from_hz = static_cast<std::uint32_t>(sound.size() * 50);
    if (from_hz == rate_hz_) {
        resampler_.reset();
        return write(sound);
    }
    if (!resampler_ || resampler_->from_hz() != from_hz)
        resampler_ = media::resampler_between(from_hz, rate_hz_);
    media::SoundBuffer buffer;
    const auto out = std::span{buffer}.first(media::frame_samples_at(rate_hz_));
    resampler_->process(sound, out);
    write(out);
}

void WavWriter::write(std::span<const std::int16_t> sound) {
    full_ = full_ || bytes_ + sound.size_bytes() > sound_bytes_max;
    if (full_) return;
    std::array<char, 2 * media::frame_samples_max> bytes;
    for (std::size_t i = 0; i < sound.size(); ++i) {
        bytes[2 * i] = static_cast<char>(sound[i] & 0xff);
        bytes[2 * i + 1] = static_cast<char>(sound[i] >> 8);
    }
    file_.write(bytes.data(), static_cast<std::streamsize>(sound.size_bytes()));
    bytes_ += sound.size_bytes();
    if (++frames_ % head_written_every == 0) write_head();
}

Done<std::string> WavWriter::close() {
    write_head();
    file_.close();
    if (file_.fail()) return fail(path_ + " could not be written whole: " + std::strerror(errno));
    if (full_)
        return fail(path_ + " ends early: a WAV file holds 4 GB; take less with --from and --to");
    return {};
}

}  // namespace replay
