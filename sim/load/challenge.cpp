// Digest answers of a telephone that has an account (RFC 2617).
#include <openssl/evp.h>

#include <array>

#include "base/hash.hpp"
#include "sim/load/sip_text.hpp"

namespace sim {
namespace {

std::string md5(const std::string& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned bytes = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_md5(), nullptr) != 1)
        return {};
    return base::hex(std::string_view{reinterpret_cast<const char*>(digest.data()), bytes});
}

// Of `realm="a b", nonce=c` what stands behind `name`.
std::string_view part_of(std::string_view challenge, std::string_view name) {
    std::size_t at = 0;
    while ((at = challenge.find(name, at)) != std::string_view::npos) {
        const bool begins = at == 0 || challenge[at - 1] == ' ' || challenge[at - 1] == ',';
        at += name.size();
        if (!begins || at >= challenge.size() || challenge[at] != '=') continue;
        std::string_view value = challenge.substr(at + 1);
        if (value.starts_with('"')) return value.substr(1, value.find('"', 1) - 1);
        return value.substr(0, value.find_first_of(", "));
    }
    return {};
}

}  // namespace

std::string answer_challenge(std::string_view challenge, const Account& account,
                             std::string_view method, std::string_view uri, std::uint32_t count) {
    if (!challenge.starts_with("Digest ")) return {};
    const std::string realm{part_of(challenge, "realm")}, nonce{part_of(challenge, "nonce")},
        opaque{part_of(challenge, "opaque")};
    if (nonce.empty()) return {};
    const std::string ha1 = md5(account.user + ":" + realm + ":" + account.password);
    const std::string ha2 = md5(std::string{method} + ":" + std::string{uri});
    std::string text = "Digest username=\"" + account.user + "\", realm=\"" + realm +
                       "\", nonce=\"" + nonce + "\", uri=\"" + std::string{uri} +
                       "\", algorithm=MD5";
    if (!opaque.empty()) text += ", opaque=\"" + opaque + "\"";
    if (part_of(challenge, "qop").empty())
        return text + ", response=\"" + md5(ha1 + ":" + nonce + ":" + ha2) + "\"";
    std::array<char, 9> counted{};
    (void)std::snprintf(counted.data(), counted.size(), "%08x", count);
    const std::string nc = counted.data(), cnonce = md5(nonce + nc + account.user).substr(0, 16);
    return text + ", qop=auth, nc=" + nc + ", cnonce=\"" + cnonce + "\", response=\"" +
           md5(ha1 + ":" + nonce + ":" + nc + ":" + cnonce + ":auth:" + ha2) + "\"";
}

}  // namespace sim
