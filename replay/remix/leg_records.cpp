#include "replay/remix/leg_records.hpp"

namespace replay {

LegRecords::LegRecords(const journal::Reader& reader, std::string room, std::uint64_t epoch,
                       std::uint64_t leg)
    : reader_(reader), key_{.room = std::move(room), .epoch = epoch, .leg = leg} {
    prefix_ = journal::audio_key(key_);
    prefix_.resize(prefix_.size() - 8);  // any tick
    read_chunk();
}

std::span<const std::uint8_t> LegRecords::bytes() const {
    const Place& place = records_[at_];
    return {reinterpret_cast<const std::uint8_t*>(chunk_.data()) + place.offset, place.bytes};
}

void LegRecords::next() {
    if (++at_ == records_.size()) read_chunk();
}

// Damage is the survey's to tell; here it is a hole.
void LegRecords::read_chunk() {
    records_.clear();
    at_ = 0;
    while (records_.empty()) {
        bool found = false;
        const auto end = journal::walk_audio(
            reader_, prefix_, key_, [&](const journal::AudioKey& key, std::string_view records) {
                found = true;
                key_.tick = key.tick + 1;
                chunk_ = records;
                (void)journal::split_audio(chunk_, [&](const journal::AudioRecord& record) {
                    records_.push_back(
                        {record.tick, static_cast<std::size_t>(record.bytes.data() - chunk_.data()),
                         record.bytes.size()});
                });
                return false;
            });
        if (found) {
            ++chunks_;
        } else if (end.damaged) {
            key_.tick = end.damaged->tick + 1;
        } else {
            return;
        }
    }
}

}  // namespace replay
