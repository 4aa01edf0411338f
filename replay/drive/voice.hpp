// What a captured leg sent, packet by packet, for a telephone that says the same again. Of G.711
// mu-law, which every telephone of a drive speaks; others speak prepared sound.
//
// Thread: one. Memory: a second of the leg. Time: a packet a call.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "journal/reader.hpp"
#include "replay/remix/leg_records.hpp"

namespace replay {

class CapturedVoice {
public:
    /// Nothing: that leg was not captured, or spoke otherwise.
    [[nodiscard]] static std::optional<CapturedVoice> find(const journal::Reader& reader,
                                                           const std::string& conference,
                                                           std::uint64_t epoch, std::uint64_t leg);
    /// The payload for the next 20 ms; empty: it sent none then, or its record is over. Valid until
    /// the next call.
    [[nodiscard]] std::span<const std::uint8_t> next();

private:
    explicit CapturedVoice(LegRecords records) : records_(std::move(records)) {}

    LegRecords records_;
    std::vector<std::uint8_t> payload_;
};

}  // namespace replay
