// Journals of every release must go on to decode, chain and verify. A new one is written by
// `golden_journal NAME` and lies beside the others for ever.
#include <doctest.h>

#include <filesystem>

#include "journal/codec.hpp"
#include "journal/memory_log.hpp"
#include "replay/verify.hpp"
#include "schema/transition_generated.h"
#include "tests/schema_conformance/golden_file.hpp"

TEST_CASE("golden journals decode, chain, verify and fold to the state they had") {
    const std::filesystem::path folder =
        std::filesystem::path{PARTYLINE_SOURCE_DIR} / "tests/golden";
    int journals = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
        if (entry.path().extension() != ".journal") continue;
        ++journals;
        CAPTURE(entry.path().filename().string());
        const auto payloads = tests::read_golden(entry.path().string());
        REQUIRE(payloads);
        CHECK(payloads->size() > 50);
        journal::MemoryLog log;
        for (const std::string& payload : *payloads) {
            const auto transition = journal::decode_transition(payload);
            REQUIRE(transition.ok());
            log.append({.stream = transition.value().stream,
                        .sequence = transition.value().sequence,
                        .payload = payload});
        }
        CHECK(log.last_position() == payloads->size());
        const replay::Report report = replay::verify(log);
        for (const replay::Difference& found : report.differences) {
            FAIL(found.what << " position " << found.position << "\n"
                            << found.journaled << "\n"
                            << found.decided);
        }
        std::ifstream expected{std::filesystem::path{entry.path()}.replace_extension(".state")};
        std::string hash;
        expected >> hash;
        CHECK(base::hex(report.state) == hash);
        CHECK(replay::verify(log, {.jobs = 2}).state == report.state);
        // NAME.1.journal was decided by rules of version 1, all of it.
        const auto version = entry.path().stem().extension().string();
        CHECK(report.behaviours.size() == 1);
        CHECK('.' + std::to_string(report.behaviours.begin()->first) == version);
    }
    CHECK(journals >= 2);
}
