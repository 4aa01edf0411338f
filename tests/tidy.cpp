// Holds the tree against the house style: which folder may include what, what rules may not call,
// how long things may be. Prints "file:line: what is wrong: what to do instead" and fails.
//
//     tidy ROOT
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_lines_max = 500;
constexpr std::size_t test_lines_max = 700;
constexpr std::size_t function_lines_max = 70;
constexpr std::size_t test_function_lines_max = 100;  // tables of cases are long

// A folder may include itself and what stands here. The arrows point one way.
const std::map<std::string, std::vector<std::string>> may_include{
    {"base", {}},
    {"journal", {"base", "schema"}},
    {"media", {"base"}},
    {"actors", {"base", "journal", "schema"}},
    {"edges", {"base", "journal", "schema", "media", "actors"}},
    {"sim", {"base", "journal", "schema", "media", "actors"}},
    {"replay", {"base", "journal", "schema", "media", "actors", "sim"}},
    {"app", {"base", "journal", "schema", "media", "actors", "edges", "sim", "replay"}},
    {"bench", {"base", "journal", "schema", "media", "actors", "edges", "sim", "replay"}},
    {"tests", {"base", "journal", "schema", "media", "actors", "edges", "sim", "replay", "app"}},
};

struct Ban {
    const char* text;
    std::vector<std::string> where;    // folders or files it is banned in; empty: everywhere
    std::vector<std::string> allowed;  // but not here
    const char* remedy;
};

const std::vector<Ban> bans{
    {"system_clock",
     {},
     {"base/clock.cpp", "tests/", "edges/", "app/", "bench/", ".test.cpp"},
     "take now as an argument (base/clock.hpp reads it)"},
    {"steady_clock",
     {"actors/", "sim/", "journal/", "base/"},
     {"base/clock.cpp", "bench/", ".test.cpp"},
     "take now as an argument"},
    {"<random>",
     {"actors/", "sim/", "media/", "replay/"},
     {".test.cpp"},
     "use base/prng.hpp with a seed that is told"},
    {"std::rand(", {}, {}, "use base/prng.hpp with a seed that is told"},
    {"unordered_",
     {"actors/", "sim/", "replay/"},
     {".test.cpp"},
     "use std::map or a sorted vector: hash order is not replayed"},
    {"double ", {"actors/"}, {".test.cpp"}, "use integers: bits must match"},
    {"float ", {"actors/"}, {".test.cpp"}, "use integers: bits must match"},
    {"std::log(",
     {"sim/"},
     {"sim/load/", ".test.cpp"},
     "use sim/models/exact.hpp: its bits are the same everywhere"},
    {"std::exp(", {"sim/"}, {"sim/load/", ".test.cpp"}, "use sim/models/exact.hpp"},
    {"std::pow(", {"sim/"}, {"sim/load/", ".test.cpp"}, "use sim/models/exact.hpp"},
    {"<caf/", {}, {"actors/house"}, "go through actors/house.hpp"},
    {"<rocksdb/", {}, {"journal/", "bench/journal"}, "go through journal/log.hpp"},
    {"<sofia-sip/", {}, {"edges/sip/"}, "go through edges/sip"},
    {"<sys/socket.h>",
     {},
     {"edges/", "media/udp", "sim/load/sockets", "app/", "bench/", ".test.cpp"},
     "sockets live in edges/ and media/udp"},
    {"using namespace std;", {}, {}, "name what you use"},
};

int faults = 0;

void tell(const std::string& file, std::size_t line, const std::string& what) {
    std::cout << file << ":" << line << ": " << what << "\n";
    ++faults;
}

bool matches(const std::string& file, const std::vector<std::string>& patterns) {
    return std::ranges::any_of(patterns, [&](const std::string& pattern) {
        return file.starts_with(pattern) || file.ends_with(pattern) ||
               (pattern.back() != '/' && file.find(pattern) != std::string::npos);
    });
}

void check_include(const std::string& file, std::size_t number, const std::string& line) {
    if (!line.starts_with("#include \"")) return;
    const std::string path = line.substr(10, line.find('"', 10) - 10);
    const std::string folder = file.substr(0, file.find('/')),
                      target = path.substr(0, path.find('/'));
    if (path.starts_with("../"))
        return tell(file, number, "relative include: write the path from the root");
    const auto allowed = may_include.find(folder);
    if (allowed == may_include.end() || target == folder || !may_include.contains(target)) return;
    if (target == "tests" && file.ends_with(".test.cpp")) return;  // helpers that tests share
    const bool ok = std::ranges::find(allowed->second, target) != allowed->second.end();
    if (!ok)
        tell(file, number,
             folder + "/ may not include " + target +
                 "/: the arrows in docs/architecture.md point one way");
}

void check_line(const std::string& file, std::size_t number, const std::string& line) {
    check_include(file, number, line);
    const std::size_t comment = line.find("//");
    const std::string code = line.substr(0, comment);
    for (const Ban& ban : bans) {
        if (code.find(ban.text) == std::string::npos) continue;
        if (!ban.where.empty() && !matches(file, ban.where)) continue;
        if (matches(file, ban.allowed)) continue;
        tell(file, number, std::string{"'"} + ban.text + "' is not used here: " + ban.remedy);
    }
    if (code.find("\t") != std::string::npos) tell(file, number, "tab: indent by four spaces");
}

bool begins_function(const std::string& line) {
    const std::size_t indent = line.find_first_not_of(' ');
    if (indent == std::string::npos || !line.ends_with("{") || line.find('(') == std::string::npos)
        return false;
    for (const char* other : {"if ", "for ", "while ", "switch ", "} else", "else ", "namespace",
                              "TEST_CASE", "return ", "case "}) {
        if (line.compare(indent, std::string{other}.size(), other) == 0) return false;
    }
    return true;
}

// Opening braces less closing ones; those in quotes do not count.
int braces(const std::string& line) {
    int depth = 0;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote) {
            if (c == '\\')
                ++i;
            else if (c == quote)
                quote = 0;
        } else if (c == '"' ||
                   (c == '\'' &&
                    (i == 0 || !std::isdigit(static_cast<unsigned char>(line[i - 1]))))) {
            quote = c;
        } else if (c == '/' && i + 1 < line.size() && line[i + 1] == '/') {
            break;
        } else if (c == '{' || c == '}') {
            depth += c == '{' ? 1 : -1;
        }
    }
    return depth;
}

void check_lengths(const std::string& file, const std::vector<std::string>& lines) {
    const std::size_t most = file.ends_with(".test.cpp") ? test_lines_max : file_lines_max;
    if (lines.size() > most) {
        tell(file, lines.size(),
             "more than " + std::to_string(most) + " lines: which idea is hiding in it?");
    }
    const std::size_t longest =
        file.ends_with(".test.cpp") ? test_function_lines_max : function_lines_max;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (!begins_function(lines[i])) continue;
        int depth = braces(lines[i]);
        std::size_t end = i;
        while (depth > 0 && ++end < lines.size()) depth += braces(lines[end]);
        if (depth <= 0 && end - i > longest) {
            tell(file, i + 1,
                 "a function of " + std::to_string(end - i) + " lines: at most " +
                     std::to_string(longest));
        }
    }
}

void check_file(const fs::path& root, const fs::path& path) {
    const std::string file = fs::relative(path, root).string();
    std::ifstream stream{path};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    for (std::size_t i = 0; i < lines.size(); ++i) check_line(file, i + 1, lines[i]);
    check_lengths(file, lines);
    const bool header = path.extension() == ".hpp";
    const bool guarded =
        std::ranges::any_of(lines, [](const auto& line) { return line == "#pragma once"; });
    if (header && !guarded) tell(file, 1, "no #pragma once");
    if (!lines.empty() && !lines[0].starts_with("//") && header)
        tell(file, 1, "the file does not say what it is for");
}

}  // namespace

int main(int argc, char** argv) {
    const fs::path root = argc > 1 ? argv[1] : ".";
    std::size_t files = 0;
    for (const auto& [folder, unused] : may_include) {
        if (!fs::is_directory(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const auto extension = entry.path().extension();
            if (entry.path().string().find("node_modules") != std::string::npos) continue;
            if (extension != ".cpp" && extension != ".hpp") continue;
            if (entry.path().filename() == "tidy.cpp") continue;
            check_file(root, entry.path());
            ++files;
        }
    }
    std::cout << files << " files, " << faults << " faults\n";
    return faults == 0 && files > 0 ? 0 : 1;
}
