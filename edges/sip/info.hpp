// Keys that come by INFO, the way of phones without RFC 4733.
#pragma once

#include <string_view>

namespace sip {

struct InfoBody {
    bool understood = false;  // false: 415
    char digit = 0;           // 0: none (an empty INFO asks whether we are there)
};

/// "Signal=5" lines of application/dtmf-relay, or the bare digit of application/dtmf.
[[nodiscard]] InfoBody read_info(std::string_view content_type, std::string_view body);

}  // namespace sip
