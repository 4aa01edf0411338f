// partyline config check FILE: what is wrong with a configuration, by file, line and key.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/settings.hpp"

namespace app {
namespace {

int check(const std::string& path, bool json) {
    if (!std::ifstream{path}) return complain("cannot read '" + path + "'", 2);
    Settings settings;
    const auto mistakes = read_settings(path, settings);
    const auto against = contradictions(settings);
    if (json) {
        nlohmann::json said{{"ok", mistakes.empty() && against.empty()},
                            {"mistakes", nlohmann::json::array()}};
        for (const Mistake& one : mistakes) {
            said["mistakes"].push_back(
                {{"file", one.file}, {"line", one.line}, {"key", one.key}, {"what", one.what}});
        }
        for (const std::string& one : against)
            said["mistakes"].push_back({{"file", path}, {"line", 0}, {"key", ""}, {"what", one}});
        std::cout << said.dump(2) << "\n";
    } else {
        for (const Mistake& one : mistakes) std::cout << one.sentence() << "\n";
        for (const std::string& one : against) std::cout << path << ": " << one << "\n";
        if (mistakes.empty() && against.empty()) std::cout << path << ": good\n";
    }
    return mistakes.empty() && against.empty() ? 0 : 1;
}

}  // namespace

void add_config(CLI::App& root, Run& run) {
    CLI::App* family = root.add_subcommand("config", "the configuration file");
    family->require_subcommand(1);
    CLI::App* command =
        family->add_subcommand("check", "say what is wrong with FILE, by line and key");
    const auto path = std::make_shared<std::string>();
    const auto json = std::make_shared<bool>(false);
    command->add_option("file", *path, "the configuration file")->required();
    command->add_flag("--json", *json, "print JSON");
    command->callback([&run, path, json] { run = [path, json] { return check(*path, *json); }; });
}

}  // namespace app
