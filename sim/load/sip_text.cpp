#include "sim/load/sip_text.hpp"

#include <algorithm>
#include <charconv>

#include "media/sound/format.hpp"
#include "sim/load/sockets.hpp"

namespace sim {
namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Cuts off and returns what stands before `end`, all if it is not there.
std::string_view cut(std::string_view& text, std::string_view end) {
    const std::size_t at = text.find(end);
    const std::string_view front = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
    return front;
}

bool is_named(std::string_view name, std::string_view full, std::string_view compact) {
    const auto same = [&](std::string_view other) {
        return std::ranges::equal(name, other, [](char a, char b) {
            const char lower = a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a;
            return lower == b;
        });
    };
    return same(full) || (!compact.empty() && same(compact));
}

bool parse_first_line(std::string_view line, SipMessage& message) {
    constexpr std::string_view version = "SIP/2.0";
    if (line.starts_with("SIP/2.0 ")) {
        line.remove_prefix(version.size() + 1);
        const auto status = number_of<int>(cut(line, " "));
        message.status = status.value_or(0);
        return message.status >= 100 && message.status <= 699;
    }
    message.method = cut(line, " ");
    message.uri = cut(line, " ");
    return !message.method.empty() && !message.uri.empty() && line == version;
}

bool parse_cseq(std::string_view value, SipMessage& message) {
    const auto number = number_of<std::uint32_t>(cut(value, " "));
    const std::string_view method = trimmed(value);
    if (!number || method.empty()) return false;
    message.cseq = *number;
    if (message.status == 0) return method == message.method;
    message.method = method;
    return true;
}

}  // namespace

std::optional<SipMessage> parse_sip(std::string_view text) {
    SipMessage message;
    const std::size_t head_end = text.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return std::nullopt;
    message.body = text.substr(head_end + 4);
    std::string_view head = text.substr(0, head_end);
    if (!parse_first_line(cut(head, "\r\n"), message)) return std::nullopt;
    bool numbered = false;
    while (!head.empty()) {
        std::string_view value = cut(head, "\r\n");
        if (value.find(':') == std::string_view::npos || value.front() == ' ') return std::nullopt;
        const std::string_view name = trimmed(cut(value, ":"));
        value = trimmed(value);
        if (is_named(name, "via", "v")) message.vias.push_back(value);
        if (is_named(name, "record-route", "")) message.record_routes.push_back(value);
        if (is_named(name, "call-id", "i")) message.call_id = value;
        if (is_named(name, "from", "f")) message.from = value;
        if (is_named(name, "to", "t")) message.to = value;
        if (is_named(name, "contact", "m")) message.contact = value;
        if (is_named(name, "content-type", "c")) message.content_type = value;
        if (is_named(name, "www-authenticate", "") || is_named(name, "proxy-authenticate", ""))
            message.challenge = value;
        if (is_named(name, "cseq", "")) {
            if (numbered || !parse_cseq(value, message)) return std::nullopt;
            numbered = true;
        }
        if (is_named(name, "content-length", "l") &&
            number_of<std::size_t>(value) != message.body.size())
            return std::nullopt;
    }
    if (!numbered || message.vias.empty() || message.call_id.empty() || message.from.empty() ||
        message.to.empty())
        return std::nullopt;
    return message;
}

std::string_view uri_of(std::string_view value) {
    const std::size_t open = value.find('<');
    if (open == std::string_view::npos) return trimmed(value.substr(0, value.find(';')));
    value.remove_prefix(open + 1);
    const std::size_t close = value.find('>');
    return close == std::string_view::npos ? std::string_view{} : value.substr(0, close);
}

std::string_view user_of(std::string_view uri) {
    if (!uri.starts_with("sip:")) return {};
    const std::size_t at = uri.find('@');
    return at == std::string_view::npos ? std::string_view{} : uri.substr(4, at - 4);
}

std::string plain_response(const SipMessage& request, const std::string& status,
                           const std::string& contact, const std::string& body) {
    std::string text = "SIP/2.0 " + status + "\r\n";
    for (const std::string_view via : request.vias) text += "Via: " + std::string{via} + "\r\n";
    text += "From: " + std::string{request.from} + "\r\nTo: " + std::string{request.to} +
            "\r\nCall-ID: " + std::string{request.call_id} +
            "\r\nCSeq: " + std::to_string(request.cseq) + " " + std::string{request.method} +
            "\r\n";
    if (!body.empty()) text += "Contact: " + contact + "\r\nContent-Type: application/sdp\r\n";
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string_view tag_of(std::string_view value) {
    const std::size_t close = value.rfind('>');
    if (close != std::string_view::npos) value.remove_prefix(close + 1);
    const std::size_t at = value.find(";tag=");
    if (at == std::string_view::npos) return {};
    value.remove_prefix(at + 5);
    return value.substr(0, value.find(';'));
}

std::optional<SdpAnswer> parse_sdp_answer(std::string_view text) {
    SdpAnswer answer;
    std::string_view address, formats;
    std::uint16_t port = 0;
    while (!text.empty()) {
        std::string_view line = cut(text, "\n");
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("c=IN IP4 ") && (address.empty() || port != 0)) {
            address = line.substr(9, line.find('/') - 9);
        } else if (line.starts_with("m=")) {
            if (port != 0) break;  // one audio stream was offered: one is read
            line.remove_prefix(2);
            if (cut(line, " ") != "audio") return std::nullopt;
            port = number_of<std::uint16_t>(cut(line, " ")).value_or(0);
            if (port == 0 || cut(line, " ") != "RTP/AVP") return std::nullopt;
            formats = line;
        } else if (line.starts_with("a=rtpmap:")) {
            line.remove_prefix(9);
            const auto type = number_of<std::uint8_t>(cut(line, " "));
            if (type && line.starts_with("telephone-event/")) answer.event_type = type;
        }
    }
    const auto type = number_of<std::uint8_t>(cut(formats, " "));
    const auto remote = media::parse_address(std::string{address}, port);
    if (!type || *type > 127 || !remote || port == 0) return std::nullopt;
    answer.payload_type = *type;
    answer.remote = *remote;
    return answer;
}

std::uint8_t offered_payload_type(const media::Format& format) {
    switch (format.codec) {
        case media::Codec::pcmu: return 0;
        case media::Codec::pcma: return 8;
        case media::Codec::g722: return 9;
        case media::Codec::l16: return 97;
        case media::Codec::opus: return 111;
    }
    return 0;
}

namespace {

std::string_view encoding_of(const media::Format& format) {
    switch (format.codec) {
        case media::Codec::pcmu: return "PCMU/8000";
        case media::Codec::pcma: return "PCMA/8000";
        case media::Codec::g722: return "G722/8000";
        case media::Codec::l16: return "L16/16000";
        case media::Codec::opus: return "opus/48000/2";  // always so, mono too (RFC 7587, 7)
    }
    return {};
}

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::uint8_t> payload_type_in(std::string_view offer, const media::Format& format) {
    const std::uint8_t fixed = offered_payload_type(format);
    bool listed = false;
    while (!offer.empty()) {
        std::string_view line = trimmed(cut(offer, "\n"));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.starts_with("m=audio ")) {
            for (int word = 0; word < 3; ++word) (void)cut(line, " ");
            while (!line.empty()) listed |= number_of<std::uint8_t>(cut(line, " ")) == fixed;
        }
        if (!line.starts_with("a=rtpmap:")) continue;
        line.remove_prefix(9);
        const auto type = number_of<std::uint8_t>(cut(line, " "));
        if (type && same_word(line, encoding_of(format))) return type;
    }
    // Of numbers below 96 everybody knows what they mean (RFC 3551, 6).
    return listed && fixed < 96 ? std::optional{fixed} : std::nullopt;
}

std::string with_direction(const std::string& sdp, std::string_view direction, unsigned version) {
    std::string text;
    std::string_view rest = sdp;
    while (!rest.empty()) {
        const std::string_view line = cut(rest, "\r\n");
        if (line.starts_with("o="))
            text += "o=- 1 " + std::to_string(version) +
                    std::string{line.substr(std::min(line.find(" IN "), line.size()))};
        else if (line == "a=sendrecv" || line == "a=sendonly")
            text += "a=" + std::string{direction};
        else
            text += line;
        text += "\r\n";
    }
    return text;
}

std::string write_sdp_offer(const media::Address& ours, const media::Format& format) {
    return write_sdp_answer(ours, format, offered_payload_type(format), offered_event_type);
}

std::string write_sdp_answer(const media::Address& ours, const media::Format& format,
                             std::uint8_t payload_type, std::optional<std::uint8_t> event_type) {
    std::string ip = text_of(ours);
    ip.resize(ip.find(':'));
    const std::string type = std::to_string(payload_type),
                      event = event_type ? std::to_string(*event_type) : "";
    std::string text = "v=0\r\no=- 1 1 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip +
                       "\r\nt=0 0\r\nm=audio " + std::to_string(ours.port) + " RTP/AVP " + type +
                       (event.empty() ? "" : " " + event) + "\r\na=rtpmap:" + type + " " +
                       std::string{encoding_of(format)} + "\r\n";
    if (format.codec == media::Codec::opus)
        text += "a=fmtp:" + type + " useinbandfec=1;maxaveragebitrate=32000\r\n";
    // Keys count time as the sound does (RFC 4733, 2.1).
    if (!event.empty())
        text += "a=rtpmap:" + event + " telephone-event/" +
                std::to_string(media::clock_hz(format)) + "\r\na=fmtp:" + event + " 0-15\r\n";
    return text + "a=ptime:20\r\na=sendrecv\r\n";
}

}  // namespace sim
