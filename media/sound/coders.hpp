// The codecs behind make_decoder and make_encoder, a file each. Nobody else includes this.
//
// Thread and memory: as coder.hpp says. Formats have been checked by coder.cpp.
#pragma once

#include <memory>

#include "media/sound/coder.hpp"

namespace media {

[[nodiscard]] std::unique_ptr<Decoder> make_g711_decoder(Codec codec);
[[nodiscard]] std::unique_ptr<Encoder> make_g711_encoder(Codec codec);
[[nodiscard]] std::unique_ptr<Decoder> make_g722_decoder();
[[nodiscard]] std::unique_ptr<Encoder> make_g722_encoder();
[[nodiscard]] std::unique_ptr<Decoder> make_l16_decoder(std::uint32_t rate_hz);
[[nodiscard]] std::unique_ptr<Encoder> make_l16_encoder(std::uint32_t rate_hz);
[[nodiscard]] std::unique_ptr<Decoder> make_opus_decoder(std::uint32_t rate_hz);
[[nodiscard]] std::unique_ptr<Encoder> make_opus_encoder(std::uint32_t rate_hz,
                                                         const OpusSettings& settings);

}  // namespace media
