// Captured records as a journal on disk, for tests of what is made of them.
//
// Thread: the test's. Memory: the records. Time: a journal is written.
#pragma once

#include <doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/audio.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"
#include "media/test_room.hpp"
#include "replay/remix/remix.hpp"

namespace replay::testing {

using Captured = media::test::Keeper::Captured;
/// A journal with these records as those of conference/1, in the run 3 of its server.
class Taped {
public:
    explicit Taped(const std::vector<Captured>& records) : Taped({{3, records}}) {}
    /// Of several runs.
    explicit Taped(const std::map<std::uint64_t, std::vector<Captured>>& runs) {
        auto opened = journal::Store::open(directory_.path());
        REQUIRE(opened.ok());
        auto store = std::move(opened).value();
        for (const auto& [epoch, records] : runs) {
            journal::AudioGatherer gatherer{
                epoch, [&](const journal::AudioKey& key, const std::string& bytes) {
                    REQUIRE(store->put_audio(key, bytes).ok());
                }};
            for (const Captured& record : records)
                gatherer.add(
                    "conference/1", record.leg,
                    {record.tick,
                     {reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size()}});
            gatherer.flush();
        }
        store.reset();
        auto reader = journal::Reader::open(directory_.path());
        REQUIRE(reader.ok());
        reader_ = std::move(reader).value();
        survey_ = replay::survey(*reader_, {.conference = "1"});
    }
    replay::RemixReport remix(const replay::RemixWish& wish) {
        hashes.clear();
        const auto report = replay::remix(
            *reader_, survey_, wish, prompts_,
            [&](const replay::RemixFrame& frame) { hashes.emplace_back(frame.tick, frame.hash); });
        REQUIRE(report.ok());
        return report.value();
    }
    [[nodiscard]] const replay::Survey& survey() const { return survey_; }
    [[nodiscard]] const journal::Reader& reader() const { return *reader_; }
    media::PromptLibrary& prompts() { return prompts_; }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> hashes;  // by tick

private:
    journal::testing::TempDirectory directory_;
    std::unique_ptr<journal::Reader> reader_;
    replay::Survey survey_;
    media::PromptLibrary prompts_{"", [](const std::string&) {}};
};

}  // namespace replay::testing
