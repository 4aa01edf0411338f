// Writes the conference of tests/conference_story.hpp as a golden journal: NAME.journal and
// NAME.state.
#include <cstdio>

#include "tests/conference_story.hpp"
#include "tests/schema_conformance/golden_file.hpp"

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("golden_journal NAME: writes NAME.journal and NAME.state\n", stderr);
        return 2;
    }
    const std::string name = arguments[1];
    tests::World world;
    tests::tell_story(world);
    std::vector<std::string> payloads;
    const auto records = world.log().read_all(1, 1'000'000).value();
    for (const auto& record : records) payloads.push_back(record.payload);
    tests::write_golden(name + ".journal", payloads);
    std::ofstream{name + ".state"} << base::hex(actors::state_hash_of_all(world.log()).value())
                                   << "\n";
    std::printf("%zu transitions\n", payloads.size());
}
