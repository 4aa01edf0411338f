// Fills a Scenario from a parsed TOML table, key by key as the schema describes them, and gathers
// what is wrong: unknown keys, keys without a meaning, values of the wrong kind or out of range.
//
// Thread: pure, but for `read_beside`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/toml.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace sim {

struct Reading {
    std::string file;
    const ReadBeside& read_beside;
    std::vector<Mistake> mistakes;
    std::map<std::string, std::uint32_t> lines;  // where each key stood, the first of its name

    /// At a line of the file; what has no line came by --set.
    void wrong(std::uint32_t line, const std::string& key, std::string what) {
        wrong_in(line == 0 ? "--set" : file, line, key, std::move(what));
    }
    void wrong_in(const std::string& where, std::uint32_t line, const std::string& key,
                  std::string what) {
        if (mistakes.size() < mistakes_max) mistakes.push_back({where, line, key, std::move(what)});
    }
};

void read_table(const toml::table& root, Scenario& scenario, Reading& reading);

}  // namespace sim
