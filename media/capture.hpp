// What one leg's receiver took and decided in one tick, as bytes: enough to mix it again.
//
//     CaptureWriter  begin() -> piece()... -> close() -> Outlet::capture     in the tick
//     decode_capture                                                         whoever mixes again
//
// Of version 2 everything that a listener's sound was made of is in the records. Version 1, without
// prompts, comfort noise, gains out and whispers, is still read.
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
#include "media/engine.hpp"
#include "media/jitter_buffer.hpp"
#include "media/sound/format.hpp"

namespace media {

inline constexpr std::uint8_t capture_version = 2;
inline constexpr std::size_t capture_head_bytes = 24;
inline constexpr std::size_t capture_head_bytes_before = 16;  // of version 1
inline constexpr std::size_t capture_piece_bytes = 9;         // and its payload
inline constexpr std::size_t capture_pieces_max = 32;  // two frames of the shortest packets, twice
/// Two frames to merge and the longest packet, of L16 at 48 kHz, and their heads.
inline constexpr std::size_t capture_bytes_max = 12'288;
/// In the place of a leg: what the room plays to everybody. Only in ticks in which it does.
inline constexpr LegId captured_room = UINT64_MAX;

/// All but the pieces.
struct CaptureHead {
    std::uint8_t version = capture_version;
    bool merged = false;       // JitterBuffer::Step::merge; of version 1: as it was carried out
    bool stretched = false;    // and ::stretch
    bool deaf = false;         // nobody wanted the sound: nothing was decoded
    bool restarted = false;    // the receiver forgot its past before this tick
    bool admitted = false;     // among the loudest of the room, or all were
    bool contributes = false;  // its sound went into the sum
    bool prompted = false;     // it heard a prompt besides
    Format format;             // of what it sends
    std::uint32_t room_rate_hz = 8'000;  // 8000, 16000 or 48000
    std::int8_t gain_in_db = 0;
    std::uint64_t heard = 0;  // hash_of what its encoder was given; 0: nothing was
    // ---- since version 2 ----
    std::uint16_t serial = 0;  // of this leg's records: 0 begins, without any past; after 65535, 1
    bool fresh = false;        // decoder and concealer were made anew before this tick
    bool glanced = false;      // it was decoded for its level alone
    bool wants = false;        // it had something to say, and might, before gate and choice
    bool levels = false, gates = false;  // of the room's profile: AGC, noise gate
    bool hears = true;                   // the room
    bool whispers = false;               // contributes, but not to the sum
    std::int8_t gain_out_db = 0;
    std::uint8_t part = 0;  // of a room in parts (partial_sums.hpp)
    bool operator==(const CaptureHead&) const = default;
};

/// One JitterBuffer::Pulled; or what else the tick's sound is made of.
struct CapturePiece {
    enum class Kind : std::uint8_t {
        packet,
        lost,
        pause,
        dry,
        idle,
        noise,      // comfort noise was announced before this tick: its level; empty: withdrawn
        prompt,     // it heard a prompt besides: 8 bytes of its hash, its name; `timestamp`: which
                    // tick of it
        whisperer,  // it heard that leg besides: 8 bytes
        unheard,    // it did not hear that leg
        clock,      // microseconds since 1970 at this tick: 8 bytes; now and then
    };
    Kind kind = Kind::idle;
    std::uint16_t units = 0;  // of the RTP clock
    std::uint32_t timestamp = 0;
    std::span<const std::uint8_t> payload;
};
/// 8 bytes of a payload: a leg, a hash, a time.
[[nodiscard]] std::array<std::uint8_t, 8> captured_number(std::uint64_t number) noexcept REALTIME;
[[nodiscard]] std::uint64_t captured_number(std::span<const std::uint8_t> payload) noexcept;

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
