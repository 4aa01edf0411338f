// Any bytes in the journal's audio: decoding answers without reading past the end, and what it
// accepts is written back as the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.hpp"
#include "media/capture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    // A copy of its own size, so that a sanitizer sees the first byte too many.
    std::vector<std::uint8_t> own(data, data + bytes);
    if (!own.empty()) own[0] = own[0] % 2 + 1;  // mutations would rarely get past it
    const auto capture = media::decode_capture(own);
    if (!capture.ok() || capture.value().head.version != media::capture_version) return 0;
    static media::CaptureWriter writer;
    writer.begin();
    for (const media::CapturePiece& piece : capture.value().pieces) writer.piece(piece);
    const auto again = writer.close(capture.value().head);
    ASSERT(std::ranges::equal(again, own));
    return 0;
}
