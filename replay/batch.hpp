// Some records of a journal on their way to the lane that verifies them: side by side in one
// buffer, which goes back and forth between two threads instead of a thousand small ones.
//
// Thread: one owner at a time. Memory: about batch_bytes, or one record, if that is larger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_index.hpp"
#include "journal/codec.hpp"

namespace replay {

inline constexpr std::size_t batch_records = 512;
inline constexpr std::size_t batch_bytes = 256u << 10;

class Batch {
public:
    struct Entry {
        journal::Position position = 0;
        std::size_t begin = 0, size = 0;
        std::uint64_t name_hash = 0;  // of the stream's name
    };

    void add(journal::Position position, std::string_view payload, std::uint64_t name_hash) {
        entries_.push_back({position, bytes_.size(), payload.size(), name_hash});
        bytes_ += payload;
        bytes_.resize((bytes_.size() + 7) / 8 * 8);  // where decoding wants the next one
    }
    void clear() {
        entries_.clear();
        bytes_.clear();
    }
    [[nodiscard]] bool full() const {
        return entries_.size() >= batch_records || bytes_.size() >= batch_bytes;
    }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] std::string_view payload(const Entry& entry) const {
        return std::string_view{bytes_}.substr(entry.begin, entry.size);
    }

    /// By which a record's lane is chosen and its stream found.
    [[nodiscard]] static std::uint64_t name_hash_of(std::string_view payload) {
        return base::quick_hash(journal::stream_of(payload));
    }

private:
    std::string bytes_;
    std::vector<Entry> entries_;
};

}  // namespace replay
