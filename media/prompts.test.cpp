#include "media/prompts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/hash.hpp"
#include "base/prng.hpp"
#include "media/sound/frame.hpp"
#include "media/sound/level.hpp"

using media::WavError;
using Bytes = std::vector<std::uint8_t>;

namespace {

void put_text(Bytes& bytes, const char* text) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(text[i]));
}
void put_number(Bytes& bytes, std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

struct File {
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

std::vector<std::int16_t> samples(const media::Prompt& prompt, std::size_t a_tick) {
    const auto all = prompt.all(a_tick);
    return {all.begin(), all.end()};
}

std::vector<std::int16_t> tone(std::int32_t hz, std::uint32_t rate_hz, std::size_t count) {
    std::vector<std::int16_t> pcm(count);
    for (std::size_t i = 0; i < count; ++i)
        pcm[i] = static_cast<std::int16_t>(
            8'000 * std::sin(6.283185307179586 * hz * static_cast<double>(i) / rate_hz));
    return pcm;
}

/// The greatest step between two samples: a click is a step that no tone makes.
int step_max(std::span<const std::int16_t> pcm) {
    int most = 0;
    for (std::size_t i = 1; i < pcm.size(); ++i)
        most = std::max(most, std::abs(pcm[i] - pcm[i - 1]));
    return most;
}

}  // namespace

TEST_CASE("a WAV file of 16 bit, mono is read at each rate that is taken") {
    for (const std::uint32_t rate : {8'000u, 16'000u, 44'100u, 48'000u}) {
        const auto parsed = media::parse_wav(File{.rate = rate}.bytes());
        REQUIRE(parsed.ok());
        CHECK(parsed.value().rate_hz == rate);
        CHECK(parsed.value().pcm == File{}.pcm);
    }
}

TEST_CASE("a WAV file that is no good is refused with the reason") {
    Bytes cut = File{}.bytes();
    cut.pop_back();
    struct Case {
        const char* name;
        Bytes bytes;
        WavError why;
    };
    for (const Case& given : {
             Case{"nothing", {}, WavError::not_riff},
             Case{"text", Bytes(50, 'a'), WavError::not_riff},
             Case{"22.05 kHz", File{.rate = 22'050}.bytes(), WavError::wrong_format},
             Case{"stereo", File{.channels = 2}.bytes(), WavError::wrong_format},
             Case{"8 bit", File{.bits = 8}.bytes(), WavError::wrong_format},
             Case{"mu-law", File{.format = 7}.bytes(), WavError::wrong_format},
             Case{"no format", File{}.bytes(false), WavError::no_format},
             Case{"no data", File{}.bytes(true, false), WavError::no_data},
             Case{"empty data", File{.pcm = {}}.bytes(), WavError::no_data},
             Case{"cut", cut, WavError::cut_short},
             Case{"long", File{.pcm = std::vector<std::int16_t>(120 * 8'000 + 1)}.bytes(),
                  WavError::too_long},
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
        Bytes bytes = File{}.bytes();
        for (int i = 0; i < 3; ++i)
            bytes[12 + prng.below(bytes.size() - 12)] = static_cast<std::uint8_t>(prng.next());
        bytes.resize(12 + prng.below(bytes.size() - 11));
        if (media::parse_wav(bytes).ok()) ++parsed;
    }
    CHECK(parsed < 5'000);
}

TEST_CASE("files of the folder are prompts, bad ones are named and become tones") {
    const Folder folder;
    folder.write("hello.wav", File{}.bytes());
    folder.write("broken.wav", Bytes(40, 'x'));
    folder.write("readme.txt", Bytes(40, 'x'));
    std::vector<std::string> told;
    media::PromptLibrary library(folder.path.string(),
                                 [&](const std::string& text) { told.push_back(text); });
    CHECK(library.loaded() == 1);
    std::vector<std::int16_t> padded = File{}.pcm;
    padded.resize(160);  // silence up to the whole tick
    CHECK(samples(*library.find("hello"), 160) == padded);
    CHECK(library.find("hello") == library.find("hello"));
    CHECK(samples(*library.find("broken"), 160) == media::tone_of_name("broken"));
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("broken.wav is not a RIFF/WAVE file") != std::string::npos);
}

TEST_CASE("a folder that is not there is told, and every prompt is a tone") {
    std::vector<std::string> told;
    media::PromptLibrary library("/nowhere/at/all",
                                 [&](const std::string& text) { told.push_back(text); });
    CHECK(told.size() == 1);
    CHECK(samples(*library.find("welcome"), 160) == media::tone_of_name("welcome"));
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
    CHECK(distinct.size() == 65);
}

TEST_CASE("a prompt lasts equally long and sounds equally loud at each rate of a room") {
    for (const std::uint32_t rate : {8'000u, 16'000u, 44'100u, 48'000u}) {
        CAPTURE(rate);
        const media::Prompt prompt("tone", tone(440, rate, rate + 7), rate);
        CHECK(prompt.ticks() == 51);  // the last one holds seven samples and silence
        for (const std::size_t a_tick : {160u, 320u, 960u}) {
            CAPTURE(a_tick);
            CHECK(prompt.all(a_tick).size() == 51 * a_tick);
            const auto energy = media::energy_of(prompt.all(a_tick).subspan(0, 50 * a_tick));
            CHECK(energy > 30'400'000);
            CHECK(energy < 33'600'000);
            CHECK(std::ranges::equal(prompt.tick(20, a_tick),
                                     prompt.all(a_tick).subspan(20 * a_tick, a_tick)));
        }
    }
}

TEST_CASE("wideband callers hear what is above the telephone's band") {
    const media::Prompt prompt("hiss", tone(6'000, 48'000, 48'000), 48'000);
    CHECK(media::energy_of(prompt.all(160)) < 320'000);  // 20 dB less: it has no place there
    CHECK(media::energy_of(prompt.all(320)) > 28'000'000);
    CHECK(media::energy_of(prompt.all(960)) > 28'000'000);
}

TEST_CASE("a queue plays its prompts one after the other and runs empty") {
    const media::Prompt ones{"ones", std::vector<std::int16_t>(200, 1)},
        twos{"twos", std::vector<std::int16_t>(100, 2)};
    media::PromptQueue queue;
    CHECK(queue.add(&ones));
    CHECK(queue.add(&twos));
    media::Frame frame;
    queue.next(frame);
    CHECK(frame[159] == 1);
    queue.next(frame);
    CHECK(frame[39] == 1);
    CHECK(frame[40] == 0);
    CHECK(!queue.empty());
    queue.next(frame);
    CHECK(frame[0] == 2);
    CHECK(queue.empty());
    for (std::size_t i = 0; i < media::PromptQueue::prompts_max; ++i) CHECK(queue.add(&ones));
    CHECK(!queue.add(&ones));
    queue.clear();
    CHECK(queue.empty());
}

TEST_CASE("a room may change its rate in the middle of a prompt") {
    const media::Prompt prompt{"tone", tone(440, 48'000, 48'000 / 2), 48'000};
    media::PromptQueue queue;
    CHECK(queue.add(&prompt));
    std::array<std::int16_t, 960> frame;
    std::size_t tick = 0;
    for (; !queue.empty(); ++tick) {
        const std::size_t a_tick = std::array{160u, 960u, 320u}[tick % 3];
        const auto part = std::span{frame}.first(a_tick);
        queue.next(part);
        CHECK(std::ranges::equal(part, prompt.tick(tick, a_tick)));
    }
    CHECK(tick == 25);
}

TEST_CASE("music goes round without a click until something else is to be played") {
    // 1200 periods in three seconds: its end fits its beginning.
    const media::Prompt music{"music", tone(400, 44'100, 3 * 44'100), 44'100, true};
    const media::Prompt words{"words", tone(300, 8'000, 320)};
    media::PromptQueue queue;
    CHECK(queue.add(&music, true));
    for (const std::size_t a_tick : {160u, 320u, 960u}) {
        CAPTURE(a_tick);
        std::vector<std::int16_t> heard;
        for (int tick = 0; tick < 400; ++tick) {
            std::vector<std::int16_t> frame(a_tick);
            queue.next(frame);
            heard.insert(heard.end(), frame.begin(), frame.end());
        }
        // A sine of 8000 at 400 Hz rises by 2 pi 400 8000 / rate a sample at most.
        CHECK(step_max(heard) <= static_cast<int>(20'107'000 / (a_tick * 50) * 103 / 100));
        CHECK(queue.loops());
    }
    CHECK(queue.add(&words));
    media::Frame frame;
    queue.next(frame);
    CHECK(std::ranges::equal(frame, words.tick(0, 160)));
    queue.next(frame);
    CHECK(queue.empty());
}

TEST_CASE("a folder of more than ten minutes is cut, by name") {
    const Folder folder;
    const Bytes long_one = File{.pcm = std::vector<std::int16_t>(119 * 8'000, 5)}.bytes();
    for (int i = 0; i < 6; ++i) folder.write("p" + std::to_string(i) + ".wav", long_one);
    std::vector<std::string> told;
    media::PromptLibrary library(folder.path.string(),
                                 [&](const std::string& text) { told.push_back(text); });
    CHECK(library.loaded() == 5);
    REQUIRE(told.size() == 1);
    CHECK(told[0].find("p5.wav would be more than ten minutes") != std::string::npos);
}
