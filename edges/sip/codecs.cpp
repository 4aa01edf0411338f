// Tables of names; see codecs.hpp.
#include "edges/sip/codecs.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sip {
namespace {

using media::Codec;
using media::Format;

struct Named {
    Format format;
    std::string_view name;    // for people
    std::string_view rtpmap;  // as we write it
    std::uint8_t type;        // static, or our choice of a dynamic one
};
constexpr std::array<Named, 8> table{{
    {media::pcmu_format, "PCMU", "PCMU/8000", 0},
    {media::pcma_format, "PCMA", "PCMA/8000", 8},
    {media::g722_format, "G722", "G722/8000", 9},
    {media::opus_format, "opus", "opus/48000/2", 96},
    {{Codec::l16, 8'000}, "L16/8000", "L16/8000", 98},
    {{Codec::l16, 16'000}, "L16/16000", "L16/16000", 97},
    {{Codec::l16, 44'100}, "L16/44100", "L16/44100", 11},
    {{Codec::l16, 48'000}, "L16/48000", "L16/48000", 99},
}};

const Named& row_of(const Format& format) {
    const auto row = std::ranges::find(table, format, &Named::format);
    return row == table.end() ? table.front() : *row;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// "48000" of "a=1; maxplaybackrate=48000"; empty: not there.
std::string_view value_of(std::string_view fmtp, std::string_view key) {
    while (!fmtp.empty()) {
        const std::size_t end = std::min(fmtp.find(';'), fmtp.size());
        std::string_view part = fmtp.substr(0, end);
        fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        const std::size_t equals = part.find('=');
        if (equals != std::string_view::npos && same_word(part.substr(0, equals), key))
            return part.substr(equals + 1);
    }
    return {};
}

std::optional<std::int32_t> number_in(std::string_view text) {
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string name_of(const Format& format) { return std::string{row_of(format).name}; }

std::optional<Format> format_named(std::string_view name) {
    for (const Named& row : table) {
        if (same_word(row.name, name)) return row.format;
    }
    return std::nullopt;
}

std::string rtpmap_of(const Format& format) { return std::string{row_of(format).rtpmap}; }

std::optional<Format> format_of_rtpmap(std::string_view text) {
    for (const Named& row : table) {
        if (same_word(row.rtpmap, text)) return row.format;
        // One channel may be said or not (RFC 4566, 6); Opus always says two (RFC 7587, 7).
        const bool said = text.ends_with("/1") && row.format.codec != Codec::opus;
        if (said && same_word(row.rtpmap, text.substr(0, text.size() - 2))) return row.format;
    }
    return std::nullopt;
}

std::string_view static_rtpmap(std::uint8_t payload_type) noexcept {
    if (payload_type == 13) return "CN/8000";
    for (const Named& row : table) {
        if (row.type == payload_type && row.type < 96) return row.rtpmap;
    }
    return {};
}

std::uint8_t usual_type(const Format& format) noexcept { return row_of(format).type; }

media::OpusSettings opus_for(std::string_view fmtp, const media::OpusSettings& ours) {
    constexpr std::int32_t bitrate_min = 6'000;
    media::OpusSettings out = ours;
    const auto lower_to = [&](std::int32_t bitrate) {
        out.bitrate = std::max(bitrate_min, std::min(out.bitrate, bitrate));
    };
    if (const auto most = number_in(value_of(fmtp, "maxaveragebitrate"))) lower_to(*most);
    // Who plays less than the full band needs fewer bits for the same sound (RFC 7587, 3.1.1).
    const auto rate = number_in(value_of(fmtp, "maxplaybackrate"));
    if (rate && *rate <= 8'000) {
        lower_to(12'000);
    } else if (rate && *rate <= 16'000) {
        lower_to(20'000);
    }
    out.fec = ours.fec && value_of(fmtp, "useinbandfec") == "1";
    out.dtx = value_of(fmtp, "usedtx") == "1";
    return out;
}

}  // namespace sip
