#include "app/settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace app {
namespace {

std::string to_number(const std::string& text, std::uint64_t least, std::uint64_t most,
                      std::uint64_t& out) {
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (wrong == std::errc{} && end == text.data() + text.size() && out >= least && out <= most)
        return {};
    return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

std::string to_endpoint(const std::string& text, Endpoint& out) {
    const std::size_t colon = text.rfind(':');
    in_addr address{};
    std::uint64_t port = 0;
    if (colon == std::string::npos ||
        inet_pton(AF_INET, text.substr(0, colon).c_str(), &address) != 1 ||
        !to_number(text.substr(colon + 1), 1, 65535, port).empty()) {
        return "must be an IPv4 address and a port, like 127.0.0.1:8080";
    }
    out = {text.substr(0, colon), static_cast<std::uint16_t>(port)};
    return {};
}

std::string to_ip(const std::string& text, std::string& out) {
    in_addr address{};
    if (inet_pton(AF_INET, text.c_str(), &address) != 1) return "must be an IPv4 address";
    out = text;
    return {};
}

std::string to_ports(const std::string& text, Settings& out) {
    const std::size_t dash = text.find('-');
    std::uint64_t least = 0, most = 0;
    if (dash == std::string::npos || !to_number(text.substr(0, dash), 1024, 65534, least).empty() ||
        !to_number(text.substr(dash + 1), 1025, 65535, most).empty() || least + 1 > most ||
        least % 2 != 0) {
        return "must be two ports like 20000-29999, the first one even";
    }
    out.rtp_port_min = static_cast<std::uint16_t>(least);
    out.rtp_port_max = static_cast<std::uint16_t>(most);
    return {};
}

std::string to_truth(const std::string& text, bool& out) {
    if (text != "true" && text != "false") return "must be true or false";
    out = text == "true";
    return {};
}

Setting text_setting(std::string_view key, std::string_view flag, std::string_view help,
                     std::string Settings::*field) {
    return {key,
            flag,
            Shape::text,
            help,
            [field](Settings& settings, const std::string& text) {
                settings.*field = text;
                return text.empty() ? std::string{"must not be empty"} : std::string{};
            },
            [field](const Settings& settings) { return settings.*field; }};
}

Setting ip_setting(std::string_view key, std::string_view flag, std::string_view help,
                   std::string Settings::*field) {
    return {key,
            flag,
            Shape::text,
            help,
            [field](Settings& settings, const std::string& text) {
                return to_ip(text, settings.*field);
            },
            [field](const Settings& settings) { return settings.*field; }};
}

Setting count_setting(std::string_view key, std::string_view flag, std::string_view help,
                      unsigned Settings::*field, unsigned least, unsigned most) {
    return {key,
            flag,
            Shape::number,
            help,
            [=](Settings& settings, const std::string& text) {
                std::uint64_t value = 0;
                std::string wrong = to_number(text, least, most, value);
                if (wrong.empty()) settings.*field = static_cast<unsigned>(value);
                return wrong;
            },
            [field](const Settings& settings) { return std::to_string(settings.*field); }};
}

Setting endpoint_setting(std::string_view key, std::string_view flag, std::string_view help,
                         Endpoint Settings::*field) {
    return {key,
            flag,
            Shape::text,
            help,
            [field](Settings& settings, const std::string& text) {
                return to_endpoint(text, settings.*field);
            },
            [field](const Settings& settings) { return (settings.*field).text(); }};
}

Setting truth_setting(std::string_view key, std::string_view flag, std::string_view help,
                      bool Settings::*field) {
    return {key,
            flag,
            Shape::truth,
            help,
            [field](Settings& settings, const std::string& text) {
                return to_truth(text, settings.*field);
            },
            [field](const Settings& settings) {
                return std::string{settings.*field ? "true" : "false"};
            }};
}

std::string to_level(Settings& settings, const std::string& text) {
    static constexpr std::string_view levels[]{"debug", "info", "warn", "error", "off"};
    if (std::ranges::find(levels, text) == std::end(levels))
        return "must be debug, info, warn, error or off";
    settings.log_level = text;
    return {};
}

std::string to_access_number(Settings& settings, const std::string& text) {
    if (!base::is_number(text)) return "must be a number of 1 to 31 digits";
    settings.access_number = text;
    return {};
}

std::string add_domain(Settings& settings, const std::string& text) {
    if (text.empty() || text.find(' ') != std::string::npos)
        return "must be a host name or address";
    settings.allowed_domains.push_back(text);
    return {};
}

constexpr std::array<std::string_view, 3> srtp_words{"never", "offer", "require"};

std::string to_srtp(Settings& settings, const std::string& text) {
    const auto rule = srtp_rule(text);
    if (!rule) return "must be never, offer or require";
    settings.srtp = *rule;
    return {};
}

std::string to_rate(Settings& settings, const std::string& text) {
    if (text != "8000" && text != "16000" && text != "48000") return "must be 8000, 16000 or 48000";
    settings.rate_max = static_cast<unsigned>(std::stoul(text));
    return {};
}

/// "opus, PCMU": the best first.
std::string to_codecs(Settings& settings, const std::string& text) {
    static constexpr const char* wrong =
        "must be codecs like \"opus, G722, L16/16000, PCMU, PCMA\", each once";
    std::vector<media::Format> codecs;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        std::string name = text.substr(at, comma - at);
        std::erase(name, ' ');
        const auto format = sip::format_named(name);
        if (!format || std::ranges::find(codecs, *format) != codecs.end()) return wrong;
        codecs.push_back(*format);
        at = comma + 1;
    }
    settings.codecs = std::move(codecs);
    return {};
}

std::string names_of(const std::vector<media::Format>& codecs) {
    std::string text;
    for (const media::Format& format : codecs) {
        if (!text.empty()) text += ", ";
        text += sip::name_of(format);
    }
    return text;
}

std::string join(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

}  // namespace

namespace {

std::vector<Setting> sound_settings() {
    using S = Settings;
    return {
        {"sound.rate_max", "--rate-max", Shape::number,
         "highest rate of a conference's mix: 8000, 16000 or 48000", to_rate,
         [](const S& settings) { return std::to_string(settings.rate_max); }},
        count_setting("sound.loudest", "--loudest", "how many are mixed at once; 0: everybody",
                      &S::loudest, 0, 500),
        truth_setting("sound.level_voices", "--level-voices", "quiet talkers up, loud ones down",
                      &S::level_voices),
        truth_setting("sound.gate_noise", "--gate-noise",
                      "do not mix what is far below a talker's level", &S::gate_noise),
        truth_setting("sound.suppress_silence", "--suppress-silence",
                      "comfort noise instead of silence, where phones take it",
                      &S::suppress_silence),
        count_setting("sound.opus_bitrate", "--opus-bitrate", "bit/s of each Opus encoder",
                      &S::opus_bitrate, 6'000, 510'000),
        count_setting("sound.opus_complexity", "--opus-complexity",
                      "0 (fast) to 10 (best) of each Opus encoder", &S::opus_complexity, 0, 10),
        text_setting("sound.music", "--music", "prompt for who waits alone; absent: silence",
                     &S::music),
        truth_setting("sound.capture", "--capture",
                      "keep what each phone sent, so that a conference can be mixed again",
                      &S::capture),
        text_setting("sound.recordings", "--recordings",
                     "folder of recordings; absent: recordings in the data folder", &S::recordings),
    };
}

std::vector<Setting> joined(std::vector<Setting> one, std::vector<Setting> other) {
    std::ranges::move(other, std::back_inserter(one));
    return one;
}

}  // namespace

const std::vector<Setting>& setting_table() {
    using S = Settings;
    static const std::vector<Setting> table = joined(
        {
            text_setting("data", "--data",
                         "folder of the journal, the server's key and run-time files", &S::data),
            {"log_level", "--log-level", Shape::text, "debug, info, warn, error or off", to_level,
             [](const S& settings) { return settings.log_level; }},
            count_setting("threads", "--threads", "threads of the rules; 0: one per core",
                          &S::threads, 0, 256),
            truth_setting("supervise", "--supervise",
                          "run under a parent that starts the server again when it dies",
                          &S::supervise),
            endpoint_setting("http.listen", "--http", "address and port of the page and the API",
                             &S::http),
            text_setting("http.page", "--page",
                         "folder of the built page; absent: beside the program", &S::page),
            endpoint_setting("sip.listen", "--sip", "address and port of SIP, UDP and TCP",
                             &S::sip),
            ip_setting("sip.advertised_ip", "--advertised-ip",
                       "address that phones are told; absent: that of sip.listen",
                       &S::advertised_ip),
            text_setting("sip.realm", "--realm",
                         "realm of the phones' passwords; changing it makes all of them void",
                         &S::realm),
            text_setting("sip.domain", "--domain",
                         "domain of our SIP addresses; absent: the advertised address", &S::domain),
            truth_setting("sip.allow_guests", "--allow-guests",
                          "let unknown callers reach conferences (they still need a PIN)",
                          &S::allow_guests),
            {"sip.allowed_domains", "--allowed-domain", Shape::list,
             "hosts of SIP addresses that people may dial", add_domain,
             [](const S& settings) { return join(settings.allowed_domains); }},
            count_setting("sip.calls_per_source", "--calls-per-source",
                          "calls at once from one address that is not a trunk's",
                          &S::calls_per_source, 1, 100'000),
            count_setting("sip.calls_max", "--calls-max", "calls at once, all together",
                          &S::calls_max, 1, 100'000),
            {"sip.codecs", "--codecs", Shape::text,
             "what is offered and taken, the best first: opus, G722, L16/16000, PCMU, PCMA",
             to_codecs, [](const S& settings) { return names_of(settings.codecs); }},
            {"sip.srtp", "--srtp", Shape::text, "encrypted sound: never, offer or require", to_srtp,
             [](const S& settings) {
                 return std::string{srtp_words[static_cast<std::size_t>(settings.srtp)]};
             }},
            truth_setting("sip.inband_dtmf", "--inband-dtmf",
                          "hear keys as tones where a phone has no telephone-event",
                          &S::inband_dtmf),
            ip_setting("rtp.ip", "--rtp-ip", "address of the sound; absent: that of sip.listen",
                       &S::rtp_ip),
            {"rtp.ports", "--rtp-ports", Shape::text, "ports of the sound, two per call",
             [](S& settings, const std::string& text) { return to_ports(text, settings); },
             [](const S& settings) {
                 return std::to_string(settings.rtp_port_min) + "-" +
                        std::to_string(settings.rtp_port_max);
             }},
            count_setting("rtp.mixer_threads", "--mixer-threads",
                          "threads that mix; 0: one per core", &S::mixer_threads, 0, 256),
            text_setting("rtp.prompts", "--prompts",
                         "folder of spoken prompts; absent: beside the program", &S::prompts),
            {"dial_in.access_number", "--access-number", Shape::text,
             "shared number that asks for the conference", to_access_number,
             [](const S& settings) { return settings.access_number; }},
        },
        sound_settings());
    return table;
}

std::optional<sip::SrtpRule> srtp_rule(std::string_view word) {
    const auto found = std::ranges::find(srtp_words, word);
    if (found == srtp_words.end()) return std::nullopt;
    return static_cast<sip::SrtpRule>(found - srtp_words.begin());
}

std::vector<std::string> contradictions(const Settings& settings) {
    std::vector<std::string> found;
    const auto inside = [&](std::uint16_t port) {
        return port >= settings.rtp_port_min && port <= settings.rtp_port_max;
    };
    if (inside(settings.sip.port))
        found.push_back("sip.listen lies within rtp.ports: choose another port or range");
    if (inside(settings.http.port))
        found.push_back("http.listen lies within rtp.ports: choose another port or range");
    if (settings.sip.port == settings.http.port && settings.sip.ip == settings.http.ip) {
        found.push_back("sip.listen and http.listen are the same: SIP over TCP needs its own port");
    }
    if (settings.sip.ip == "0.0.0.0" && settings.advertised_ip.empty()) {
        found.push_back(
            "sip.listen is 0.0.0.0: set sip.advertised_ip to the address that phones can reach");
    }
    return found;
}

}  // namespace app
