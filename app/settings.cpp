#include "app/settings.hpp"

#include <arpa/inet.h>

#include <algorithm>
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

std::string join(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

}  // namespace

const std::vector<Setting>& setting_table() {
    using S = Settings;
    static const std::vector<Setting> table{
        text_setting("data", "--data", "folder of the journal, the server's key and run-time files",
                     &S::data),
        {"log_level", "--log-level", Shape::text, "debug, info, warn, error or off", to_level,
         [](const S& settings) { return settings.log_level; }},
        count_setting("threads", "--threads", "threads of the rules; 0: one per core", &S::threads,
                      0, 256),
        truth_setting("supervise", "--supervise",
                      "run under a parent that starts the server again when it dies",
                      &S::supervise),
        endpoint_setting("http.listen", "--http", "address and port of the page and the API",
                         &S::http),
        text_setting("http.page", "--page", "folder of the built page; absent: beside the program",
                     &S::page),
        endpoint_setting("sip.listen", "--sip", "address and port of SIP, UDP and TCP", &S::sip),
        ip_setting("sip.advertised_ip", "--advertised-ip",
                   "address that phones are told; absent: that of sip.listen", &S::advertised_ip),
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
                      "calls at once from one address that is not a trunk's", &S::calls_per_source,
                      1, 100'000),
        count_setting("sip.calls_max", "--calls-max", "calls at once, all together", &S::calls_max,
                      1, 100'000),
        ip_setting("rtp.ip", "--rtp-ip", "address of the sound; absent: that of sip.listen",
                   &S::rtp_ip),
        {"rtp.ports", "--rtp-ports", Shape::text, "ports of the sound, two per call",
         [](S& settings, const std::string& text) { return to_ports(text, settings); },
         [](const S& settings) {
             return std::to_string(settings.rtp_port_min) + "-" +
                    std::to_string(settings.rtp_port_max);
         }},
        count_setting("rtp.mixer_threads", "--mixer-threads", "threads that mix; 0: one per core",
                      &S::mixer_threads, 0, 256),
        text_setting("rtp.prompts", "--prompts",
                     "folder of spoken prompts; absent: beside the program", &S::prompts),
        text_setting("sound.recordings", "--recordings",
                     "folder of recordings; absent: recordings in the data folder", &S::recordings),
        {"dial_in.access_number", "--access-number", Shape::text,
         "shared number that asks for the conference", to_access_number,
         [](const S& settings) { return settings.access_number; }},
    };
    return table;
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
