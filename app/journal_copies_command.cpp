// partyline journal slice|import|backup|restore: parts and copies of a journal.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/data_folder.hpp"
#include "app/progress.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "journal/backup.hpp"
#include "journal/bulk.hpp"
#include "journal/open_log.hpp"
#include "journal/reader_log.hpp"
#include "replay/bring_in.hpp"
#include "replay/moment.hpp"
#include "replay/slice.hpp"

namespace app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct Options {
    std::string from, to, conference, key, moment;
    bool json = false, pseudonymise = false, audio = false, no_audio = false, no_key = false;
};

journal::Notes provenance(const std::string& folder) {
    return {{"program", std::string{program_version}},
            {"made", base::iso8601(base::wall_now())},
            {"source", fs::absolute(folder).string()}};
}

std::string read_key(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// The server's key is what opens the sealed PINs and phones' passwords of its journal.
Done<std::string> copy_key(const std::string& from, const std::string& to) {
    const std::string key = read_key(from);
    if (key.empty()) return {};
    const std::string known = read_key(to);
    if (known == key) return {};
    if (!known.empty()) return fail(to + ": is another server's key. Name another directory");
    const int file = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
        ::fsync(file) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    if (!written) return fail(to + ": cannot be written: " + std::strerror(error));
    return {};
}

// ---- slice

/// What today's rules make of the slice: nothing is said of it that was not tried.
Result<replay::Report, std::string> verified(const std::string& path) {
    const auto log = journal::open_log(path);
    if (!log.ok()) return fail(log.error());
    return replay::verify(*log.value());
}

int slice(const Options& options) {
    if (options.pseudonymise && options.audio)
        return complain("voices cannot be pseudonymised: leave out --pseudonymise or --audio", 2);
    const std::string folder = journal_folder(options.from);
    auto opened = journal::Reader::open(folder);
    if (!opened.ok()) return complain(opened.error().sentence);
    const journal::Reader& reader = *opened.value();
    const journal::ReaderLog log{std::move(opened).value()};
    Progress progress{"cutting"};
    replay::SliceOptions how{
        .pseudonymise = options.pseudonymise,
        .key = options.key.empty() ? base::random_bytes(32) : options.key,
        .sound = options.audio ? &reader : nullptr,
        .notes = provenance(options.from),
        .progress = [&](auto done, auto total) { progress.show(done, total); }};
    if (options.pseudonymise) how.notes.erase("source");  // tells names, too
    // As streams are named elsewhere, too.
    const std::string kind = "conference/";
    const std::string name = options.conference.starts_with(kind)
                                 ? options.conference.substr(kind.size())
                                 : options.conference;
    const auto report = replay::slice(log, name, options.to, how);
    progress.clear();
    if (!report.ok()) return complain(report.error());
    const auto again = verified(options.to);
    if (!again.ok()) return complain(again.error());
    const replay::SliceReport& made = report.value();
    if (options.json) {
        std::cout << Json{{"out", options.to},
                          {"conference", made.conference},
                          {"transitions", made.transitions},
                          {"streams", made.streams},
                          {"audio_chunks", made.sounds},
                          {"bytes", made.bytes},
                          {"last_position", made.last},
                          {"pseudonymised", options.pseudonymise},
                          {"streams_differing", again.value().streams_differing},
                          {"state_hash", base::hex(again.value().state)}}
                         .dump(2)
                  << "\n";
        return 0;
    }
    std::cout << options.to << ": " << made.transitions << " transitions of " << made.streams
              << " streams, " << made.bytes << " bytes, up to position " << made.last << "\n"
              << "the conference is " << made.conference << " in it\n";
    if (made.sounds > 0) std::cout << made.sounds << " chunks of captured sound\n";
    if (again.value().ok()) {
        std::cout << "today's rules decide all of it as it was decided\n";
    } else {
        std::cout << "today's rules decide " << again.value().streams_differing
                  << " streams otherwise: see 'partyline replay verify " << options.to << "'\n";
    }
    return 0;
}

// ---- import, restore

/// The folder for a new journal inside `folder`, which must be fresh; removed again unless it is
/// kept.
class FreshFolder {
public:
    explicit FreshFolder(std::string folder) : folder_(std::move(folder)) {
        why_not_ = journal::why_not_fresh(folder_);
        std::error_code error;
        if (!why_not_.empty()) {
            if (const auto data = fs::is_directory(folder_ + "/journal", error)
                                      ? DataFolder::open(folder_)
                                      : Result<DataFolder, std::string>{fail(std::string{})};
                data.ok() && data.value().running()) {
                why_not_ = folder_ + ": a server runs on this folder. Name an empty directory";
            }
            return;
        }
        made_ = !fs::exists(folder_, error);
        fs::create_directories(folder_, error);
        if (error) why_not_ = folder_ + ": cannot be made: " + error.message();
        fs::permissions(folder_, fs::perms::owner_all, error);
    }
    ~FreshFolder() {
        std::error_code ignored;
        if (made_ && !kept_) fs::remove(folder_, ignored);  // only when it is empty
    }
    [[nodiscard]] const std::string& why_not() const { return why_not_; }
    [[nodiscard]] std::string journal() const { return folder_ + "/journal"; }
    void keep() { kept_ = true; }

private:
    std::string folder_, why_not_;
    bool made_ = false, kept_ = false;
};

void print(const Options& options, const replay::BroughtIn& report) {
    if (options.json) {
        std::cout << Json{{"folder", options.to},
                          {"transitions", report.transitions},
                          {"streams", report.streams},
                          {"audio_chunks", report.sounds},
                          {"epoch", report.epoch},
                          {"last", base::iso8601(report.last)},
                          {"streams_differing", report.streams_differing},
                          {"notes", report.notes}}
                         .dump(2)
                  << "\n";
        return;
    }
    std::cout << options.to << ": " << report.transitions << " transitions of " << report.streams
              << " streams, up to " << base::iso8601(report.last) << "\n";
    if (report.sounds > 0) std::cout << report.sounds << " chunks of captured sound\n";
    if (report.streams_differing > 0) {
        std::cout << "today's rules decide " << report.streams_differing
                  << " streams otherwise: see 'partyline replay verify " << options.to << "'\n";
    }
}

int import_slice(const Options& options) {
    FreshFolder fresh{options.to};
    if (!fresh.why_not().empty()) return complain(fresh.why_not());
    Progress progress{"importing"};
    const auto report = replay::import_slice(
        options.from, fresh.journal(), [&](auto done, auto total) { progress.show(done, total); });
    progress.clear();
    if (!report.ok()) return complain(report.error());
    fresh.keep();
    print(options, report.value());
    return 0;
}

int restore(const Options& options) {
    Progress progress{"restoring"};
    replay::RestoreOptions how{.share = [&](auto done, auto total) { progress.show(done, total); }};
    if (!options.moment.empty()) {
        const auto moment = replay::parse_moment(options.moment);
        if (!moment.ok()) return complain(moment.error(), 2);
        how.to_position = moment.value().number;
        how.to_time = moment.value().time;
    }
    FreshFolder fresh{options.to};
    if (!fresh.why_not().empty()) return complain(fresh.why_not());
    const auto report = replay::restore(options.from, fresh.journal(), how);
    progress.clear();
    if (!report.ok()) return complain(report.error());
    fresh.keep();
    if (const auto done = copy_key(options.from + "/secret.key", options.to + "/secret.key");
        !done.ok()) {
        return complain(done.error());
    }
    print(options, report.value());
    return 0;
}

// ---- backup

int backup(const Options& options) {
    const std::string folder = journal_folder(options.from);
    auto reader = journal::Reader::open(folder);
    // A server may remove a table while we read which ones there are.
    for (int again = 0;
         !reader.ok() && reader.error().kind == journal::OpenError::Kind::io && again < 3;
         ++again) {
        reader = journal::Reader::open(folder);
    }
    if (!reader.ok()) return complain(reader.error().sentence);
    Progress progress{"backing up"};
    const auto report = journal::back_up(
        *reader.value(), options.to,
        {.sound = !options.no_audio,
         .notes = provenance(options.from),
         .on_progress = [&](auto done, auto total) { progress.show(done, total); }});
    progress.clear();
    if (!report.ok()) return complain(report.error());
    if (!options.no_key) {
        const auto done = copy_key(options.from + "/secret.key", options.to + "/secret.key");
        if (!done.ok()) return complain(done.error());
    }
    const journal::BackupReport& made = report.value();
    const std::uint64_t added = made.segment.empty() ? 0 : made.last + 1 - made.first;
    if (options.json) {
        std::cout << Json{{"backup", options.to},
                          {"added", added},
                          {"audio_chunks", made.sounds},
                          {"segment", made.segment},
                          {"bytes", made.bytes},
                          {"segments", made.segments},
                          {"transitions", made.transitions},
                          {"streams", made.streams},
                          {"last_position", made.transitions}}
                         .dump(2)
                  << "\n";
        return 0;
    }
    if (made.segment.empty()) {
        std::cout << options.to << ": nothing new since position " << made.transitions << "\n";
    } else {
        std::cout << made.segment << ": " << added << " transitions, " << made.sounds
                  << " chunks of captured sound, " << made.bytes << " bytes\n";
    }
    std::cout << "the backup is whole: " << made.transitions << " transitions of " << made.streams
              << " streams in " << made.segments << (made.segments == 1 ? " segment" : " segments")
              << ", read again and checked\n";
    return 0;
}

CLI::App* add(CLI::App& family, Run& run, const std::shared_ptr<Options>& options, const char* name,
              const char* help, int (*what)(const Options&)) {
    CLI::App* command = family.add_subcommand(name, help);
    command->add_flag("--json", options->json, "print JSON");
    command->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
    return command;
}

}  // namespace

void add_journal_copies(CLI::App& family, Run& run) {
    const auto options = std::make_shared<Options>();
    CLI::App* slices = add(family, run, options, "slice",
                           "write the part of a journal that one conference needs", slice);
    slices->add_option("folder", options->from, "data folder or journal folder")->required();
    slices->add_option("--conference", options->conference, "its number, like 471100")->required();
    slices->add_option("--out", options->to, "the file to write: BUG.partyline")->required();
    slices->add_flag("--pseudonymise", options->pseudonymise,
                     "replace names, numbers, addresses, texts and secrets");
    slices->add_option("--key", options->key,
                       "for the same pseudonyms another time; otherwise nobody can repeat them");
    slices->add_flag("--audio", options->audio, "the conference's captured sound, too");
    CLI::App* imports =
        add(family, run, options, "import", "make a data folder of a slice", import_slice);
    imports->add_option("file", options->from, "BUG.partyline")->required();
    imports->add_option("folder", options->to, "an empty or new directory")->required();
    CLI::App* backups = add(family, run, options, "backup",
                            "add what is new to a backup, also while the server runs", backup);
    backups->add_option("folder", options->from, "data folder or journal folder")->required();
    backups->add_option("backup", options->to, "the backup's directory")->required();
    backups->add_flag("--no-audio", options->no_audio, "leave out captured sound");
    backups->add_flag("--without-key", options->no_key,
                      "leave out secret.key, without which no PIN and no phone's password holds");
    CLI::App* restores =
        add(family, run, options, "restore", "make a data folder of a backup", restore);
    restores->add_option("backup", options->from, "the backup's directory")->required();
    restores->add_option("folder", options->to, "an empty or new directory")->required();
    restores->add_option("--to", options->moment,
                         "only up to this position, or time (2026-11-21T05:36:29Z)");
}

}  // namespace app
