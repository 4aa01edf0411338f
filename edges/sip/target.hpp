// Who is meant: telephone numbers, phone accounts, SIP addresses, and the trunk that reaches a
// number.
//
// Pure. Thread: any. Total: any text gives a value or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edges/sip/options.hpp"

namespace sip {

inline constexpr std::size_t number_digits_max =
    20;  // E.164 has 15; prefixes and PBX codes add some
inline constexpr std::size_t user_part_bytes_max = 64;
inline constexpr std::size_t uri_bytes_max = 256;

/// "+49 (30) 12-34" becomes "+49301234", "0049301234" as well; a number without prefix stays as it
/// is. Nothing when something else than digits and visual separators (RFC 3966) is in it, or it is
/// too long.
[[nodiscard]] std::optional<std::string> normalised_number(std::string_view text);

/// The digits alone: the name of the stream number/<digits>.
[[nodiscard]] std::optional<std::string> number_key(std::string_view text);

/// "alice-desk" is the phone "desk" of "alice"; the last '-' divides.
struct Account {
    std::string user, label;
    bool operator==(const Account&) const = default;
};
[[nodiscard]] std::optional<Account> parse_account(std::string_view user_part);

/// Unreserved characters of RFC 3261 and no escapes: may stand in a URI, a stream name and a log
/// line.
[[nodiscard]] bool plain_user_part(std::string_view text);

/// "sip:user@host:port;transport=tcp" of plain parts. No password, no headers, no IPv6, no other
/// parameters.
struct SipUri {
    std::string user, host;
    std::uint16_t port = 0;  // 0: none given
    bool tcp = false;
    bool operator==(const SipUri&) const = default;
};
[[nodiscard]] std::optional<SipUri> parse_uri(std::string_view text);
[[nodiscard]] std::string print_uri(const SipUri& uri);

/// The first trunk that has a prefix of `number`; null: no trunk may be used for it.
[[nodiscard]] const Trunk* trunk_for(const std::vector<Trunk>& trunks, std::string_view number);
/// The trunk that calls from `ip` and `port`; null: a stranger.
[[nodiscard]] const Trunk* trunk_from(const std::vector<Trunk>& trunks, std::string_view ip,
                                      std::uint16_t port);
/// Whether `host` is on the list, upper and lower case alike.
[[nodiscard]] bool domain_allowed(const std::vector<std::string>& allowed, std::string_view host);

}  // namespace sip
