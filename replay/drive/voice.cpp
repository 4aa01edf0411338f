#include "replay/drive/voice.hpp"

namespace replay {
namespace {

// Is it what a telephone sends every 20 ms? Of Opus only the payload itself would tell.
bool is_frame(const media::Format& format, std::size_t bytes) {
    switch (format.codec) {
        case media::Codec::pcmu:
        case media::Codec::pcma:
        case media::Codec::g722: return bytes == 160;
        case media::Codec::l16: return bytes == 640;
        case media::Codec::opus: return bytes > 0;
    }
    return false;
}
bool can_speak(const media::Format& format) {
    return format.codec != media::Codec::l16 || format.rate_hz == 16'000;
}

}  // namespace

std::optional<CapturedVoice> CapturedVoice::find(const journal::Reader& reader,
                                                 const std::string& conference, std::uint64_t epoch,
                                                 std::uint64_t leg) {
    LegRecords records{reader, conference, epoch, leg};
    if (records.at_end()) return std::nullopt;
    const auto capture = media::decode_capture(records.bytes());
    if (!capture.ok() || !can_speak(capture.value().head.format)) return std::nullopt;
    return CapturedVoice{std::move(records), capture.value().head.format};
}

std::span<const std::uint8_t> CapturedVoice::next() {
    payload_.clear();
    if (records_.at_end()) return {};
    const auto capture = media::decode_capture(records_.bytes());
    if (capture.ok() && capture.value().head.format == format_) {
        for (const media::CapturePiece& piece : capture.value().pieces) {
            if (piece.kind == media::CapturePiece::Kind::packet && payload_.empty())
                payload_.assign(piece.payload.begin(), piece.payload.end());
        }
    }
    if (!is_frame(format_, payload_.size())) payload_.clear();
    records_.next();
    return payload_;
}

}  // namespace replay
