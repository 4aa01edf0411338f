#include "replay/pseudonyms.hpp"

#include <array>
#include <charconv>

#include "actors/conversation.hpp"
#include "base/text.hpp"

namespace replay {
namespace {

constexpr std::array<std::string_view, 3> guarded{"caller:", "source:", "login:"};
constexpr std::string_view direct_prefix = "direct:";

bool is_leg_name(std::string_view name) {
    return name.size() == 16 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

std::string digits16(std::uint64_t bits) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += digits[(bits >> shift) & 15];
    return text;
}

}  // namespace

base::Hash Pseudonyms::keyed(std::string_view kind, std::string_view text) const {
    return base::blake2b(std::string{kind} + ' ' + std::string{text}, key_);
}

// What a word of that kind may look like; `digest` has 64 hexadecimal digits.
std::string Pseudonyms::shaped(std::string_view kind, std::string_view text,
                               const std::string& digest) const {
    if (kind == "label") return "p" + digest.substr(0, 8);
    if (kind == "name") return "u" + digest.substr(0, 12);
    if (kind == "address") return "sip:a" + digest.substr(0, 16) + "@example.invalid";
    if (kind != "number") return "x-" + digest.substr(0, 16);
    // Keyed conferences have at most twelve digits (call_leg.cpp), so short stays short.
    const bool plus = text[0] == '+';
    const std::size_t length = text.size() - (plus ? 1 : 0) > 12 ? 15 : 12;
    std::string number = plus ? "+9" : "9";
    for (std::size_t i = 0; number.size() < length + (plus ? 1 : 0); ++i)
        number += static_cast<char>('0' + digest[i] % 10);
    return number;
}

// Two words never become one, however small their kind's room is.
std::string Pseudonyms::fresh(std::string_view kind, std::string_view text) {
    const std::string known_as = std::string{kind} + ' ' + std::string{text};
    const auto known = words_.find(known_as);
    if (known != words_.end()) return known->second;
    for (int attempt = 0;; ++attempt) {
        const std::string salted =
            attempt == 0 ? std::string{text} : std::string{text} + '\0' + std::to_string(attempt);
        const std::string word = shaped(kind, text, base::hex(keyed(kind, salted)));
        if (!taken_.insert(word).second) continue;
        return words_.emplace(known_as, word).first->second;
    }
}

std::string Pseudonyms::direct(std::string_view name) {
    const std::string_view both = name.substr(direct_prefix.size());
    const std::size_t colon = both.find(':');
    if (colon == both.npos) return fresh("text", name);
    return actors::direct_conversation(word(both.substr(0, colon)), word(both.substr(colon + 1)));
}

std::string Pseudonyms::word(std::string_view text) {
    if (text.empty()) return {};
    if (parse_stream(text)) return stream(text);
    if (text.starts_with(direct_prefix)) return direct(text);
    for (const std::string_view prefix : guarded) {
        if (text.starts_with(prefix)) return std::string{prefix} + word(text.substr(prefix.size()));
    }
    if (base::is_number(text)) return fresh("number", text);
    if (text.starts_with("sip:") || text.starts_with("sips:")) return fresh("address", text);
    if (base::is_user_name(text)) return fresh("name", text);
    return fresh("text", text);
}

std::string Pseudonyms::label(std::string_view text) {
    return text.empty() ? std::string{} : fresh("label", text);
}

std::string Pseudonyms::leg(std::string_view name) {
    if (!is_leg_name(name)) return word(name);
    std::uint64_t number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number, 16);
    return digits16(bits(number));
}

std::string Pseudonyms::asker(std::string_view by) {
    if (by == "server" || by == "cli") return std::string{by};
    for (const std::string_view prefix : {"admin/", "phone/"}) {
        if (!by.starts_with(prefix)) continue;
        const std::string_view name = by.substr(prefix.size());
        const std::size_t dash = prefix == "phone/" ? name.rfind('-') : name.npos;
        if (dash == name.npos) return std::string{prefix} + word(name);
        return std::string{prefix} + word(name.substr(0, dash)) + '-' +
               label(name.substr(dash + 1));
    }
    return word(by);
}

std::string Pseudonyms::stream(std::string_view name) {
    const auto parsed = parse_stream(name);
    if (!parsed) return fresh("text", name);
    const std::string other =
        parsed->kind == StreamKind::call_leg ? leg(parsed->name) : word(parsed->name);
    return StreamId{parsed->kind, other}.text();
}

base::Hash Pseudonyms::hash(const base::Hash& hash) {
    return hash == base::Hash{} ? hash : keyed("hash", base::hex(hash));
}

std::uint64_t Pseudonyms::bits(std::uint64_t bits) {
    const auto known = bits_.find(bits);
    if (known != bits_.end()) return known->second;
    const std::uint64_t other = keyed("bits", digits16(bits)).a;
    return bits == 0 ? 0 : other | 1;  // zero means none and stays alone
}

CommandId Pseudonyms::id(CommandId id) { return {bits(id.high), bits(id.low)}; }

void Pseudonyms::set_id(CommandId from, CommandId to) {
    if (from.high != 0) bits_[from.high] = to.high;
    if (from.low != 0) bits_[from.low] = to.low;
}

}  // namespace replay
