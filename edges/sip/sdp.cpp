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
    std::vector<std::pair<std::uint8_t, std::string>>
        maps;  // payload type, "PCMU/8000", upper case
    unsigned ptime_ms = 20;
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

void parse_attribute(Reading& reading, std::string_view value) {
    if (const auto direction = parse_direction(value)) {
        reading.direction = direction;
    } else if (value.starts_with("rtpmap:")) {
        value.remove_prefix(7);
        const auto type = number_of<std::uint8_t>(take_word(value));
        if (type && reading.maps.size() < sdp_formats_max)
            reading.maps.emplace_back(*type, upper(take_word(value)));
    } else if (value.starts_with("ptime:")) {
        const auto ms = number_of<unsigned>(value.substr(6));
        if (ms && *ms >= 10 && *ms <= 100) reading.ptime_ms = *ms;
    }
}

/// The name behind a payload type: from a=rtpmap, else the static table of RFC 3551, 6.
std::string_view name_of_format(const Reading& reading, std::uint8_t type) {
    for (const auto& [mapped, name] : reading.maps) {
        if (mapped == type) return name;
    }
    return type == 0 ? "PCMU/8000" : type == 8 ? "PCMA/8000" : "";
}

std::optional<media::Codec> codec_of(std::string_view name) {
    if (name == "PCMU/8000" || name == "PCMU/8000/1") return media::Codec::pcmu;
    if (name == "PCMA/8000" || name == "PCMA/8000/1") return media::Codec::pcma;
    return std::nullopt;
}

bool takes_audio(const Reading& reading) {
    return reading.stream.kind == "audio" && reading.stream.transport == "RTP/AVP" &&
           reading.port != 0;
}

struct Lines {
    std::vector<Reading> streams;
    std::optional<std::string> connection;
    std::optional<Direction> direction;
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

/// Chooses codec and events of the stream we take. False: no codec in common.
bool choose_formats(const Reading& reading, Description& out) {
    bool chosen = false;
    for (const std::uint8_t type : reading.formats) {
        const std::string_view name = name_of_format(reading, type);
        const auto codec = codec_of(name);
        if (codec && !chosen) {
            out.format = {*codec, 8'000};
            out.payload_type = type;
            chosen = true;
        } else if (name == "TELEPHONE-EVENT/8000" && !out.event_payload_type) {
            out.event_payload_type = type;
        }
    }
    return chosen;
}

std::string head(const Local& local) {
    const std::string version = std::to_string(local.version);
    return "v=0\r\no=partyline " + std::to_string(local.session) + " " + version + " IN IP4 " +
           local.ip + "\r\ns=Partyline\r\nc=IN IP4 " + local.ip + "\r\nt=0 0\r\n";
}

std::string event_lines(std::uint8_t type) {
    const std::string number = std::to_string(type);
    return "a=rtpmap:" + number + " telephone-event/8000\r\na=fmtp:" + number + " 0-15\r\n";
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
        case Misfit::no_audio: return "No plain RTP audio is offered";
        case Misfit::no_codec: return "Neither PCMU nor PCMA is offered";
        case Misfit::bad_address: return "No IPv4 address to send sound to";
    }
    return "";
}

std::string_view name_of(media::Codec codec) noexcept {
    return codec == media::Codec::pcmu ? "PCMU" : "PCMA";
}

Result<Description, Misfit> parse_sdp(std::string_view text) {
    const auto lines = read_lines(text);
    if (!lines) return fail(Misfit::malformed);
    const auto audio = std::find_if(lines->streams.begin(), lines->streams.end(), takes_audio);
    if (audio == lines->streams.end()) return fail(Misfit::no_audio);

    Description out;
    for (const Reading& reading : lines->streams) out.streams.push_back(reading.stream);
    out.audio = static_cast<std::size_t>(audio - lines->streams.begin());
    out.ptime_ms = audio->ptime_ms;
    out.direction =
        audio->direction ? *audio->direction : lines->direction.value_or(Direction::sendrecv);
    if (!choose_formats(*audio, out)) return fail(Misfit::no_codec);

    const auto& connection = audio->connection ? audio->connection : lines->connection;
    const auto address = connection ? media::parse_address(*connection, audio->port) : std::nullopt;
    if (!address) return fail(Misfit::bad_address);
    if (address->ip != 0) out.remote = address;
    return out;
}

std::string print_offer(const Local& local) {
    return head(local) + "m=audio " + std::to_string(local.port) +
           " RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
           event_lines(101) + "a=ptime:20\r\na=sendrecv\r\n";
}

std::string print_answer(const Local& local, const Description& offer) {
    std::string out = head(local);
    for (std::size_t i = 0; i < offer.streams.size(); ++i) {
        const Stream& stream = offer.streams[i];
        if (i != offer.audio) {  // RFC 3264, 6: as many m= lines as the offer, port 0 declines one
            out += "m=" + stream.kind + " 0 " + stream.transport + " " + stream.format + "\r\n";
            continue;
        }
        const std::string type = std::to_string(offer.payload_type);
        out += "m=audio " + std::to_string(local.port) + " RTP/AVP " + type;
        if (offer.event_payload_type) out += " " + std::to_string(*offer.event_payload_type);
        out +=
            "\r\na=rtpmap:" + type + " " + std::string{name_of(offer.format.codec)} + "/8000\r\n";
        if (offer.event_payload_type) out += event_lines(*offer.event_payload_type);
        out += "a=ptime:20\r\na=" + std::string{name_of(mirrored(offer.direction))} + "\r\n";
    }
    return out;
}

media::LegConfig leg_config(const Description& theirs) {
    media::LegConfig config;
    config.format = theirs.format;
    config.payload_type = theirs.payload_type;
    config.event_payload_type = theirs.event_payload_type;
    config.remote = theirs.remote;
    config.sends = !theirs.on_hold();
    config.receives =
        theirs.direction == Direction::sendrecv || theirs.direction == Direction::sendonly;
    return config;
}

}  // namespace sip
