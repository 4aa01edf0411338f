// partyline replay remix: what somebody in a captured conference heard, made again and, where that
// is asked for, held against what was captured live.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/progress.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "media/capture.hpp"
#include "replay/remix/remix.hpp"
#include "replay/remix/wav.hpp"

namespace app {
namespace {

using Json = nlohmann::json;

struct Options {
    std::string folder = "./data", conference, listener, without, from, to, out, hashes, prompts;
    bool room = false, prove = false, json = false;
};

std::string hex_of(std::uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    return text;
}

// One person's legs, or a sentence that names everybody who can be asked for.
Result<std::vector<media::LegId>, std::string> legs_of(const std::string& who,
                                                       const replay::Cast& cast,
                                                       const replay::Survey& survey) {
    std::vector<media::LegId> legs;
    for (const replay::Role* role : cast.find(who)) legs.push_back(role->leg);
    std::uint64_t leg = 0;  // captured, though the journal knows nothing of it
    if (legs.empty() && who.size() == 16 && std::sscanf(who.c_str(), "%16lx", &leg) == 1)
        legs.push_back(leg);
    std::vector<const replay::CapturedLeg*> captured;
    for (const replay::CapturedLeg& one : survey.legs) {
        if (std::ranges::find(legs, one.leg) != legs.end()) captured.push_back(&one);
    }
    std::string wrong;
    if (captured.empty()) wrong = "of " + who + " nothing was captured";
    for (const auto* a : captured) {
        for (const auto* b : captured) {
            if (a->leg < b->leg && a->epoch == b->epoch && a->first_tick <= b->last_tick &&
                b->first_tick <= a->last_tick)
                wrong = who + " had two telephones at once: name one of them by its seat or leg";
        }
    }
    if (wrong.empty()) return legs;
    for (const std::string& line : text_of(survey, cast)) wrong += "\n  " + line;
    return fail(wrong);
}

// "2026-11-21T05:36:29Z", or "+90s" from where the captured sound begins.
Result<std::optional<Instant>, std::string> time_of(const std::string& text, const char* option,
                                                    const replay::Survey& survey) {
    if (text.empty()) return std::optional<Instant>{};
    if (text[0] == '+') {
        char* end = nullptr;
        const double seconds = std::strtod(text.c_str() + 1, &end);
        const std::string rest = end;
        if (end != text.c_str() + 1 && (rest.empty() || rest == "s") && seconds >= 0 &&
            seconds < 1e9)
            return std::optional{
                Instant{survey.begin().us + static_cast<std::int64_t>(seconds * 1e6)}};
    } else if (const auto at = base::parse_iso8601(text)) {
        return std::optional{*at};
    }
    return fail(std::string{option} + " " + text +
                " is no time: write 2026-11-21T05:36:29Z, or +90s from where the sound begins");
}

Json json_of(const replay::Proof& proof) {
    Json json{{"ok", proof.ok()},
              {"frames", proof.frames},
              {"proven", proof.proven},
              {"differ", proof.differ},
              {"without_a_part", proof.lacking},
              {"not_provable", Json::array()},
              {"differing", Json::array()}};
    for (const auto& [why, count] : proof.open)
        json["not_provable"].push_back({{"frames", count}, {"why", text_of(why)}});
    for (const replay::Proof::Range& range : proof.differing)
        json["differing"].push_back({{"leg", hex_of(range.listener)},
                                     {"epoch", range.epoch},
                                     {"first_tick", range.first_tick},
                                     {"last_tick", range.last_tick}});
    return json;
}

void print(const replay::Proof& proof, const replay::Survey& survey, const replay::Cast& cast) {
    constexpr std::size_t shown_max = 20;
    std::cout << (proof.ok() ? "the same: " : "differs: ") << proof.proven << " of " << proof.frames
              << " frames as they were heard, bit for bit; " << proof.differ << " differ\n";
    if (proof.lacking != 0)
        std::cout
            << proof.lacking
            << " of them were heard without another part of the room (it is mixed in parts, or "
               "was moved): that part was not in time\n";
    for (const auto& [why, count] : proof.open)
        std::cout << "not provable: " << count << " frames; " << text_of(why) << "\n";
    for (std::size_t i = 0; i < std::min(shown_max, proof.differing.size()); ++i) {
        const replay::Proof::Range& range = proof.differing[i];
        const replay::Role* role = cast.role_of(range.listener);
        std::cout << "  " << base::iso8601(survey.time_of(range.epoch, range.first_tick)) << "  "
                  << range.last_tick - range.first_tick + 1 << " frames from tick "
                  << range.first_tick << " of run " << range.epoch << ", as "
                  << (role != nullptr ? text_of(*role) : "leg " + hex_of(range.listener))
                  << " heard them\n";
    }
    if (proof.differing.size() > shown_max)
        std::cout << "  and " << proof.differing.size() - shown_max
                  << " more spans; --json names them\n";
}

// Where the frames go: a WAV file, a list of hashes, or neither.
class Output {
public:
    Output(const Options& options, std::uint32_t rate_hz) : options_(options), rate_hz_(rate_hz) {}
    // Not before there is something to write: what is refused overwrites nothing.
    void take(const replay::RemixFrame& frame) {
        if (!opened_) wrong_ = open();
        opened_ = true;
        if (!wrong_.empty()) return;
        if (wav_) wav_->add(frame.sound);
        if (hashes_.is_open())
            hashes_ << base::iso8601(frame.at) << ' ' << frame.epoch << ' ' << frame.tick << ' '
                    << frame.rate_hz << ' ' << hex_of(frame.hash) << '\n';
    }
    Done<std::string> close() {
        if (!wrong_.empty()) return fail(wrong_);
        hashes_.close();
        if (!options_.hashes.empty() && hashes_.fail())
            return fail(options_.hashes + " could not be written whole");
        return wav_ ? wav_->close() : Done<std::string>{};
    }

private:
    std::string open() {
        if (!options_.out.empty()) {
            auto opened = replay::WavWriter::open(options_.out, rate_hz_);
            if (!opened.ok()) return opened.error();
            wav_.emplace(std::move(opened).value());
        }
        if (options_.hashes.empty()) return {};
        hashes_.open(options_.hashes);
        return hashes_ ? std::string{} : options_.hashes + " cannot be written";
    }

    const Options& options_;
    const std::uint32_t rate_hz_;
    bool opened_ = false;
    std::string wrong_;
    std::optional<replay::WavWriter> wav_;
    std::ofstream hashes_;
};

Result<replay::RemixWish, std::string> wish_of(const Options& options, const replay::Cast& cast,
                                               const replay::Survey& survey) {
    replay::RemixWish wish{.prove = options.prove};
    if (!options.room) {
        auto legs = legs_of(options.listener, cast, survey);
        if (!legs.ok()) return fail(legs.error());
        wish.listener = std::move(legs).value();
    }
    if (!options.without.empty()) {
        auto legs = legs_of(options.without, cast, survey);
        if (!legs.ok()) return fail(legs.error());
        wish.without = std::move(legs).value();
    }
    const auto from = time_of(options.from, "--from", survey);
    if (!from.ok()) return fail(from.error());
    const auto to = time_of(options.to, "--to", survey);
    if (!to.ok()) return fail(to.error());
    wish.from = from.value();
    wish.to = to.value();
    return wish;
}

std::uint32_t rate_of(const replay::Survey& survey, const replay::RemixWish& wish) {
    std::uint32_t rate_hz = 8'000;
    for (const replay::CapturedLeg& leg : survey.legs) {
        const bool heard = wish.listener.empty() ||
                           std::ranges::find(wish.listener, leg.leg) != wish.listener.end();
        if (heard) rate_hz = std::max(rate_hz, leg.room_rate_hz);
    }
    return rate_hz;
}

void print(const Options& options, const replay::RemixReport& report, const replay::Survey& survey,
           const replay::Cast& cast) {
    if (options.json) {
        Json json{{"conference", cast.conference},
                  {"from", base::iso8601(report.from)},
                  {"to", base::iso8601(report.to)},
                  {"rate_hz", report.rate_hz},
                  {"frames", report.frames},
                  {"silent_frames", report.silent},
                  {"sound_hash", hex_of(report.sound_hash)},
                  {"damages", survey.damages}};
        if (!options.out.empty()) json["out"] = options.out;
        if (options.prove) json["proof"] = json_of(report.proof);
        std::cout << json.dump(2) << "\n";
        return;
    }
    std::cout << base::iso8601(report.from) << " to " << base::iso8601(report.to) << ": "
              << report.frames << " frames of 20 ms at " << report.rate_hz << " Hz, "
              << report.silent << " of them silence that nobody sent\nsound "
              << hex_of(report.sound_hash) << "\n";
    for (const std::string& damage : survey.damages) std::cout << "damaged: " << damage << "\n";
    if (!options.prove) return;
    print(report.proof, survey, cast);
    if (report.opus && !report.proof.ok())
        std::cout << "somebody spoke Opus: that is exact only with the same libopus and processor "
                     "features as then\n";
}

// Where the server that is installed beside this program finds them too.
std::string prompts_folder(const Options& options) {
    if (!options.prompts.empty()) return options.prompts;
    std::error_code wrong;
    return (std::filesystem::read_symlink("/proc/self/exe", wrong).parent_path() / "prompts")
        .string();
}

std::string not_captured(const std::string& conference, const replay::Survey& survey) {
    std::string text = "of conference " + conference +
                       " no sound was captured: neither sound.capture was set nor was it made with "
                       "capture, or nobody was in it, or its server was killed within ten seconds";
    for (const std::string& damage : survey.damages) text += "\n  damaged: " + damage;
    return text;
}

// Before minutes of mixing; what is there already stays as it is.
Done<std::string> can_write(const std::string& path) {
    if (path.empty()) return {};
    std::error_code ignored;
    const bool existed = std::filesystem::exists(path, ignored);
    errno = 0;
    const bool opened = std::ofstream{path, std::ios::app}.is_open();
    if (!opened) return fail(path + " cannot be written: " + std::strerror(errno));
    if (!existed) std::filesystem::remove(path, ignored);
    return {};
}

int remix(const Options& options) {
    if (options.room == !options.listener.empty())
        return complain(options.room ? "say for whom: --listener WHO or --room, not both"
                                     : "say for whom: --listener WHO, or --room",
                        2);
    for (const auto& [option, text] : {std::pair{"--from", options.from}, {"--to", options.to}}) {
        if (auto read = time_of(text, option, {}); !read.ok()) return complain(read.error(), 2);
    }
    auto reader = journal::Reader::open(journal_folder(options.folder));
    if (!reader.ok()) return complain(reader.error().sentence);
    const auto cast = replay::read_cast(*reader.value(), options.conference);
    if (!cast.ok()) return complain(cast.error());
    Progress progress{"mixing"};
    const auto survey = replay::survey(*reader.value(), cast.value());
    progress.clear();
    if (survey.legs.empty()) return complain(not_captured(options.conference, survey));
    const auto wish = wish_of(options, cast.value(), survey);
    if (!wish.ok()) return complain(wish.error());
    if (wish.value().from && wish.value().to && *wish.value().from >= *wish.value().to)
        return complain("--from " + options.from + " is not before --to " + options.to, 2);
    if (!wish.value().without.empty() && wish.value().listener == wish.value().without)
        return complain(
            "--without " + options.without + ": that is who listens, and nobody hears themselves",
            2);
    for (const std::string& path : {options.out, options.hashes}) {
        if (auto done = can_write(path); !done.ok()) return complain(done.error());
    }
    Output output{options, rate_of(survey, wish.value())};
    media::PromptLibrary prompts{prompts_folder(options), [](const std::string& trouble) {
                                     std::cerr << "partyline: " << trouble << "\n";
                                 }};
    const auto report = replay::remix(
        *reader.value(), survey, wish.value(), prompts,
        [&](const replay::RemixFrame& frame) { output.take(frame); },
        [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); });
    progress.clear();
    if (!report.ok()) return complain(report.error());
    const auto written = output.close();
    print(options, report.value(), survey, cast.value());
    if (!written.ok()) return complain(written.error());
    return report.value().proof.ok() ? 0 : 1;
}

}  // namespace

void add_remix(CLI::App& family, Run& run) {
    CLI::App* command = family.add_subcommand(
        "remix", "mix a captured conference again, as one of its listeners heard it");
    const auto options = std::make_shared<Options>();
    command->add_option("folder", options->folder, "data folder or journal folder")
        ->capture_default_str();
    command->add_option("--conference", options->conference, "its number")->required();
    command->add_option("--listener", options->listener,
                        "seat, leg, user, or a person's name or number");
    command->add_flag("--room", options->room, "not one listener: all that anybody said");
    command->add_option("--without", options->without, "leave out what this person said");
    command->add_option("--from", options->from,
                        "2026-11-21T05:36:29Z, or +90s from the beginning");
    command->add_option("--to", options->to, "likewise");
    command->add_option("--out", options->out, "WAV file to write");
    command->add_option("--hashes", options->hashes,
                        "file to write: time, run, tick, rate and hash of each frame");
    command->add_option("--prompts", options->prompts,
                        "folder of the prompts that were played (as the server's)");
    command->add_flag("--prove", options->prove,
                      "compare each frame with the hash captured live; exit 1 if any differs");
    command->add_flag("--json", options->json, "print JSON");
    command->callback([&run, options] { run = [options] { return remix(*options); }; });
}

}  // namespace app
