// What a captured leg sent, packet by packet, for a telephone that says the same again. It
// speaks the codec that it spoke then; whose packets are not of 20 ms speaks prepared sound.
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
    /// Nothing: that leg was not captured, or spoke as no telephone of a drive does (L16 above
    /// 16 kHz).
    [[nodiscard]] static std::optional<CapturedVoice> find(const journal::Reader& reader,
                                                           const std::string& conference,
                                                           std::uint64_t epoch, std::uint64_t leg);
    [[nodiscard]] const media::Format& format() const { return format_; }
    /// The payload for the next 20 ms; empty: it sent none then, or its record is over. Valid until
    /// the next call.
    [[nodiscard]] std::span<const std::uint8_t> next();

private:
    CapturedVoice(LegRecords records, const media::Format& format)
        : records_(std::move(records)), format_(format) {}

    LegRecords records_;
    media::Format format_;
    std::vector<std::uint8_t> payload_;
};

}  // namespace replay
