// A SIP request as the edge knows it: copied out of the library's message, and only after it was
// found sound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sip {

inline constexpr std::size_t header_bytes_max =
    256;  // Call-ID, Contact, User-Agent: longer ones are no phone's
inline constexpr std::size_t body_bytes_max = 16 * 1024;
inline constexpr std::size_t contacts_max = 8;  // in one REGISTER

enum class Method : std::uint8_t { invite, register_, message, options, info, update };
[[nodiscard]] const char* name_of(Method method) noexcept;

/// Where a request came from, as the transport saw it: Via and Contact may say anything.
struct Source {
    std::string ip;
    std::uint16_t port = 0;
    bool tcp = false;
    [[nodiscard]] std::string text() const;  // "udp:192.0.2.7:5060", as the journal keeps it
    [[nodiscard]] std::string uri() const;   // "sip:192.0.2.7:5060;transport=tcp"
};
/// The URI behind a journaled source; empty if `text` is none.
[[nodiscard]] std::string uri_of_source(const std::string& text);

struct Contact {
    std::string uri;  // "*" for all
    std::optional<std::uint32_t> expires_s;
};

struct Request {
    Method method{};
    Source source;
    std::string called_user;  // of the Request-URI
    std::string to_user, to_host, from_user,
        from_display;  // user parts are plain (target.hpp) or empty
    std::string call_id;
    std::uint32_t cseq = 0;
    bool in_dialog = false;
    bool routed = false;  // it has Record-Route: a proxy stands between
    std::vector<Contact> contacts;
    std::optional<std::uint32_t> expires_s;
    std::string user_agent;
    std::vector<std::string> authorizations;  // of Authorization and Proxy-Authorization
    std::string content_type;                 // lower case, without parameters
    std::string body;
};

/// What we answer with. Empty fields are left out.
struct Response {
    int status = 200;
    std::string reason;        // empty: the usual phrase of the status
    std::string authenticate;  // WWW-Authenticate
    std::string contact, accept, retry_after, min_expires, expires;
    std::string content_type, body;
    std::string proxy;  // further requests of this dialog go there: a phone behind NAT
};

}  // namespace sip
