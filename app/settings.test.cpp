#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>

#include "app/settings.hpp"

namespace {

struct File {
    explicit File(const std::string& text) { std::ofstream{path} << text; }
    ~File() { std::remove(path.c_str()); }
    std::string path = "settings-test.toml";
};

std::vector<app::Mistake> mistakes_in(const std::string& text, app::Settings* settings = nullptr) {
    const File file{text};
    app::Settings own;
    return app::read_settings(file.path, settings ? *settings : own);
}

}  // namespace

TEST_CASE("a configuration file sets what it names and leaves the rest") {
    app::Settings settings;
    const auto mistakes = mistakes_in(
        "data = \"/var/lib/partyline\"\n[sip]\nlisten = \"192.0.2.1:5070\"\nallow_guests = true\n"
        "allowed_domains = [\"example.org\"]\n[rtp]\nports = \"30000-30999\"\n"
        "[[trunk]]\nname = \"carrier\"\nhost = \"192.0.2.9\"\nport = 5080\nprefixes = [\"+49\", "
        "\"0\"]\n",
        &settings);
    CHECK(mistakes.empty());
    CHECK(settings.data == "/var/lib/partyline");
    CHECK(settings.sip.text() == "192.0.2.1:5070");
    CHECK(settings.allow_guests);
    CHECK(settings.allowed_domains == std::vector<std::string>{"example.org"});
    CHECK(settings.rtp_port_max == 30999);
    CHECK(settings.http.text() == "127.0.0.1:8080");
    REQUIRE(settings.trunks.size() == 1);
    CHECK(settings.trunks[0].port == 5080);
    CHECK(settings.trunks[0].prefixes == std::vector<std::string>{"+49", "0"});
}

TEST_CASE("each mistake is named with its file, line and key") {
    struct Case {
        const char *text, *sentence;
    };
    for (const Case& given : {
             Case{"\n[sip]\nlisten = 5060\n",
                  "settings-test.toml:3: sip.listen: must be text in quotes"},
             Case{"[sip]\nlisten = \"host:5060\"\n",
                  "settings-test.toml:2: sip.listen: must be an IPv4 address and a port, like "
                  "127.0.0.1:8080"},
             Case{"[sip]\nlissten = \"127.0.0.1:1\"\n",
                  "settings-test.toml:2: sip.lissten: there is no such key. Did you mean "
                  "sip.listen?"},
             Case{"[rtp]\nports = \"20001-30000\"\n",
                  "settings-test.toml:2: rtp.ports: must be two ports like 20000-29999, the first "
                  "one even"},
             Case{"log_level = \"loud\"\n",
                  "settings-test.toml:1: log_level: must be debug, info, warn, error or off"},
             Case{"threads = -1\n",
                  "settings-test.toml:1: threads: must be a whole number from 0 to 256"},
             Case{"[[trunk]]\nname = \"x\"\n",
                  "settings-test.toml:1: trunk: a trunk needs a host (an IPv4 address)"},
             Case{"[[trunk]]\nhots = \"x\"\nname = \"x\"\nhost = \"192.0.2.1\"\n",
                  "settings-test.toml:2: trunk.hots: there is no such key. Did you mean host?"},
         }) {
        CAPTURE(given.text);
        const auto mistakes = mistakes_in(given.text);
        REQUIRE(mistakes.size() == 1);
        CHECK(mistakes[0].sentence() == given.sentence);
    }
}

TEST_CASE("codecs, encryption and sound are set by name") {
    app::Settings settings;
    CHECK(mistakes_in("[sip]\ncodecs = \"pcma, OPUS,L16/48000\"\nsrtp = \"offer\"\n[sound]\n"
                      "rate_max = 16000\nloudest = 3\nopus_complexity = 0\n[[trunk]]\n"
                      "name = \"x\"\nhost = \"192.0.2.1\"\nsrtp = \"require\"\n",
                      &settings)
              .empty());
    CHECK(settings.codecs == std::vector<media::Format>{media::pcma_format,
                                                        media::opus_format,
                                                        {media::Codec::l16, 48'000}});
    CHECK(settings.srtp == sip::SrtpRule::offer);
    CHECK(settings.trunks.at(0).srtp == sip::SrtpRule::require);
    CHECK(settings.rate_max == 16'000);
    CHECK(settings.loudest == 3);
    for (const char* wrong : {"[sip]\ncodecs = \"\"\n", "[sip]\ncodecs = \"opus, opus\"\n",
                              "[sip]\ncodecs = \"G729\"\n", "[sip]\nsrtp = \"sometimes\"\n",
                              "[sound]\nrate_max = 44100\n", "[sound]\nopus_complexity = 11\n",
                              "[sound]\nopus_bitrate = 5000\n"}) {
        CAPTURE(wrong);
        CHECK(mistakes_in(wrong).size() == 1);
    }
}

TEST_CASE("a file that is not TOML is named with the line") {
    const auto mistakes = mistakes_in("data = \"x\"\n[sip\n");
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].line == 2);
}

TEST_CASE(
    "bytes that are no text, and letters where there should be none, are mistakes like others") {
    CHECK(mistakes_in("\x84[==").at(0).what == "is not UTF-8 text");
    const auto strange = mistakes_in("[sip]\nhör = 1\n");
    REQUIRE(strange.size() == 1);
    CHECK(strange[0].line == 2);
    CHECK(mistakes_in("\x01[==").size() == 1);
}

TEST_CASE("all mistakes are told at once, in the order of their lines") {
    const auto mistakes = mistakes_in("wrong = 1\ndata = 2\n[http]\nlisten = \"x\"\n");
    REQUIRE(mistakes.size() == 3);
    CHECK(mistakes[0].line == 1);
    CHECK(mistakes[2].line == 4);
}

TEST_CASE("a trunk can be given on the command line") {
    app::Settings settings;
    CHECK(app::add_trunk(settings,
                         "name=carrier,host=192.0.2.1,port=5070,match_port=true,prefixes=+49 0") ==
          "");
    REQUIRE(settings.trunks.size() == 1);
    CHECK(settings.trunks[0].match_port);
    CHECK(settings.trunks[0].prefixes.size() == 2);
    CHECK(app::add_trunk(settings, "name=carrier") == "a trunk needs a host (an IPv4 address)");
    CHECK(app::add_trunk(settings, "carrier") == "'carrier' is not of the form key=value");
}

TEST_CASE("ports that cannot live together are told") {
    app::Settings settings;
    CHECK(app::contradictions(settings).empty());
    settings.sip = {"0.0.0.0", 20010};
    CHECK(app::contradictions(settings).size() == 2);
}
