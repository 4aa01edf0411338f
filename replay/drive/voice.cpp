#include "replay/drive/voice.hpp"

namespace replay {
namespace {

constexpr std::size_t frame_bytes = 160;  // 20 ms: what a telephone sends at a time

}  // namespace

std::optional<CapturedVoice> CapturedVoice::find(const journal::Reader& reader,
                                                 const std::string& conference, std::uint64_t epoch,
                                                 std::uint64_t leg) {
    LegRecords records{reader, conference, epoch, leg};
    if (records.at_end()) return std::nullopt;
    const auto capture = media::decode_capture(records.bytes());
    if (!capture.ok() || capture.value().head.format != media::pcmu_format) return std::nullopt;
    return CapturedVoice{std::move(records)};
}

std::span<const std::uint8_t> CapturedVoice::next() {
    payload_.clear();
    if (records_.at_end()) return {};
    const auto capture = media::decode_capture(records_.bytes());
    if (capture.ok() && capture.value().head.format == media::pcmu_format) {
        for (const media::CapturePiece& piece : capture.value().pieces) {
            if (piece.kind == media::CapturePiece::Kind::packet && payload_.empty())
                payload_.assign(piece.payload.begin(), piece.payload.end());
        }
    }
    if (payload_.size() != frame_bytes) payload_.clear();
    records_.next();
    return payload_;
}

}  // namespace replay
