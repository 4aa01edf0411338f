// A recording from the telephones' packets to the files, by real sockets and the engine's threads.
#include <doctest/doctest.h>
#include <opusfile.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "media/tape/recorder.hpp"
#include "media/test_phones.hpp"

namespace {

namespace fs = std::filesystem;
using media::test::Phone;
using Phones = std::vector<std::unique_ptr<Phone>>;

/// What `path` sounds like at a telephone's rate, from `from_ms` on.
std::vector<std::int16_t> played(const fs::path& path, std::size_t from_ms, std::size_t ms) {
    int failed = 0;
    OggOpusFile* file = op_open_file(path.c_str(), &failed);
    REQUIRE_MESSAGE(file != nullptr, path.string());
    std::vector<std::int16_t> sound;
    opus_int16 some[5'760];
    std::size_t at = 0;
    for (int got; (got = op_read(file, some, 5'760, nullptr)) > 0;) {
        for (int i = 0; i < got; ++i, ++at) {
            if (at % 6 == 0 && at / 48 >= from_ms && at / 48 < from_ms + ms)
                sound.push_back(some[i]);
        }
    }
    op_free(file);
    return sound;
}

}  // namespace

TEST_CASE("what telephones say is on the tape, each in its file, and a pause is not") {
    const fs::path folder =
        fs::temp_directory_path() / ("recording_" + std::to_string(base::random_u64()));
    std::string index_path;
    std::vector<std::string> trouble;
    {
        media::tape::RecorderOptions taping;
        taping.folder = folder.string();
        taping.wall_us = [] { return base::wall_now().us; };
        taping.on_trouble = [&](const std::string& text) { trouble.push_back(text); };
        taping.on_finished = [&](const std::string& path) { index_path = path; };
        media::tape::Recorder recorder(std::move(taping));
        media::Options options;
        options.port_min = 42'800;
        options.port_max = 42'999;
        options.workers = 2;
        options.on_tape = [&](const media::TapeFrame& frame) { recorder.take(frame); };
        media::Engine engine(std::move(options));
        Phones phones;
        phones.push_back(std::make_unique<Phone>(101, 440));
        phones.push_back(std::make_unique<Phone>(102, 1'250));
        std::vector<media::RoomLeg> seats;
        for (const auto& phone : phones) {
            phone->join(engine);
            seats.push_back({.leg = phone->leg});
        }
        engine.set_room(5, seats);
        media::test::play_ms(phones, 600);
        engine.record(5, media::Recording::on);
        media::test::play_ms(phones, 1'000);
        engine.record(5, media::Recording::paused);
        media::test::play_ms(phones, 1'000);
        engine.record(5, media::Recording::on);
        media::test::play_ms(phones, 1'000);
        engine.record(5, media::Recording::off);
        media::test::play_ms(phones, 300);
        CHECK(recorder.open() == 0);  // it has ended while the room goes on
        CHECK(engine.statistics().tape_dropped == 0);
    }
    CHECK(trouble.empty());
    REQUIRE_FALSE(index_path.empty());
    const auto index = nlohmann::json::parse(std::ifstream(index_path));
    CHECK(index["duration_ms"].get<int>() > 1'800);
    CHECK(index["duration_ms"].get<int>() < 2'400);
    REQUIRE(index["pauses"].size() == 1);
    CHECK(index["pauses"][0]["lasted_ms"].get<int>() > 800);
    CHECK(index["pauses"][0]["lasted_ms"].get<int>() < 1'300);
    REQUIRE(index["files"].size() == 3);
    // A tone of amplitude 8000 is in the mix and in its own file, and in no other.
    for (const auto& entry : index["files"]) {
        const std::string name = entry["file"];
        CAPTURE(name);
        const auto sound = played(folder / "5" / name, 300, 600);
        const double low = media::test::amplitude_of(sound, 440),
                     high = media::test::amplitude_of(sound, 1'250);
        const bool mix = !entry.contains("leg");
        const bool first = !mix && entry["leg"] == "call_leg/0000000000000065";
        CHECK((low > 5'600) == (mix || first));
        CHECK((high > 5'600) == (mix || !first));
        if (!mix) CHECK((first ? high : low) < 160);
    }
    fs::remove_all(folder);
}
