// One file of Ogg Opus (RFC 7845): mono, 48 kHz, frame by frame of 20 ms.
//
// Opus runs without its speech model and without look-ahead to speak of, so a packet of silence is
// three bytes that may be repeated as they are: an hour in which a leg says nothing is written in
// milliseconds. A page is written each second of sound; what a crash leaves is playable up to
// there. Thread: the caller's; it writes and may wait for the disk. Memory: 80 kB. Time: some 60 us
// a frame of sound.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace media::tape {

class OggOpus {
public:
    static constexpr std::size_t frame_samples = 960;
    static constexpr std::int32_t bits_per_second = 40'000;

    /// Creates the file at `path`; `title` goes into its comments. After any failure error() says
    /// why and nothing more is written.
    OggOpus(const std::string& path, const std::string& title);
    ~OggOpus();  // without finish(): as a crash would leave it
    OggOpus(const OggOpus&) = delete;
    OggOpus& operator=(const OggOpus&) = delete;

    void write(std::span<const std::int16_t> frame);
    void write_silence(std::uint64_t frames);
    /// Ends the stream, so that it lasts exactly as long as what was written, and waits until it
    /// is on the disk.
    void finish();
    [[nodiscard]] std::uint64_t frames() const { return frames_; }
    [[nodiscard]] int error() const { return error_; }  // errno of the first failure; 0: none

private:
    struct Codec;
    void write_headers(const std::string& title);
    void add_packet(std::span<std::uint8_t> bytes, std::int64_t granule, bool last);
    void write_pages(bool all);
    void write_bytes(std::span<const std::uint8_t> bytes);

    std::unique_ptr<Codec> codec_;
    int file_ = -1, error_ = 0;
    std::uint64_t frames_ = 0;
    std::uint64_t packets_ = 0, packets_waiting_ = 0;
    std::uint32_t silent_frames_ = 0;  // since the last sound
};

}  // namespace media::tape
