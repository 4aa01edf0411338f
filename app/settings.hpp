// Everything an operator can set: one table that the configuration file, the flags, `config check`
// and the documented example all come from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "edges/sip/options.hpp"

namespace app {

struct Endpoint {
    std::string ip;
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const { return ip + ":" + std::to_string(port); }
};

struct Settings {
    std::string data = "./data";
    std::string log_level = "info";
    unsigned threads = 0;  // of the actors; 0: one per core
    bool supervise = true;

    Endpoint http{"127.0.0.1", 8080};
    std::string page;  // folder of the built page; empty: beside the program

    Endpoint sip{"127.0.0.1", 5060};
    std::string advertised_ip;
    std::string realm = "partyline";
    std::string domain;
    bool allow_guests = false;
    std::vector<std::string> allowed_domains;
    unsigned calls_per_source = 50;
    unsigned calls_max = 2'000;
    std::vector<sip::Trunk> trunks;
    std::vector<media::Format> codecs = sip::SoundPolicy{}.codecs;  // the best first
    sip::SrtpRule srtp = sip::SrtpRule::never;
    bool inband_dtmf = true;

    std::string rtp_ip;  // empty: the SIP address
    std::uint16_t rtp_port_min = 20000, rtp_port_max = 29999;
    unsigned mixer_threads = 0;
    std::string prompts;  // folder of spoken prompts; empty: beside the program

    unsigned rate_max = 48'000;  // of a room's mix
    unsigned loudest = 0;        // mixed at once; 0: everybody
    bool level_voices = false, gate_noise = false, suppress_silence = true, capture = false;
    unsigned opus_bitrate = 32'000, opus_complexity = 4;
    std::string music;       // a prompt; empty: none
    std::string recordings;  // folder of them; empty: recordings/ in the data folder

    std::string access_number = "1000";
};

enum class Shape : std::uint8_t { text, number, truth, list };

/// One line of the table. `set` takes the value as text and returns what is wrong with it, or
/// nothing.
struct Setting {
    std::string_view key;   // "sip.listen", in the file
    std::string_view flag;  // "--sip", on the command line
    Shape shape;
    std::string_view help;
    std::function<std::string(Settings&, const std::string&)> set;
    std::function<std::string(const Settings&)> get;
};

[[nodiscard]] const std::vector<Setting>& setting_table();

/// What is wrong, where: "partyline.toml:12: sip.port: there is no such key. Did you mean
/// sip.listen?"
struct Mistake {
    std::string file;
    std::uint32_t line = 0;
    std::string key;
    std::string what;
    [[nodiscard]] std::string sentence() const;
};

/// Reads a configuration file over `settings`. All mistakes at once, in the order of their lines.
[[nodiscard]] std::vector<Mistake> read_settings(const std::string& path, Settings& settings);

/// "name=carrier,host=192.0.2.1,prefixes=+49 0": a trunk on the command line. Returns what is
/// wrong, or nothing.
[[nodiscard]] std::string add_trunk(Settings& settings, const std::string& text);

/// "never", "offer" or "require"; nothing for other words.
[[nodiscard]] std::optional<sip::SrtpRule> srtp_rule(std::string_view word);

/// What is wrong between settings, each fine by itself (overlapping ports, an address nobody can
/// call back).
[[nodiscard]] std::vector<std::string> contradictions(const Settings& settings);

}  // namespace app
