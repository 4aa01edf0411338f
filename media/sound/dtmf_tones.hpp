// Keys that are pressed as tones in the sound (ITU-T Q.23), heard by spandsp.
//
// Thread: one worker owns it. Memory: fixed, of our own. Time: about 1 us for 20 ms.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/realtime.hpp"

namespace media {

class DtmfTones {
public:
    DtmfTones();  // allocates: on the control side
    ~DtmfTones();
    DtmfTones(DtmfTones&&) noexcept;
    DtmfTones& operator=(DtmfTones&&) noexcept;

    /// The next sound at 8 kHz, any length; from higher rates by a Resampler. Returns a digit
    /// ('0'..'9', '*', '#', 'A'..'D') once per key press, some 40 ms after it began.
    std::optional<char> hear(std::span<const std::int16_t> sound) noexcept REALTIME;
    /// True while a key is down, or may be: what should not be mixed.
    [[nodiscard]] bool sounding() const noexcept REALTIME;
    void reset() noexcept REALTIME;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace media
