// What one leg's receiver took and decided in one tick, as bytes: enough to mix it again.
//
//     CaptureWriter  begin() -> piece()... -> close() -> Outlet::capture     in the tick
//     decode_capture                                                         whoever mixes again
//
// docs/capture.md draws the bytes. Thread: a leg's owner writes; decoding is pure. Memory: the
// writer's buffer, fixed. Time: a copy of the payloads. Integers only.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/realtime.hpp"
#include "base/result.hpp"
#include "media/jitter_buffer.hpp"
#include "media/sound/format.hpp"

namespace media {

inline constexpr std::uint8_t capture_version = 1;
inline constexpr std::size_t capture_head_bytes = 16;
inline constexpr std::size_t capture_piece_bytes = 9;  // and its payload
inline constexpr std::size_t capture_pieces_max = 32;  // two frames of the shortest packets, twice
/// Two frames to merge and the longest packet, of L16 at 48 kHz, and their heads.
inline constexpr std::size_t capture_bytes_max = 12'288;

/// All but the pieces.
struct CaptureHead {
    bool merged = false;  // JitterBuffer::Step, as it was carried out
    bool stretched = false;
    bool deaf = false;                   // nobody wanted the sound: nothing was decoded
    bool restarted = false;              // the receiver forgot its past before this tick
    bool admitted = false;               // among the loudest of the room, or all were
    bool contributes = false;            // its sound went into the sum
    bool prompted = false;               // it heard a prompt besides
    Format format;                       // of what it sends
    std::uint32_t room_rate_hz = 8'000;  // 8000, 16000 or 48000
    std::int8_t gain_in_db = 0;
    std::uint64_t heard = 0;  // hash_of what its encoder was given; 0: nothing was
    bool operator==(const CaptureHead&) const = default;
};

/// One JitterBuffer::Pulled.
struct CapturePiece {
    using Kind = JitterBuffer::Pulled::Kind;
    Kind kind = Kind::idle;
    std::uint16_t units = 0;  // of the RTP clock
    std::uint32_t timestamp = 0;
    std::span<const std::uint8_t> payload;
};

struct Capture {
    CaptureHead head;
    std::vector<CapturePiece> pieces;  // payloads lie in what was decoded
};

/// Equal for equal sound on every machine, and hardly ever else. Not for adversaries.
[[nodiscard]] std::uint64_t hash_of(std::span<const std::int16_t> sound) noexcept REALTIME;

class CaptureWriter {
public:
    void begin() noexcept REALTIME {
        bytes_ = capture_head_bytes;
        count_ = 0;
        fits_ = true;
    }
    /// In the order in which they were pulled.
    void piece(const CapturePiece& piece) noexcept REALTIME;
    /// The record, valid until begin(). Empty: more than a record may hold; it is to be dropped.
    [[nodiscard]] std::span<const std::uint8_t> close(const CaptureHead& head) noexcept REALTIME;

private:
    std::array<std::uint8_t, capture_bytes_max> buffer_;
    std::size_t bytes_ = capture_head_bytes;
    std::uint8_t count_ = 0;
    bool fits_ = true;
};

enum class CaptureError : std::uint8_t {
    too_short,
    newer_version,
    bad_head,
    bad_piece,
    trailing_bytes,
};
[[nodiscard]] std::string_view text_of(CaptureError why) noexcept;

/// Total: any bytes give a record or a reason. What it accepts is written back as the same bytes.
[[nodiscard]] Result<Capture, CaptureError> decode_capture(std::span<const std::uint8_t> bytes);

}  // namespace media
