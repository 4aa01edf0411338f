#include "journal/audio.hpp"

#include <algorithm>

#include "journal/crc32c.hpp"
#include "journal/database.hpp"
#include "journal/layout.hpp"

namespace journal {
namespace {

constexpr char audio_format = 1;
constexpr std::size_t value_head_bytes = 8, record_head_bytes = 12;
constexpr std::size_t key_tail_bytes = 1 + 3 * 8;
constexpr std::uint64_t chunk_ticks = 50;
constexpr std::size_t chunk_bytes_enough = 64u << 10;

void put_little(std::string& out, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i, number >>= 8) out += static_cast<char>(number & 0xff);
}

std::uint64_t little_at(std::string_view in, std::size_t at, std::size_t bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = bytes; i-- > 0;)
        number = number << 8 | static_cast<unsigned char>(in[at + i]);
    return number;
}

}  // namespace

std::string audio_key(const AudioKey& key) {
    std::string out = key.room;
    out += '\0';
    for (const std::uint64_t number : {key.epoch, key.leg, key.tick}) out += encode_number(number);
    return out;
}

std::optional<AudioKey> parse_audio_key(std::string_view key) {
    if (key.size() <= key_tail_bytes) return std::nullopt;
    const std::size_t room_bytes = key.size() - key_tail_bytes;
    if (key[room_bytes] != '\0') return std::nullopt;
    const auto number = [&](std::size_t i) {
        return *parse_number(key.substr(room_bytes + 1 + 8 * i, 8));
    };
    return AudioKey{std::string{key.substr(0, room_bytes)}, number(0), number(1), number(2)};
}

std::string encode_audio(std::string_view key, std::string_view records) {
    std::string rest{audio_format, 0, 0, 0};
    rest += records;
    std::string value;
    value.reserve(4 + rest.size());
    put_little(value, crc32c(crc32c(0, key), rest), 4);
    return value + rest;
}

std::optional<std::string_view> parse_audio(std::string_view key, std::string_view value) {
    if (value.size() < value_head_bytes || value[4] != audio_format) return std::nullopt;
    if (crc32c(crc32c(0, key), value.substr(4)) != little_at(value, 0, 4)) return std::nullopt;
    return value.substr(value_head_bytes);
}

void append_audio_record(std::string& records, const AudioRecord& record) {
    put_little(records, record.tick, 8);
    put_little(records, record.bytes.size(), 4);
    records += record.bytes;
}

bool split_audio(std::string_view records, const std::function<void(const AudioRecord&)>& take) {
    while (!records.empty()) {
        if (records.size() < record_head_bytes) return false;
        const std::size_t bytes = little_at(records, 8, 4);
        if (bytes > records.size() - record_head_bytes) return false;
        take({little_at(records, 0, 8), records.substr(record_head_bytes, bytes)});
        records.remove_prefix(record_head_bytes + bytes);
    }
    return true;
}

AudioEnd walk_audio(const Reader& reader, std::string_view room_prefix, const AudioKey& from,
                    const std::function<bool(const AudioKey&, std::string_view records)>& take) {
    AudioEnd end;
    const auto at = reader.database().iterate(Family::audio);
    const std::string first = from.room.empty() ? std::string{room_prefix} : audio_key(from);
    for (at->Seek(slice(first)); at->Valid(); at->Next()) {
        const std::string_view key = view(at->key()), value = view(at->value());
        if (!key.starts_with(room_prefix)) break;
        const auto parsed = parse_audio_key(key);
        if (!parsed) {
            end.what = "captured sound has a key of no known form";
            return end;
        }
        const auto records = parse_audio(key, value);
        if (!records || !split_audio(*records, [](const AudioRecord&) {})) {
            end.damaged = parsed;
            end.what = "captured sound at tick " + std::to_string(parsed->tick) + " of leg " +
                       std::to_string(parsed->leg) + " does not match its checksum";
            return end;
        }
        ++end.chunks;
        end.bytes += value.size();
        if (!take(*parsed, *records)) return end;
    }
    if (!at->status().ok()) end.what = "captured sound cannot be read: " + at->status().ToString();
    return end;
}

void AudioGatherer::add(const std::string& room, std::uint64_t leg, const AudioRecord& record) {
    const Place place{room, leg};
    Chunk& chunk = chunks_[place];
    const bool full = chunk.records.size() + record.bytes.size() > chunk_bytes_enough ||
                      record.tick >= chunk.first_tick + chunk_ticks;
    if (!chunk.records.empty() && full) {
        put(place, chunk);
        chunk.records.clear();
    }
    if (chunk.records.empty()) chunk.first_tick = record.tick;
    append_audio_record(chunk.records, record);
    // A leg that left gives nothing more that would push its last second out.
    if (record.tick < swept_tick_ + chunk_ticks) return;
    swept_tick_ = record.tick;
    std::erase_if(chunks_, [&](const auto& entry) {
        if (record.tick < entry.second.first_tick + chunk_ticks) return false;
        put(entry.first, entry.second);
        return true;
    });
}

void AudioGatherer::put(const Place& place, const Chunk& chunk) {
    put_({place.first, epoch_, place.second, chunk.first_tick}, chunk.records);
}

void AudioGatherer::flush() {
    for (auto& [place, chunk] : chunks_) put(place, chunk);
    chunks_.clear();
}

}  // namespace journal
