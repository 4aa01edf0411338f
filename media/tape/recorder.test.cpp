#include "media/tape/recorder.hpp"

#include <doctest/doctest.h>
#include <opusfile.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/hash.hpp"
#include "media/sound/level.hpp"
#include "media/sound/tone.hpp"
#include "media/tape/ogg_opus.hpp"

namespace {

namespace fs = std::filesystem;
using media::tape::OggOpus;
using Sound = std::vector<std::int16_t>;

struct Folder {
    Folder() : path(fs::temp_directory_path() / ("tape_" + std::to_string(base::random_u64()))) {
        fs::create_directories(path);
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

/// All that another decoder, opusfile, hears in `path`.
Sound played(const fs::path& path) {
    int failed = 0;
    OggOpusFile* file = op_open_file(path.c_str(), &failed);
    REQUIRE_MESSAGE(file != nullptr, path.string());
    Sound sound;
    opus_int16 some[5'760];
    for (int got; (got = op_read(file, some, 5'760, nullptr)) > 0;)
        sound.insert(sound.end(), some, some + got);
    op_free(file);
    return sound;
}

constexpr std::int64_t started_us = 1'795'253'412'000'000;  // 2026-11-21T09:30:12Z

struct Studio {
    explicit Studio(const std::string& where = {}) {
        media::tape::RecorderOptions options;
        options.folder = where.empty() ? folder.path.string() : where;
        options.wall_us = [] { return started_us; };
        options.name_of_leg = [](media::LegId leg) {
            return "Ann \"" + std::to_string(leg) + "\"";
        };
        options.on_trouble = [this](const std::string& text) { trouble.push_back(text); };
        options.on_finished = [this](const std::string& path) { index = path; };
        recorder = std::make_unique<media::tape::Recorder>(std::move(options));
    }
    /// A frame of a tone that goes on from tick to tick; 0 Hz: silence.
    void say(media::LegId leg, std::uint64_t tick, std::int32_t hz,
             std::uint32_t rate_hz = 48'000) {
        media::TapeFrame frame{.room = 5, .leg = leg, .tick = tick, .rate_hz = rate_hz};
        for (std::size_t i = 0; i < rate_hz / 50; ++i) {
            const auto at = static_cast<std::int64_t>(tick * rate_hz / 50 + i);
            frame.pcm[i] =
                hz == 0 ? std::int16_t{0}
                        : media::tone_sample(hz, at, 8'000, static_cast<std::int32_t>(rate_hz));
        }
        recorder->take(frame);
    }
    void end() { recorder->take({.room = 5, .last = true}); }
    [[nodiscard]] fs::path file(const std::string& name) const {
        return folder.path / "5" / ("20261121T093012Z" + name);
    }
    Folder folder;
    std::vector<std::string> trouble;
    std::string index;
    std::unique_ptr<media::tape::Recorder> recorder;
};

/// Energy of ticks [from, to) of `sound`.
std::uint32_t energy(const Sound& sound, std::size_t from, std::size_t to) {
    REQUIRE(sound.size() >= to * 960);
    return media::energy_of(std::span{sound}.subspan(from * 960, (to - from) * 960));
}

constexpr std::uint32_t tone_energy = 32'000'000, nothing = 1'000;

}  // namespace

TEST_CASE("another decoder hears what was written, at its time and as long as it was") {
    const Folder folder;
    const std::string path = folder.path / "a.opus";
    OggOpus file(path, "test");
    Sound said;
    for (int tick = 0; tick < 200; ++tick) {
        Sound frame(960);
        for (std::size_t i = 0; i < 960; ++i)
            frame[i] =
                media::tone_sample(500, tick * 960 + static_cast<std::int64_t>(i), 8'000, 48'000);
        if (tick >= 50 && tick < 150) frame.assign(960, 0);
        said.insert(said.end(), frame.begin(), frame.end());
        file.write(frame);
    }
    file.finish();
    REQUIRE(file.error() == 0);
    const Sound heard = played(path);
    REQUIRE(heard.size() == said.size());
    // At the right place, to the sample: correlation with what was said.
    std::int64_t product = 0, own = 0;
    for (std::size_t i = 0; i < said.size(); ++i) {
        product += std::int64_t{said[i]} * heard[i];
        own += std::int64_t{said[i]} * said[i];
    }
    CHECK(product > own * 97 / 100);
    CHECK(product < own * 103 / 100);
    CHECK(energy(heard, 52, 149) < nothing);
    CHECK(media::energy_of(std::span{heard}.subspan(151 * 960)) > tone_energy * 9 / 10);
}

TEST_CASE("an hour of silence costs three bytes a frame") {
    const Folder folder;
    const std::string path = folder.path / "a.opus";
    OggOpus file(path, "test");
    file.write_silence(180'000);
    file.write(Sound(960, 5'000));
    file.finish();
    CHECK(file.frames() == 180'001);
    CHECK(fs::file_size(path) < 180'000 * 6);
}

TEST_CASE("the mix and each leg are files of one length on one timeline") {
    Studio studio;
    for (std::uint64_t tick = 1'000; tick < 1'500; ++tick) {
        studio.say(0, tick, tick >= 1'100 && tick < 1'400 ? 440 : 0);
        if (tick >= 1'100 && tick < 1'200) studio.say(7, tick, 440, 8'000);
        if (tick >= 1'300 && tick < 1'400) studio.say(9, tick, 440, 16'000);
    }
    studio.end();
    REQUIRE(studio.trouble.empty());
    CHECK(studio.recorder->open() == 0);
    const Sound mix = played(studio.file("-mix.opus")),
                seven = played(studio.file("-leg-0000000000000007.opus")),
                nine = played(studio.file("-leg-0000000000000009.opus"));
    CHECK(mix.size() == 500 * 960);
    CHECK(seven.size() == 500 * 960);
    CHECK(nine.size() == 500 * 960);
    CHECK(energy(mix, 102, 398) > tone_energy * 9 / 10);
    CHECK(energy(seven, 0, 99) < nothing);
    CHECK(energy(seven, 102, 198) > tone_energy * 9 / 10);
    CHECK(energy(seven, 203, 500) < nothing);
    CHECK(energy(nine, 0, 299) < nothing);
    CHECK(energy(nine, 302, 398) > tone_energy * 9 / 10);
    for (const auto& entry : fs::directory_iterator(studio.folder.path / "5"))
        CHECK(entry.path().extension() != ".part");
}

TEST_CASE("the index says who, when, from where and how long, and where the pauses were") {
    Studio studio;
    for (std::uint64_t tick = 0; tick < 100; ++tick) studio.say(0, tick, 300);
    for (std::uint64_t tick = 600; tick < 700; ++tick) {
        studio.say(0, tick, 300);
        if (tick >= 620 && tick < 630) studio.say(42, tick, 300);
    }
    studio.end();
    CHECK(studio.index == studio.file(".json").string());
    const auto index = nlohmann::json::parse(std::ifstream(studio.file(".json")));
    CHECK(index["conference"] == "5");
    CHECK(index["started"] == "2026-11-21T09:30:12.000000Z");
    CHECK(index["duration_ms"] == 4'000);
    REQUIRE(index["pauses"].size() == 1);
    CHECK(index["pauses"][0]["at_ms"] == 2'000);
    CHECK(index["pauses"][0]["lasted_ms"] == 10'000);
    REQUIRE(index["files"].size() == 2);
    CHECK(index["files"][1]["leg"] == "call_leg/000000000000002a");
    CHECK(index["files"][1]["who"] == "Ann \"42\"");
    CHECK(index["files"][1]["first_sound_ms"] == 2'400);
    CHECK(index["files"][1]["last_sound_ms"] == 2'600);
    CHECK(played(studio.file("-mix.opus")).size() == 200 * 960);
    const Sound leg = played(studio.file("-leg-000000000000002a.opus"));
    CHECK(leg.size() == 200 * 960);
    CHECK(energy(leg, 0, 119) < nothing);
    CHECK(energy(leg, 121, 129) > tone_energy * 8 / 10);
}

TEST_CASE("a room that changes its rate in the middle is heard on, without a hole") {
    Studio studio;
    for (std::uint64_t tick = 0; tick < 150; ++tick)
        studio.say(0, tick, 440, tick < 50 ? 8'000 : tick < 100 ? 48'000 : 16'000);
    studio.end();
    const Sound heard = played(studio.file("-mix.opus"));
    CHECK(heard.size() == 150 * 960);
    for (std::size_t tick = 1; tick < 149; ++tick)
        CHECK(energy(heard, tick, tick + 1) > tone_energy * 8 / 10);
}

TEST_CASE("what a crash leaves is playable up to the last second") {
    Studio studio;
    for (std::uint64_t tick = 0; tick < 500; ++tick) {
        studio.say(0, tick, 440);
        if (tick == 10) studio.say(3, tick, 440);  // says one thing and then nothing
    }
    const Sound mix = played(studio.file("-mix.opus.part")),
                leg = played(studio.file("-leg-0000000000000003.opus.part"));
    CHECK(mix.size() >= 440 * 960);
    CHECK(leg.size() >= 440 * 960);
    CHECK_FALSE(fs::exists(studio.file(".json")));
}

TEST_CASE("two recordings within a second do not overwrite each other") {
    Studio studio;
    for (int i = 0; i < 3; ++i) {
        studio.say(0, 10, 440);
        studio.end();
    }
    CHECK(fs::exists(studio.file("-mix.opus")));
    CHECK(fs::exists(studio.file("-2-mix.opus")));
    CHECK(fs::exists(studio.file("-3-mix.opus")));
}

TEST_CASE("a folder that cannot be made is told once, and ends nothing but the recording") {
    Studio studio("/proc/nowhere");
    for (std::uint64_t tick = 0; tick < 200; ++tick) studio.say(0, tick, 440);
    studio.end();
    REQUIRE(studio.trouble.size() == 1);
    CHECK(studio.trouble[0].find("/proc/nowhere/5") != std::string::npos);
    CHECK(studio.index.empty());
    CHECK(studio.recorder->open() == 0);
}

TEST_CASE("a disk that fills up is told once, and leaves what it took playable") {
    Studio studio;
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 30'000;
    setrlimit(RLIMIT_FSIZE, &small);
    for (std::uint64_t tick = 0; tick < 1'000; ++tick) studio.say(0, tick, 440);
    studio.end();
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    REQUIRE(studio.trouble.size() == 1);
    CHECK(studio.trouble[0].find("File too large") != std::string::npos);
    CHECK(studio.index.empty());
    CHECK(played(studio.file("-mix.opus.part")).size() > 100 * 960);
}

TEST_CASE("legs beyond the greatest number of files are in the mix only, and named") {
    Studio studio;
    for (media::LegId leg = 0; leg < media::tape::Recorder::files_max + 2; ++leg)
        studio.say(leg, 1, 440);
    studio.end();
    const auto index = nlohmann::json::parse(std::ifstream(studio.file(".json")));
    CHECK(index["files"].size() == media::tape::Recorder::files_max);
    REQUIRE(index["in_the_mix_only"].size() == 2);
    CHECK(index["in_the_mix_only"][0] == "call_leg/0000000000000200");
    studio.say(0, 5, 440);  // their places are free again
    CHECK(studio.recorder->open() == 1);
}
