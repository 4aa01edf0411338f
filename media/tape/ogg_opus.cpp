#include "media/tape/ogg_opus.hpp"

#include <fcntl.h>
#include <ogg/ogg.h>
#include <opus.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/assert.hpp"

namespace media::tape {
namespace {

constexpr std::uint64_t packets_per_page = 50;  // one second
constexpr std::uint32_t silence_settles = 8;    // frames until the filters of the codec are empty
constexpr std::size_t packet_bytes_max = 1'276;
constexpr std::size_t silent_packet_bytes_max = 8;
constexpr std::array<std::int16_t, OggOpus::frame_samples> silence{};

void put_little(std::vector<std::uint8_t>& out, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
void put_text(std::vector<std::uint8_t>& out, std::string_view text) {
    out.insert(out.end(), text.begin(), text.end());
}

}  // namespace

struct OggOpus::Codec {
    Codec() {
        int failed = OPUS_OK;
        encoder = opus_encoder_create(48'000, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &failed);
        ASSERT(encoder != nullptr && failed == OPUS_OK);
        opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bits_per_second));
        opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(5));
        opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(&look_ahead));
        ASSERT(ogg_stream_init(&stream, 1) == 0);  // one stream a file: its number is free
    }
    ~Codec() {
        opus_encoder_destroy(encoder);
        ogg_stream_clear(&stream);
    }
    Codec(const Codec&) = delete;
    Codec& operator=(const Codec&) = delete;

    OpusEncoder* encoder = nullptr;
    opus_int32 look_ahead = 0;
    ogg_stream_state stream{};
    std::array<std::uint8_t, packet_bytes_max> packet{};
    std::size_t packet_bytes = 0;
};

OggOpus::OggOpus(const std::string& path, const std::string& title)
    : codec_(std::make_unique<Codec>()) {
    file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (file_ < 0) {
        error_ = errno;
        return;
    }
    write_headers(title);
}

OggOpus::~OggOpus() {
    if (file_ >= 0) ::close(file_);
}

// OpusHead (RFC 7845, 5.1), little-endian
// offset  bytes  field
//      0      8  "OpusHead"
//      8      1  version 1
//      9      1  channels
//     10      2  samples to skip at the start, of 48 kHz
//     12      4  rate of the input, for information
//     16      2  gain, 0
//     18      1  mapping family 0: mono or stereo
void OggOpus::write_headers(const std::string& title) {
    std::vector<std::uint8_t> head, tags;
    put_text(head, "OpusHead");
    head.push_back(1);
    head.push_back(1);
    put_little(head, static_cast<std::uint32_t>(codec_->look_ahead), 2);
    put_little(head, 48'000, 4);
    put_little(head, 0, 3);
    const std::string vendor = "partyline", comment = "TITLE=" + title;
    put_text(tags, "OpusTags");
    put_little(tags, static_cast<std::uint32_t>(vendor.size()), 4);
    put_text(tags, vendor);
    put_little(tags, 1, 4);
    put_little(tags, static_cast<std::uint32_t>(comment.size()), 4);
    put_text(tags, comment);
    for (auto* packet : {&head, &tags}) {
        add_packet(*packet, 0, false);
        write_pages(true);  // each stands on a page of its own
    }
}

void OggOpus::add_packet(std::span<std::uint8_t> bytes, std::int64_t granule, bool last) {
    ogg_packet packet{};
    packet.packet = bytes.data();
    packet.bytes = static_cast<long>(bytes.size());
    packet.b_o_s = packets_ == 0 ? 1 : 0;
    packet.e_o_s = last ? 1 : 0;
    packet.granulepos = granule;
    packet.packetno = static_cast<ogg_int64_t>(packets_++);
    if (ogg_stream_packetin(&codec_->stream, &packet) != 0) error_ = ENOMEM;
    ++packets_waiting_;
}

void OggOpus::write_pages(bool all) {
    if (error_ != 0 || (!all && packets_waiting_ < packets_per_page)) return;
    packets_waiting_ = 0;
    ogg_page page;
    while (error_ == 0 && ogg_stream_flush(&codec_->stream, &page) != 0) {
        write_bytes({page.header, static_cast<std::size_t>(page.header_len)});
        write_bytes({page.body, static_cast<std::size_t>(page.body_len)});
    }
}

void OggOpus::write_bytes(std::span<const std::uint8_t> bytes) {
    while (error_ == 0 && !bytes.empty()) {
        const ssize_t written = ::write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            error_ = written < 0 ? errno : ENOSPC;
        else
            bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void OggOpus::write(std::span<const std::int16_t> frame) {
    ASSERT(frame.size() == frame_samples);
    if (error_ != 0) return;
    const bool silent = std::ranges::all_of(frame, [](std::int16_t sample) { return sample == 0; });
    silent_frames_ = silent ? silent_frames_ + 1 : 0;
    // Once the codec codes silence as nothing but silence, the same packet says it again.
    const bool again =
        silent_frames_ > silence_settles && codec_->packet_bytes <= silent_packet_bytes_max;
    if (!again) {
        const opus_int32 bytes =
            opus_encode(codec_->encoder, frame.data(), static_cast<int>(frame_samples),
                        codec_->packet.data(), static_cast<opus_int32>(packet_bytes_max));
        ASSERT(bytes > 0);
        codec_->packet_bytes = static_cast<std::size_t>(bytes);
    }
    ++frames_;
    add_packet(std::span{codec_->packet}.first(codec_->packet_bytes),
               static_cast<std::int64_t>(frames_ * frame_samples), false);
    write_pages(false);
}

void OggOpus::write_silence(std::uint64_t frames) {
    for (; frames > 0 && error_ == 0; --frames) write(silence);
}

void OggOpus::finish() {
    if (error_ != 0 || file_ < 0) return;
    // One packet more carries what the codec still holds; its page says where the sound ends.
    const std::uint64_t frames = frames_;
    const auto end = static_cast<std::int64_t>(frames * frame_samples) + codec_->look_ahead;
    const opus_int32 bytes =
        opus_encode(codec_->encoder, silence.data(), static_cast<int>(frame_samples),
                    codec_->packet.data(), static_cast<opus_int32>(packet_bytes_max));
    ASSERT(bytes > 0);
    add_packet(std::span{codec_->packet}.first(static_cast<std::size_t>(bytes)), end, true);
    write_pages(true);
    if (error_ == 0 && ::fsync(file_) != 0) error_ = errno;
    if (::close(file_) != 0 && error_ == 0) error_ = errno;
    file_ = -1;
}

}  // namespace media::tape
