#include "media/capture.hpp"

#include <algorithm>
#include <bit>
#include <optional>

namespace media {
namespace {

// offset  bytes  field (docs/capture.md), little-endian
//      0      1  version
//      1      1  flags, see Flag
//      2      1  codec
//      3      1  rate of the leg in the low half, of the room in the high half, as in rates_hz
//      4      1  gain in, dB, two's complement
//      5      1  number of pieces
//      6      1  more flags, see More; of version 1: zero
//      7      1  gain out, dB, two's complement; of version 1: zero
//      8      8  hash of what its encoder was given
//     16      2  serial number (these 8 bytes: not of version 1)
//     18      1  part of the room
//     19      5  zero
//     24         pieces: 1 kind, 2 units, 4 timestamp, 2 bytes of payload, the payload
enum Flag : std::uint8_t {
    merged = 1,
    stretched = 2,
    deaf = 4,
    restarted = 8,
    admitted = 16,
    contributes = 32,
    prompted = 64,
    all_flags = 127,
};
enum More : std::uint8_t {
    fresh = 1,
    glanced = 2,
    wants = 4,
    levels = 8,
    gates = 16,
    hears = 32,
    whispers = 64,
    all_more = 127,
};
constexpr std::array<std::uint32_t, 4> rates_hz{8'000, 16'000, 44'100, 48'000};
constexpr auto kind_max = static_cast<std::uint8_t>(CapturePiece::Kind::clock);
constexpr auto kind_max_before = static_cast<std::uint8_t>(CapturePiece::Kind::idle);
static_assert(kind_max_before == static_cast<std::uint8_t>(JitterBuffer::Pulled::Kind::idle));
constexpr auto codec_max = static_cast<std::uint8_t>(Codec::opus);

void put(std::span<std::uint8_t> at, std::size_t offset, std::uint64_t value,
         std::size_t bytes) noexcept {
    for (std::size_t i = 0; i < bytes; ++i)
        at[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t get(std::span<const std::uint8_t> at, std::size_t offset, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | at[offset + i];
    return value;
}

std::uint8_t code_of(std::uint32_t rate_hz) noexcept {
    for (std::uint8_t i = 0; i < rates_hz.size(); ++i) {
        if (rates_hz[i] == rate_hz) return i;
    }
    return 0;
}

std::uint8_t flags_of(const CaptureHead& head) noexcept {
    return static_cast<std::uint8_t>(
        (head.merged ? merged : 0) | (head.stretched ? stretched : 0) | (head.deaf ? deaf : 0) |
        (head.restarted ? restarted : 0) | (head.admitted ? admitted : 0) |
        (head.contributes ? contributes : 0) | (head.prompted ? prompted : 0));
}

std::uint8_t more_of(const CaptureHead& head) noexcept {
    return static_cast<std::uint8_t>((head.fresh ? fresh : 0) | (head.glanced ? glanced : 0) |
                                     (head.wants ? wants : 0) | (head.levels ? levels : 0) |
                                     (head.gates ? gates : 0) | (head.hears ? hears : 0) |
                                     (head.whispers ? whispers : 0));
}

// What version 1 did not say is guessed: that nothing was special.
void decode_more(CaptureHead& head, std::span<const std::uint8_t> bytes) {
    if (head.version == 1) {
        head.wants = head.contributes;
        return;
    }
    const std::uint8_t more = bytes[6];
    head.fresh = (more & fresh) != 0;
    head.glanced = (more & glanced) != 0;
    head.wants = (more & wants) != 0;
    head.levels = (more & levels) != 0;
    head.gates = (more & gates) != 0;
    head.hears = (more & hears) != 0;
    head.whispers = (more & whispers) != 0;
    head.gain_out_db = std::bit_cast<std::int8_t>(bytes[7]);
    head.serial = static_cast<std::uint16_t>(get(bytes, 16, 2));
    head.part = bytes[18];
}

bool zeros_are_zero(std::span<const std::uint8_t> bytes) {
    if (bytes[0] == 1) return get(bytes, 6, 2) == 0;
    return (bytes[6] & ~all_more) == 0 && get(bytes, 19, 5) == 0;
}

std::optional<CaptureHead> decode_head(std::span<const std::uint8_t> bytes) {
    const std::uint8_t flags = bytes[1], leg_rate = bytes[3] & 0x0f, room_rate = bytes[3] >> 4;
    if ((flags & ~all_flags) != 0 || bytes[2] > codec_max || leg_rate >= rates_hz.size() ||
        room_rate >= rates_hz.size() || !zeros_are_zero(bytes))
        return std::nullopt;
    CaptureHead head{.version = bytes[0],
                     .merged = (flags & merged) != 0,
                     .stretched = (flags & stretched) != 0,
                     .deaf = (flags & deaf) != 0,
                     .restarted = (flags & restarted) != 0,
                     .admitted = (flags & admitted) != 0,
                     .contributes = (flags & contributes) != 0,
                     .prompted = (flags & prompted) != 0,
                     .format = {static_cast<Codec>(bytes[2]), rates_hz[leg_rate]},
                     .room_rate_hz = rates_hz[room_rate],
                     .gain_in_db = std::bit_cast<std::int8_t>(bytes[4]),
                     .heard = get(bytes, 8, 8)};
    decode_more(head, bytes);
    return head;
}

}  // namespace

std::array<std::uint8_t, 8> captured_number(std::uint64_t number) noexcept REALTIME {
    std::array<std::uint8_t, 8> bytes;
    put(bytes, 0, number, 8);
    return bytes;
}

std::uint64_t captured_number(std::span<const std::uint8_t> payload) noexcept {
    return payload.size() < 8 ? 0 : get(payload, 0, 8);
}

std::uint64_t hash_of(std::span<const std::int16_t> sound) noexcept REALTIME {
    // Four samples at a time through a multiplication whose high bits come back to the low ones.
    constexpr std::uint64_t factor = 0x9e37'79b9'7f4a'7c15;
    std::uint64_t hash = sound.size() * factor;
    std::size_t i = 0;
    for (; i < sound.size(); i += 4) {
        std::uint64_t word = 0;
        for (std::size_t k = i; k < std::min(i + 4, sound.size()); ++k)
            word |= std::uint64_t{static_cast<std::uint16_t>(sound[k])} << (16 * (k - i));
        hash = (hash ^ word) * factor;
        hash ^= hash >> 29;
    }
    return hash != 0 ? hash : 1;  // 0 says that nothing was heard
}

void CaptureWriter::piece(const CapturePiece& piece) noexcept REALTIME {
    const std::size_t bytes = capture_piece_bytes + piece.payload.size();
    fits_ = fits_ && count_ < capture_pieces_max && bytes <= buffer_.size() - bytes_;
    if (!fits_) return;
    const auto at = std::span{buffer_}.subspan(bytes_, bytes);
    at[0] = static_cast<std::uint8_t>(piece.kind);
    put(at, 1, piece.units, 2);
    put(at, 3, piece.timestamp, 4);
    put(at, 7, piece.payload.size(), 2);
    std::ranges::copy(piece.payload, at.begin() + capture_piece_bytes);
    bytes_ += bytes;
    ++count_;
}

std::span<const std::uint8_t> CaptureWriter::close(const CaptureHead& head) noexcept REALTIME {
    if (!fits_) return {};
    buffer_[0] = capture_version;
    buffer_[1] = flags_of(head);
    buffer_[2] = static_cast<std::uint8_t>(head.format.codec);
    buffer_[3] =
        static_cast<std::uint8_t>(code_of(head.format.rate_hz) | code_of(head.room_rate_hz) << 4);
    buffer_[4] = std::bit_cast<std::uint8_t>(head.gain_in_db);
    buffer_[5] = count_;
    buffer_[6] = more_of(head);
    buffer_[7] = std::bit_cast<std::uint8_t>(head.gain_out_db);
    put(buffer_, 8, head.heard, 8);
    put(buffer_, 16, head.serial, 2);
    put(buffer_, 18, head.part, 6);
    return std::span{buffer_}.first(bytes_);
}

std::string_view text_of(CaptureError why) noexcept {
    switch (why) {
        case CaptureError::too_short: return "ends within its head";
        case CaptureError::newer_version: return "is of a version that is not known here";
        case CaptureError::bad_head: return "has a head that nobody writes";
        case CaptureError::bad_piece: return "has a piece that is cut or of no known kind";
        case CaptureError::trailing_bytes: return "goes on behind its last piece";
    }
    return "";
}

Result<Capture, CaptureError> decode_capture(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < capture_head_bytes_before) return fail(CaptureError::too_short);
    if (bytes[0] == 0 || bytes[0] > capture_version) return fail(CaptureError::newer_version);
    const bool before = bytes[0] == 1;
    if (!before && bytes.size() < capture_head_bytes) return fail(CaptureError::too_short);
    const auto head = decode_head(bytes);
    const std::size_t count = bytes[5];
    if (!head || count > capture_pieces_max || bytes.size() > capture_bytes_max)
        return fail(CaptureError::bad_head);
    Capture capture{.head = *head};
    capture.pieces.reserve(count);
    std::span<const std::uint8_t> rest =
        bytes.subspan(before ? capture_head_bytes_before : capture_head_bytes);
    for (std::size_t i = 0; i < count; ++i) {
        if (rest.size() < capture_piece_bytes || rest[0] > (before ? kind_max_before : kind_max))
            return fail(CaptureError::bad_piece);
        const std::size_t payload_bytes = get(rest, 7, 2);
        if (payload_bytes > rest.size() - capture_piece_bytes) return fail(CaptureError::bad_piece);
        capture.pieces.push_back({.kind = static_cast<CapturePiece::Kind>(rest[0]),
                                  .units = static_cast<std::uint16_t>(get(rest, 1, 2)),
                                  .timestamp = static_cast<std::uint32_t>(get(rest, 3, 4)),
                                  .payload = rest.subspan(capture_piece_bytes, payload_bytes)});
        rest = rest.subspan(capture_piece_bytes + payload_bytes);
    }
    if (!rest.empty()) return fail(CaptureError::trailing_bytes);
    return capture;
}

}  // namespace media
