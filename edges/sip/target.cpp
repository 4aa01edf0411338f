// Parses and chooses; see target.hpp.
#include "edges/sip/target.hpp"

#include <algorithm>
#include <charconv>

namespace sip {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_host(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool host_allowed(std::string_view host) {
    return !host.empty() && host.size() <= 128 && (digit(host.front()) || letter(host.front())) &&
           std::all_of(host.begin(), host.end(),
                       [](char c) { return digit(c) || letter(c) || c == '.' || c == '-'; });
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

std::optional<std::string> normalised_number(std::string_view text) {
    if (text.size() > user_part_bytes_max) return std::nullopt;
    std::string out;
    for (const char c : text) {
        if (digit(c) || (c == '+' && out.empty())) {
            out += c;
        } else if (c != '-' && c != '.' && c != '(' && c != ')' && c != ' ') {
            return std::nullopt;
        }
    }
    if (out.starts_with("00"))
        out = "+" + out.substr(2);  // the international prefix of most countries
    const std::size_t digits = out.size() - (out.starts_with('+') ? 1 : 0);
    if (digits == 0 || digits > number_digits_max) return std::nullopt;
    return out;
}

std::optional<std::string> number_key(std::string_view text) {
    auto number = normalised_number(text);
    if (number && number->starts_with('+')) number->erase(0, 1);
    return number;
}

bool plain_user_part(std::string_view text) {
    return !text.empty() && text.size() <= user_part_bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return digit(c) || letter(c) ||
                      std::string_view{"-_.!~*'()+&=$,:#"}.find(c) != std::string_view::npos;
           });
}

std::optional<Account> parse_account(std::string_view user_part) {
    const std::size_t dash = user_part.rfind('-');
    if (!plain_user_part(user_part) || dash == std::string_view::npos || dash == 0 ||
        dash + 1 == user_part.size()) {
        return std::nullopt;
    }
    return Account{std::string{user_part.substr(0, dash)}, std::string{user_part.substr(dash + 1)}};
}

std::optional<SipUri> parse_uri(std::string_view text) {
    if (text.size() > uri_bytes_max || text.size() < 5 || !same_host(text.substr(0, 4), "sip:"))
        return std::nullopt;
    text.remove_prefix(4);
    SipUri uri;
    const std::size_t at = text.rfind('@');
    if (at != std::string_view::npos) {
        const std::string_view user = text.substr(0, at);
        // A ':' would begin a password here.
        if (!plain_user_part(user) || user.find(':') != std::string_view::npos) return std::nullopt;
        uri.user = std::string{user};
        text.remove_prefix(at + 1);
    }
    const std::size_t parameters = std::min(text.find(';'), text.size());
    if (parameters != text.size()) {
        const std::string_view rest = text.substr(parameters);
        if (same_host(rest, ";transport=tcp")) {
            uri.tcp = true;
        } else if (!same_host(rest, ";transport=udp")) {
            return std::nullopt;
        }
    }
    text = text.substr(0, parameters);
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        const auto port = port_of(text.substr(colon + 1));
        if (!port) return std::nullopt;
        uri.port = *port;
        text = text.substr(0, colon);
    }
    if (!host_allowed(text)) return std::nullopt;
    uri.host = std::string{text};
    return uri;
}

std::string print_uri(const SipUri& uri) {
    std::string out = "sip:";
    if (!uri.user.empty()) out += uri.user + "@";
    out += uri.host;
    if (uri.port != 0) out += ":" + std::to_string(uri.port);
    if (uri.tcp) out += ";transport=tcp";
    return out;
}

const Trunk* trunk_for(const std::vector<Trunk>& trunks, std::string_view number) {
    for (const Trunk& trunk : trunks) {
        for (const std::string& prefix : trunk.prefixes) {
            if (prefix.empty()) return &trunk;
            // "00" alone is a prefix without digits behind it: it stands for every international
            // number.
            const std::string wanted =
                prefix == "+" || prefix == "00" ? "+" : normalised_number(prefix).value_or("");
            if (!wanted.empty() && number.starts_with(wanted)) return &trunk;
        }
    }
    return nullptr;
}

const Trunk* trunk_from(const std::vector<Trunk>& trunks, std::string_view ip, std::uint16_t port) {
    const auto found = std::find_if(trunks.begin(), trunks.end(), [&](const Trunk& trunk) {
        return trunk.host == ip && (!trunk.match_port || trunk.port == port);
    });
    return found == trunks.end() ? nullptr : &*found;
}

bool domain_allowed(const std::vector<std::string>& allowed, std::string_view host) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const std::string& one) { return same_host(one, host); });
}

}  // namespace sip
