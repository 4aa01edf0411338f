#include "media/sound/dtmf_tones.hpp"

#include <ctime>

// spandsp's headers do not include what they need: the order matters.
// clang-format off
#include <spandsp/telephony.h>
#include <spandsp/complex.h>
#include <spandsp/logging.h>
#include <spandsp/queue.h>
#include <spandsp/tone_detect.h>
#include <spandsp/tone_generate.h>
#include <spandsp/super_tone_rx.h>
#include <spandsp/dtmf.h>
#include <spandsp/private/logging.h>
#include <spandsp/private/queue.h>
#include <spandsp/private/tone_generate.h>
#include <spandsp/private/dtmf.h>
// clang-format on

namespace media {

struct DtmfTones::State {
    mutable dtmf_rx_state_s receiver{};
};

DtmfTones::DtmfTones() : state_(std::make_unique<State>()) { reset(); }
DtmfTones::~DtmfTones() = default;
DtmfTones::DtmfTones(DtmfTones&&) noexcept = default;
DtmfTones& DtmfTones::operator=(DtmfTones&&) noexcept = default;

void DtmfTones::reset() noexcept REALTIME { dtmf_rx_init(&state_->receiver, nullptr, nullptr); }

std::optional<char> DtmfTones::hear(std::span<const std::int16_t> sound) noexcept REALTIME {
    dtmf_rx(&state_->receiver, sound.data(), static_cast<int>(sound.size()));
    char digit[2] = {};
    if (dtmf_rx_get(&state_->receiver, digit, 1) == 0) return std::nullopt;
    return digit[0];
}

bool DtmfTones::sounding() const noexcept REALTIME {
    return dtmf_rx_status(&state_->receiver) != 0;
}

}  // namespace media
