// Captured sound beside the transitions: chunks of a second of one leg, for who mixes it again.
//
//     tape thread --add--> AudioGatherer --chunks--> Store::put_audio --> column family `audio`
//     Reader --walk_audio, split_audio--> records, leg by leg in the order of their ticks
//
// It is not part of what is replayed, and never costs that anything: it is written past the
// write-ahead log and without a sync. A clean stop keeps all of it; a crash may take the last
// audio_flush_ticks. What a record says is its writer's business (docs/capture.md).
//
// Thread: a gatherer has one; the functions any. Memory: a gatherer holds a second of each leg.
// Time: ticks of 20 ms.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "journal/log.hpp"
#include "journal/reader.hpp"

namespace journal {

inline constexpr std::size_t audio_buffer_bytes = 4u << 20;
// Ten seconds: what somebody said right before a crash is what its finder wants to hear. Each makes
// a file, so it is not less.
inline constexpr std::uint64_t audio_flush_ticks = 500;
inline constexpr std::size_t audio_chunk_bytes_max = 1u << 20;

/// Orders by room, start of the server, leg and tick, as the keys do.
struct AudioKey {
    std::string room;  // "conference/471100"
    std::uint64_t epoch = 0, leg = 0, tick = 0;
    auto operator<=>(const AudioKey&) const = default;
};

/// A record inside a chunk.
struct AudioRecord {
    std::uint64_t tick = 0;
    std::string_view bytes;
};

// Key: room, a zero byte, epoch, leg, tick of the first record, each 8 bytes big-endian. Value:
// offset  bytes  field, little-endian
//      0      4  CRC-32C over the key and all that follows
//      4      1  format: 1
//      5      3  zero
//      8         records: 8 tick, 4 length, the bytes
[[nodiscard]] std::string audio_key(const AudioKey& key);
[[nodiscard]] std::optional<AudioKey> parse_audio_key(std::string_view key);
/// `records` as append_audio_record made them.
[[nodiscard]] std::string encode_audio(std::string_view key, std::string_view records);
/// The records inside, when checksum and form are right. Total.
[[nodiscard]] std::optional<std::string_view> parse_audio(std::string_view key,
                                                          std::string_view value);

void append_audio_record(std::string& records, const AudioRecord& record);
/// Calls `take` for each; false: the bytes are no records, or end within one.
[[nodiscard]] bool split_audio(std::string_view records,
                               const std::function<void(const AudioRecord&)>& take);

struct AudioEnd {
    std::uint64_t chunks = 0, bytes = 0;  // that were given to `take`
    std::optional<AudioKey> damaged;      // where the walk ended, when a chunk is not what it was
    std::string what;                     // is wrong with it; empty: nothing
};
/// Chunks of all rooms that begin with `room_prefix`, in the order of their keys from `from` on;
/// stops when `take` returns false, at the end, or at damage.
AudioEnd walk_audio(const Reader& reader, std::string_view room_prefix, const AudioKey& from,
                    const std::function<bool(const AudioKey&, std::string_view records)>& take);

/// Makes chunks of records as they come.
class AudioGatherer {
public:
    using Put = std::function<void(const AudioKey&, const std::string& records)>;
    AudioGatherer(std::uint64_t epoch, Put put) : epoch_(epoch), put_(std::move(put)) {}

    void add(const std::string& room, std::uint64_t leg, const AudioRecord& record);
    /// Puts what is there, complete or not: at the end.
    void flush();

private:
    struct Chunk {
        std::uint64_t first_tick = 0;
        std::string records;
    };
    using Place = std::pair<std::string, std::uint64_t>;
    void put(const Place& place, const Chunk& chunk);

    const std::uint64_t epoch_;
    const Put put_;
    std::map<Place, Chunk> chunks_;
    std::uint64_t swept_tick_ = 0;
};

}  // namespace journal
