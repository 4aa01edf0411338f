// Reads and writes the few lines of SDP that a telephone call is made of; see sdp.hpp.
#include "edges/sip/sdp.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sip {
namespace {

/// A stream while its lines are read.
struct Reading {
    Stream stream;
    std::uint16_t port = 0;
    std::vector<std::uint8_t> formats;
    std::optional<std::string> connection;
    std::optional<Direction> direction;
    using Notes = std::vector<std::pair<std::uint8_t, std::string>>;  // by payload type
    Notes maps;                                                       // "PCMU/8000", upper case
    Notes fmtps;                                                      // "useinbandfec=1;usedtx=1"
    std::vector<Crypto> cryptos;                                      // those that we could use
    std::string rtcp;  // "53020 IN IP4 126.16.64.4", or only the port
    unsigned ptime_ms = 20;
    bool extended_reports = false;
};

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Cuts the next word off; words are separated by single spaces or more.
std::string_view take_word(std::string_view& rest) {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

std::string upper(std::string_view text) {
    std::string out{text};
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

/// What may be printed again in our answer without changing its lines.
bool token(std::string_view text) {
    return !text.empty() && text.size() <= 32 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

/// "IN IP4 192.0.2.7", with an optional "/ttl". Anything else has no address we could send to.
std::optional<std::string> parse_connection(std::string_view value) {
    if (take_word(value) != "IN" || take_word(value) != "IP4") return std::nullopt;
    const std::string_view address = take_word(value);
    return std::string{address.substr(0, address.find('/'))};
}

std::optional<Direction> parse_direction(std::string_view attribute) {
    for (const Direction d :
         {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive}) {
        if (attribute == name_of(d)) return d;
    }
    return std::nullopt;
}

/// "audio 49170 RTP/AVP 0 8 101"
std::optional<Reading> parse_media(std::string_view value) {
    Reading reading;
    const std::string_view kind = take_word(value);
    std::string_view port = take_word(value);
    const std::string_view transport = take_word(value);
    port =
        port.substr(0, port.find('/'));  // "49170/2" is a range of ports; its first is good enough
    const auto number = number_of<std::uint16_t>(port);
    if (!token(kind) || !token(transport) || !number) return std::nullopt;
    reading.stream = {std::string{kind}, std::string{transport}, {}};
    reading.port = *number;
    for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
        if (reading.formats.size() == sdp_formats_max || !token(word)) return std::nullopt;
        if (reading.stream.format.empty()) reading.stream.format = std::string{word};
        const auto format = number_of<std::uint8_t>(word);
        if (format && *format <= 127) reading.formats.push_back(*format);
    }
    if (reading.stream.format.empty()) return std::nullopt;
    return reading;
}

/// "97 text" -> 97, "text"
void add_note(Reading::Notes& notes, std::string_view value) {
    const auto type = number_of<std::uint8_t>(take_word(value));
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (type && notes.size() < sdp_formats_max) notes.emplace_back(*type, std::string{value});
}

std::string_view note_of(const Reading::Notes& notes, std::uint8_t type) {
    for (const auto& [noted, text] : notes) {
        if (noted == type) return text;
    }
    return {};
}

bool asks_for_voip_metrics(std::string_view attribute) {
    return attribute.starts_with("rtcp-xr:") &&
           attribute.find("voip-metrics") != std::string_view::npos;
}

void parse_attribute(Reading& reading, std::string_view value) {
    if (const auto direction = parse_direction(value)) {
        reading.direction = direction;
    } else if (value.starts_with("rtpmap:")) {
        add_note(reading.maps, upper(value.substr(7)));
    } else if (value.starts_with("fmtp:")) {
        add_note(reading.fmtps, value.substr(5));
    } else if (value.starts_with("crypto:")) {
        const auto crypto = parse_crypto(value.substr(7));
        if (crypto && reading.cryptos.size() < sdp_formats_max) reading.cryptos.push_back(*crypto);
    } else if (value.starts_with("rtcp:")) {
        reading.rtcp = value.substr(5);
    } else if (asks_for_voip_metrics(value)) {
        reading.extended_reports = true;
    } else if (value.starts_with("ptime:")) {
        const auto ms = number_of<unsigned>(value.substr(6));
        if (ms && *ms >= 10 && *ms <= 100) reading.ptime_ms = *ms;
    }
}

/// The name behind a payload type: from a=rtpmap, else the static table of RFC 3551, 6.
std::string_view name_of_format(const Reading& reading, std::uint8_t type) {
    std::string_view name = note_of(reading.maps, type);
    return name.empty() ? static_rtpmap(type) : take_word(name);
}

struct Lines {
    std::vector<Reading> streams;
    std::optional<std::string> connection;
    std::optional<Direction> direction;
    bool extended_reports = false;
};

/// Folds one line in. False: this is not SDP.
bool read_line(Lines& lines, char type, std::string_view value) {
    if (type == 'm') {
        auto reading = parse_media(value);
        if (!reading || lines.streams.size() == sdp_streams_max) return false;
        lines.streams.push_back(std::move(*reading));
    } else if (type == 'c') {
        // An unknown address type is no error of form: the stream that needs it is judged later.
        auto& connection =
            lines.streams.empty() ? lines.connection : lines.streams.back().connection;
        connection = parse_connection(value).value_or("");
    } else if (type == 'a' && !lines.streams.empty()) {
        parse_attribute(lines.streams.back(), value);
    } else if (type == 'a') {
        if (const auto direction = parse_direction(value)) lines.direction = direction;
        if (asks_for_voip_metrics(value)) lines.extended_reports = true;
    }
    return true;
}

std::optional<Lines> read_lines(std::string_view text) {
    if (text.size() > sdp_bytes_max) return std::nullopt;
    Lines lines;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.size() < 2 || line[1] != '=') return std::nullopt;
        if (first && line != "v=0") return std::nullopt;
        first = false;
        if (!read_line(lines, line[0], line.substr(2))) return std::nullopt;
    }
    if (first) return std::nullopt;
    return lines;
}

/// Their first key that we can use; in an answer it must be one of those that we offered.
std::optional<Crypto> choose_key(const Reading& reading, Kind kind) {
    for (const Crypto& crypto : reading.cryptos) {
        if (kind == Kind::offer || crypto.tag == offered_tag(crypto.short_tag)) return crypto;
    }
    return std::nullopt;
}

/// Why this stream cannot be taken; nothing: it can.
std::optional<Misfit> flaw_of(const Reading& reading, SrtpRule rule, Kind kind) {
    const bool plain = reading.stream.transport == "RTP/AVP";
    const bool secure = reading.stream.transport == "RTP/SAVP" && rule != SrtpRule::never;
    if (reading.stream.kind != "audio" || reading.port == 0 || (!plain && !secure))
        return Misfit::no_audio;
    const bool has_key = choose_key(reading, kind).has_value();
    if (secure && !has_key) return Misfit::bad_key;
    if (plain && !has_key && rule == SrtpRule::require) return Misfit::not_encrypted;
    return std::nullopt;
}

/// The stream that we take: an encrypted one before a plain one.
Result<std::vector<Reading>::const_iterator, Misfit> choose_stream(
    const std::vector<Reading>& streams, SrtpRule rule, Kind kind) {
    auto best = streams.end();
    Misfit why = Misfit::no_audio;
    for (auto one = streams.begin(); one != streams.end(); ++one) {
        const auto flaw = flaw_of(*one, rule, kind);
        if (flaw && *flaw != Misfit::no_audio) why = *flaw;
        if (flaw) continue;
        if (one->stream.transport == "RTP/SAVP") return one;
        if (best == streams.end()) best = one;
    }
    if (best == streams.end()) return fail(why);
    return best;
}

/// The payload type whose rtpmap is `name` (upper case).
std::optional<std::uint8_t> type_named(const Reading& reading, const std::string& name) {
    for (const std::uint8_t type : reading.formats) {
        const std::string_view given = name_of_format(reading, type);
        if (given == name || given == name + "/1") return type;
    }
    return std::nullopt;
}

/// Which of their formats is the call's; see Kind.
std::optional<std::uint8_t> choose_type(const Reading& reading, const SoundPolicy& policy,
                                        Kind kind) {
    std::optional<std::uint8_t> best;
    auto best_rank = policy.codecs.end();
    for (const std::uint8_t type : reading.formats) {
        const auto format = format_of_rtpmap(name_of_format(reading, type));
        if (!format) continue;
        const auto rank = std::find(policy.codecs.begin(), policy.codecs.end(), *format);
        if (rank == policy.codecs.end()) continue;
        if (kind == Kind::answer) return type;
        if (rank < best_rank) best = type;
        best_rank = std::min(best_rank, rank);
    }
    return best;
}

/// Fills in codec, events and comfort noise of the stream we take. False: no codec in common.
bool choose_formats(const Reading& reading, const SoundPolicy& policy, Kind kind,
                    Description& out) {
    const auto chosen = choose_type(reading, policy, kind);
    if (!chosen) return false;
    out.payload_type = *chosen;
    out.format = *format_of_rtpmap(name_of_format(reading, *chosen));
    const bool opus = out.format.codec == media::Codec::opus;
    if (opus) out.opus = opus_for(note_of(reading.fmtps, *chosen), policy.opus);
    // Events share the codec's clock (RFC 4733, 2.1); many phones offer 8000 beside any codec.
    for (const std::uint32_t rate : {media::clock_hz(out.format), 8'000U}) {
        out.event_payload_type = type_named(reading, "TELEPHONE-EVENT/" + std::to_string(rate));
        out.event_rate_hz = rate;
        if (out.event_payload_type) break;
    }
    // Opus has its own (RFC 7587, 3.1.3).
    if (!opus) {
        out.noise_payload_type =
            type_named(reading, "CN/" + std::to_string(media::clock_hz(out.format)));
    }
    return true;
}

/// "53020", or "53020 IN IP4 126.16.64.4"; without an address it is that of the sound.
std::optional<media::Address> parse_rtcp(std::string_view value, const media::Address& sound) {
    const auto port = number_of<std::uint16_t>(take_word(value));
    if (!port || *port == 0) return std::nullopt;
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (value.empty()) return media::Address{sound.ip, *port};
    const auto connection = parse_connection(value);
    return connection ? media::parse_address(*connection, *port) : std::nullopt;
}

}  // namespace

Direction mirrored(Direction theirs) noexcept {
    switch (theirs) {
        case Direction::sendrecv: return Direction::sendrecv;
        case Direction::sendonly: return Direction::recvonly;
        case Direction::recvonly: return Direction::sendonly;
        case Direction::inactive: return Direction::inactive;
    }
    return Direction::inactive;
}

std::string_view name_of(Direction direction) noexcept {
    static constexpr std::array<std::string_view, 4> names{"sendrecv", "sendonly", "recvonly",
                                                           "inactive"};
    return names[static_cast<std::size_t>(direction)];
}

int status_of(Misfit misfit) noexcept { return misfit == Misfit::malformed ? 400 : 488; }

std::string_view sentence_of(Misfit misfit) noexcept {
    switch (misfit) {
        case Misfit::malformed: return "The session description cannot be read";
        case Misfit::no_audio: return "No RTP audio is offered";
        case Misfit::no_codec: return "None of the codecs offered is spoken here";
        case Misfit::not_encrypted: return "Sound without encryption is not taken here";
        case Misfit::bad_key: return "No key that can be used here is offered";
        case Misfit::bad_address: return "No IPv4 address to send sound to";
    }
    return "";
}

Result<Description, Misfit> parse_sdp(std::string_view text, const SoundPolicy& policy, Kind kind) {
    const auto lines = read_lines(text);
    if (!lines) return fail(Misfit::malformed);
    Description out;
    const auto chosen = choose_stream(lines->streams, policy.srtp, kind);
    if (!chosen.ok()) return fail(chosen.error());
    const auto audio = chosen.value();
    if (policy.srtp != SrtpRule::never) out.crypto = choose_key(*audio, kind);
    for (const Reading& reading : lines->streams) out.streams.push_back(reading.stream);
    out.audio = static_cast<std::size_t>(audio - lines->streams.begin());
    out.ptime_ms = audio->ptime_ms;
    out.extended_reports = audio->extended_reports || lines->extended_reports;
    out.direction =
        audio->direction ? *audio->direction : lines->direction.value_or(Direction::sendrecv);
    if (!choose_formats(*audio, policy, kind, out)) return fail(Misfit::no_codec);

    const auto& connection = audio->connection ? audio->connection : lines->connection;
    const auto address = connection ? media::parse_address(*connection, audio->port) : std::nullopt;
    if (!address) return fail(Misfit::bad_address);
    if (address->ip == 0) return out;
    out.remote = address;
    out.remote_rtcp = parse_rtcp(audio->rtcp, *address);
    return out;
}

}  // namespace sip
