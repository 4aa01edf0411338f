// The captured records of one leg in one run of the server, one after the other.
//
// Thread: one. Memory: a chunk, about a second. Time: a look into the journal's index a chunk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/audio.hpp"
#include "media/capture.hpp"

namespace replay {

class LegRecords {
public:
    /// From its first record on. `reader` must outlive it.
    LegRecords(const journal::Reader& reader, std::string room, std::uint64_t epoch,
               std::uint64_t leg);

    /// The next one's tick and bytes; false: that was all.
    [[nodiscard]] bool at_end() const { return at_ == records_.size(); }
    [[nodiscard]] std::uint64_t tick() const { return records_[at_].tick; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const;
    void next();

    [[nodiscard]] std::uint64_t leg() const { return key_.leg; }
    /// Chunks that were read so far.
    [[nodiscard]] std::uint64_t chunks() const { return chunks_; }

private:
    void read_chunk();

    struct Place {
        std::uint64_t tick = 0;
        std::size_t offset = 0, bytes = 0;
    };
    const journal::Reader& reader_;
    std::string prefix_;
    journal::AudioKey key_;  // where to read on
    std::string chunk_;
    std::vector<Place> records_;
    std::size_t at_ = 0;
    std::uint64_t chunks_ = 0;
};

}  // namespace replay
