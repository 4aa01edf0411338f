#include "media/prompts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/hash.hpp"
#include "base/prng.hpp"

using media::WavError;
using Bytes = std::vector<std::uint8_t>;

namespace {

void put_text(Bytes& bytes, const char* text) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(text[i]));
}
void put_number(Bytes& bytes, std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

struct Wav {
    std::uint32_t format = 1, channels = 1, rate = 8'000, bits = 16;
    std::vector<std::int16_t> pcm{1, -2, 32'767, -32'768};

    [[nodiscard]] Bytes bytes(bool with_format = true, bool with_data = true) const {
        Bytes out;
        put_text(out, "RIFF");
        put_number(out, 0, 4);
        put_text(out, "WAVE");
        put_text(out, "LIST");  // an odd chunk that is stepped over
        put_number(out, 3, 4);
        put_number(out, 0, 4);
        if (with_format) {
            put_text(out, "fmt ");
            put_number(out, 16, 4);
            put_number(out, format, 2);
            put_number(out, channels, 2);
            put_number(out, rate, 4);
            put_number(out, rate * 2, 4);
            put_number(out, 2, 2);
            put_number(out, bits, 2);
        }
        if (!with_data) return out;
        put_text(out, "data");
        put_number(out, static_cast<std::uint32_t>(pcm.size() * 2), 4);
        for (const std::int16_t sample : pcm)
            put_number(out, static_cast<std::uint16_t>(sample), 2);
        return out;
    }
};

struct Folder {
    Folder()
        : path(std::filesystem::temp_directory_path() /
               ("media_prompts_" + std::to_string(base::random_u64()))) {
        std::filesystem::create_directories(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    void write(const std::string& name, const Bytes& bytes) const {
        std::ofstream(path / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    std::filesystem::path path;
};

}  // namespace

TEST_CASE("a WAV file of 8 kHz, 16 bit, mono is read") {
    const auto parsed = media::parse_wav(Wav{}.bytes());
    REQUIRE(parsed.ok());
    CHECK(parsed.value() == Wav{}.pcm);
}

TEST_CASE("a WAV file that is no good is refused with the reason") {
    Bytes cut = Wav{}.bytes();
    cut.pop_back();
    struct Case {
        const char* name;
        Bytes bytes;
        WavError why;
    };
    for (const Case& given : {
             Case{"nothing", {}, WavError::not_riff},
             Case{"text", Bytes(50, 'a'), WavError::not_riff},
             Case{"44.1 kHz", Wav{.rate = 44'100}.bytes(), WavError::wrong_format},
             Case{"stereo", Wav{.channels = 2}.bytes(), WavError::wrong_format},
             Case{"8 bit", Wav{.bits = 8}.bytes(), WavError::wrong_format},
             Case{"mu-law", Wav{.format = 7}.bytes(), WavError::wrong_format},
             Case{"no format", Wav{}.bytes(false), WavError::no_format},
             Case{"no data", Wav{}.bytes(true, false), WavError::no_data},
             Case{"empty data", Wav{.pcm = {}}.bytes(), WavError::no_data},
             Case{"cut", cut, WavError::cut_short},
         }) {
        CAPTURE(given.name);
        const auto parsed = media::parse_wav(given.bytes);
        REQUIRE(!parsed.ok());
        CHECK(parsed.error() == given.why);
        CHECK(!media::text_of(parsed.error()).empty());
    }
}

TEST_CASE("any bytes after the first twelve are parsed without reading past the end") {
    Prng prng{5};
    int parsed = 0;
    for (int round = 0; round < 5'000; ++round) {
        Bytes bytes = Wav{}.bytes();
        for (int i = 0; i < 3; ++i)
            bytes[12 + prng.below(bytes.size() - 12)] = static_cast<std::uint8_t>(prng.next());
        bytes.resize(12 + prng.below(bytes.size() - 11));
        if (media::parse_wav(bytes).ok()) ++parsed;
    }
    CHECK(parsed < 5'000);
}

TEST_CASE("files of the folder are prompts, bad ones are named and become tones") {
    const Folder folder;
    folder.write("hello.wav", Wav{}.bytes());
    folder.write("broken.wav", Bytes(40, 'x'));
    folder.write("readme.txt", Bytes(40, 'x'));
    std::vector<std::string> told;
    media::PromptLibrary library(folder.path.string(),
                                 [&](const std::string& text) { told.push_back(text); });
    CHECK(library.loaded() == 1);
    CHECK(library.find("hello")->pcm == Wav{}.pcm);
    CHECK(library.find("hello") == library.find("hello"));
    CHECK(library.find("broken")->pcm == media::tone_of_name("broken"));
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("broken.wav is not a RIFF/WAVE file") != std::string::npos);
}

TEST_CASE("a folder that is not there is told, and every prompt is a tone") {
    std::vector<std::string> told;
    media::PromptLibrary library("/nowhere/at/all",
                                 [&](const std::string& text) { told.push_back(text); });
    CHECK(told.size() == 1);
    CHECK(library.find("welcome")->pcm == media::tone_of_name("welcome"));
}

TEST_CASE("every prompt has a tone of its own") {
    std::set<std::vector<std::int16_t>> tones;
    const std::vector<std::string> names{"welcome",
                                         "enter_conference",
                                         "enter_pin",
                                         "wrong_pin",
                                         "unknown_conference",
                                         "goodbye",
                                         "joined",
                                         "you_are_muted",
                                         "you_are_not_muted",
                                         "hand_raised",
                                         "locked",
                                         "full",
                                         "ended",
                                         "removed",
                                         "someone_joined",
                                         "someone_left",
                                         "only_one",
                                         "invited"};
    for (const std::string& name : names) tones.insert(media::tone_of_name(name));
    CHECK(tones.size() == names.size());
    for (const auto& tone : tones) {
        CHECK(tone.size() == 4'800);
        CHECK(*std::max_element(tone.begin(), tone.end()) > 5'000);
        CHECK(tone.front() == 0);
        CHECK(tone.back() == 0);
    }
}

TEST_CASE("unknown names are bounded: then they share one tone") {
    media::PromptLibrary library("", {});
    std::set<const media::Prompt*> distinct;
    for (int i = 0; i < 1'000; ++i) distinct.insert(library.find("name" + std::to_string(i)));
    CHECK(distinct.size() == 257);
}

TEST_CASE("a queue plays its prompts one after the other, seamlessly, and runs empty") {
    const media::Prompt ones{"ones", std::vector<std::int16_t>(100, 1)},
        twos{"twos", std::vector<std::int16_t>(100, 2)};
    media::PromptQueue queue;
    CHECK(queue.add(&ones));
    CHECK(queue.add(&twos));
    media::Frame frame;
    queue.next(frame);
    CHECK(frame[99] == 1);
    CHECK(frame[100] == 2);
    CHECK(!queue.empty());
    queue.next(frame);
    CHECK(frame[39] == 2);
    CHECK(frame[40] == 0);
    CHECK(queue.empty());
    for (std::size_t i = 0; i < media::PromptQueue::prompts_max; ++i) CHECK(queue.add(&ones));
    CHECK(!queue.add(&ones));
    queue.clear();
    CHECK(queue.empty());
}
