// partyline recordings list|get: finds what was recorded, by the indexes in the folder. Works
// beside a running server or without one.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/recordings.hpp"

namespace app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Options {
    std::string data = "./data", folder, conference, recording, to = ".";
    bool json = false;
    [[nodiscard]] fs::path path() const {
        return folder.empty() ? fs::path(data) / "recordings" : fs::path(folder);
    }
};

constexpr std::string_view part = ".part", mix_part = "-mix.opus.part";

// One recording: its index, or, of one that goes on or was cut off by a crash, what its files tell.
Json entry_of(const fs::path& file) {
    const std::string name = file.filename().string();
    if (name.ends_with(mix_part)) {
        return {{"recording", name.substr(0, name.size() - mix_part.size())},
                {"conference", file.parent_path().filename().string()},
                {"complete", false}};
    }
    if (file.extension() != ".json") return {};
    Json index = Json::parse(std::ifstream(file), nullptr, false);
    if (!index.is_object() || !index.contains("files")) return {};
    index["recording"] = file.stem().string();
    index["complete"] = true;
    return index;
}

}  // namespace

Json recordings_in(const std::string& folder, const std::string& conference) {
    std::vector<Json> found;
    std::error_code wrong;
    for (fs::directory_iterator rooms(folder, wrong), none; !wrong && rooms != none;
         rooms.increment(wrong)) {
        if (!conference.empty() && rooms->path().filename() != conference) continue;
        std::error_code inside;
        for (fs::directory_iterator files(rooms->path(), inside); !inside && files != none;
             files.increment(inside)) {
            Json entry = entry_of(files->path());
            if (!entry.is_null()) found.push_back(std::move(entry));
        }
    }
    std::ranges::sort(found, {}, [](const Json& entry) {
        return std::pair{entry["recording"].get<std::string>(),
                         entry["conference"].get<std::string>()};
    });
    return found;
}

namespace {

int list(const Options& options) {
    const Json found = recordings_in(options.path().string(), options.conference);
    if (options.json) {
        std::cout << found.dump(2) << "\n";
        return 0;
    }
    for (const Json& entry : found) {
        const std::string conference = entry["conference"], recording = entry["recording"];
        if (!entry["complete"].get<bool>()) {
            std::printf("%-12s %-24s not complete: it goes on, or was cut off\n",
                        conference.c_str(), recording.c_str());
            continue;
        }
        const auto seconds = entry["duration_ms"].get<std::uint64_t>() / 1'000;
        std::printf("%-12s %-24s %llu:%02llu:%02llu  %zu files\n", conference.c_str(),
                    recording.c_str(), static_cast<unsigned long long>(seconds / 3'600),
                    static_cast<unsigned long long>(seconds / 60 % 60),
                    static_cast<unsigned long long>(seconds % 60), entry["files"].size());
    }
    return 0;
}

bool plain_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

int get(const Options& options) {
    if (!plain_name(options.conference) || !plain_name(options.recording))
        return complain("name the conference and the recording as 'recordings list' does", 2);
    const fs::path folder = options.path() / options.conference;
    std::error_code wrong;
    std::size_t copied = 0;
    for (fs::directory_iterator files(folder, wrong), none; !wrong && files != none;
         files.increment(wrong)) {
        std::string name = files->path().filename().string();
        const bool index = name == options.recording + ".json";
        if (!index && !name.starts_with(options.recording + "-mix.opus") &&
            !name.starts_with(options.recording + "-leg-"))
            continue;
        if (name.ends_with(part)) name.resize(name.size() - part.size());
        fs::copy_file(files->path(), fs::path(options.to) / name,
                      fs::copy_options::overwrite_existing, wrong);
        if (wrong)
            return complain(name + " cannot be copied to " + options.to + ": " + wrong.message());
        std::cout << (fs::path(options.to) / name).string() << "\n";
        ++copied;
    }
    if (copied > 0) return 0;
    return complain("there is no recording " + options.recording + " of conference " +
                    options.conference + " in " + options.path().string());
}

}  // namespace

void add_recordings(CLI::App& root, Run& run) {
    auto options = std::make_shared<Options>();
    CLI::App* recordings = root.add_subcommand("recordings", "lists and fetches recordings");
    recordings->require_subcommand(1);
    const auto command = [&](const char* name, const char* help, int (*what)(const Options&)) {
        CLI::App* sub = recordings->add_subcommand(name, help);
        sub->add_option("--data", options->data, "the server's data folder")->capture_default_str();
        sub->add_option("--recordings", options->folder,
                        "as the server's setting; absent: in the data folder");
        sub->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
        return sub;
    };
    CLI::App* listing = command("list", "what was recorded, oldest first", list);
    listing->add_option("conference", options->conference, "only of this one");
    listing->add_flag("--json", options->json, "print JSON: the indexes");
    CLI::App* getting = command("get", "copies the files of one recording", get);
    getting->add_option("conference", options->conference, "whose")->required();
    getting->add_option("recording", options->recording, "its name, like 20261121T093012Z")
        ->required();
    getting->add_option("--to", options->to, "folder to copy into")->capture_default_str();
}

}  // namespace app
