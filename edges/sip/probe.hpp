// Tries an address before libsofia-sip does: when the library fails to bind, it leaks what it had
// begun.
#pragma once

#include <cstdint>
#include <string>

namespace sip {

/// Whether UDP and TCP of this IPv4 address are free and ours, at this moment.
[[nodiscard]] bool can_listen(const std::string& ip, std::uint16_t port);

}  // namespace sip
