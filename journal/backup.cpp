#include "journal/backup.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "journal/audio.hpp"
#include "journal/codec.hpp"

namespace journal {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t page = 1024;

std::string segment_path(const std::string& folder, std::size_t number) {
    char name[32];
    std::snprintf(name, sizeof name, "%06zu.partyline", number);
    return (fs::path{folder} / name).string();
}

std::string note(const ContainerReader& reader, const std::string& name) {
    const auto found = reader.notes().find(name);
    return found == reader.notes().end() ? std::string{} : found->second;
}

std::uint64_t name_hash(std::string_view key) { return base::blake2b(key).a; }

/// Appends one segment to a backup.
class Backup {
public:
    Backup(const Reader& reader, const std::string& folder, const BackupOptions& options)
        : reader_(reader), folder_(folder), options_(options) {}

    Result<BackupReport, std::string> run() {
        if (auto done = read_what_is_there(); !done.ok()) return fail(done.error());
        if (auto done = same_journal(); !done.ok()) return fail(done.error());
        const Position last = reader_.last_position();
        if (last > report_.last || has_new_sound()) {
            if (auto done = add_segment(report_.last + 1, last); !done.ok())
                return fail(done.error());
            if (auto done = read_again(); !done.ok()) return fail(done.error());
        } else {
            report_.last = 0;
        }
        report_.streams = chain_.streams();
        return report_;
    }

private:
    // A first backup wants a folder of its own: the key of the journal will lie there, and what
    // else is there is somebody's. What a backup that was broken off left behind is ours.
    Done<std::string> judge_strangers() const {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator{folder_, error}) {
            const std::string name = entry.path().filename().string();
            if (name != "secret.key" && !name.ends_with(".partial"))
                return fail(folder_ + ": has other files (" + name +
                            ") and no backup: name a directory that is empty, or does not exist "
                            "yet, or holds a backup of this journal");
        }
        if (error) return fail(folder_ + ": cannot be read: " + error.message());
        return {};
    }

    Done<std::string> read_what_is_there() {
        std::error_code error;
        const bool made = fs::create_directories(folder_, error);
        if (error) return fail(folder_ + ": cannot be made: " + error.message());
        if (made) fs::permissions(folder_, fs::perms::owner_all, error);
        auto segments = segments_of(folder_);
        if (!segments.ok()) return fail(segments.error());
        segments_ = std::move(segments).value();
        report_.segments = segments_.size();
        if (segments_.empty()) return judge_strangers();
        report_.last = segments_.back().last;
        const auto take = [this](const Frame& frame) -> Done<std::string> {
            note_frame(frame);
            return {};
        };
        if (auto done = walk_segments(segments_, chain_, take, options_.on_progress); !done.ok())
            return done;
        std::sort(sounds_.begin(), sounds_.end());
        return {};
    }

    void note_frame(const Frame& frame) {
        if (frame.kind == Frame::Kind::transition) ++report_.transitions;
        if (frame.kind == Frame::Kind::sound) sounds_.push_back(name_hash(frame.key));
    }

    Done<std::string> same_journal() {
        if (report_.last == 0) return {};
        const auto record = reader_.read_all(report_.last, 1);
        const bool same =
            record.ok() && !record.value().empty() &&
            base::hex(hash_of(record.value()[0].payload)) == segments_.back().last_hash;
        if (same) return {};
        return fail(folder_ + ": is the backup of another journal: position " +
                    std::to_string(report_.last) +
                    " is not the same there. Name an empty directory");
    }

    [[nodiscard]] bool is_known(const AudioKey& key) const {
        return std::binary_search(sounds_.begin(), sounds_.end(), name_hash(audio_key(key)));
    }

    bool has_new_sound() {
        bool found = false;
        if (!options_.sound) return found;
        static_cast<void>(walk_audio(reader_, {}, {}, [&](const AudioKey& key, std::string_view) {
            found = !is_known(key);
            return !found;
        }));
        return found;
    }

    Done<std::string> add_segment(Position first, Position last) {
        Notes notes = options_.notes;
        notes["kind"] = "backup";
        notes["first"] = std::to_string(first);
        notes["last"] = std::to_string(last);
        notes["epoch"] = std::to_string(reader_.epoch());
        notes["released"] = std::to_string(std::min(reader_.released(), last));
        const auto end = last == 0 ? Result<std::vector<Record>, Fault>{std::vector<Record>{}}
                                   : reader_.read_all(last, 1);
        if (!end.ok()) return fail(std::string{"the journal cannot be read at its end"});
        if (!end.value().empty()) notes["last_hash"] = base::hex(hash_of(end.value()[0].payload));
        report_.segment = segment_path(folder_, segments_.size() + 1);
        auto writer = ContainerWriter::create(report_.segment, notes);
        if (!writer.ok()) return fail(writer.error());
        if (auto done = copy(writer.value(), first, last); !done.ok()) return done;
        if (auto done = copy_sound(writer.value()); !done.ok()) return done;
        if (auto done = writer.value().finish(); !done.ok()) return done;
        report_.first = first;
        report_.last = last;
        report_.sounds = writer.value().sounds();
        report_.bytes = writer.value().bytes();
        ++report_.segments;
        return {};
    }

    Done<std::string> copy(ContainerWriter& writer, Position first, Position last) {
        for (Position next = first; next <= last;) {
            const auto records = reader_.read_all(next, page);
            if (!records.ok() || records.value().empty()) {
                return fail("the journal cannot be read at position " + std::to_string(next) +
                            ". Run 'partyline journal check'");
            }
            for (const Record& record : records.value()) {
                if (record.position > last) break;
                if (auto done = writer.add(record.position, record.payload); !done.ok())
                    return done;
            }
            next += records.value().size();
            if (options_.on_progress)
                options_.on_progress(std::min(next - 1, last) - first + 1, last - first + 1);
        }
        return {};
    }

    Done<std::string> copy_sound(ContainerWriter& writer) {
        if (!options_.sound) return {};
        Done<std::string> wrong;
        const AudioEnd end =
            walk_audio(reader_, {}, {}, [&](const AudioKey& key, std::string_view records) {
                if (is_known(key)) return true;
                const std::string name = audio_key(key);
                wrong = writer.add_sound(name, encode_audio(name, records));
                return wrong.ok();
            });
        if (!wrong.ok()) return wrong;
        if (!end.what.empty()) return fail("captured sound: " + end.what);
        return {};
    }

    // What was written, as the disk gives it back.
    Done<std::string> read_again() {
        auto segments = segments_of(folder_);
        if (!segments.ok()) return fail(segments.error());
        return walk_segments(
            {segments.value().back()}, chain_,
            [this](const Frame& frame) -> Done<std::string> {
                note_frame(frame);
                return {};
            },
            options_.on_progress);
    }

    const Reader& reader_;
    const std::string& folder_;
    const BackupOptions& options_;
    std::vector<Segment> segments_;
    Chain chain_;
    std::vector<std::uint64_t> sounds_;  // hashes of the keys that the backup has
    BackupReport report_;
};

}  // namespace

Result<BackupReport, std::string> back_up(const Reader& reader, const std::string& folder,
                                          const BackupOptions& options) {
    return Backup{reader, folder, options}.run();
}

Result<std::vector<Segment>, std::string> segments_of(const std::string& folder) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
        return fail(folder + ": is no backup: there is no such directory");
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator{folder, error})
        count += entry.path().extension() == ".partyline" ? 1 : 0;
    std::vector<Segment> segments;
    for (std::size_t number = 1; number <= count; ++number) {
        const std::string path = segment_path(folder, number);
        if (!fs::exists(path, error)) return fail(path + ": this segment is missing");
        auto reader = ContainerReader::open(path);
        if (!reader.ok()) return fail(reader.error());
        const ContainerReader& head = reader.value();
        if (note(head, "kind") != "backup")
            return fail(path + ": is no segment of a backup; 'journal import' takes slices");
        const Position before = segments.empty() ? 0 : segments.back().last;
        if (head.number("first") != before + 1) {
            return fail(path + ": begins at position " + note(head, "first") +
                        ", but the segment before it ends at " + std::to_string(before));
        }
        segments.push_back({path, head.number("first"), head.number("last"),
                            head.number("released"), note(head, "last_hash")});
    }
    return segments;
}

Done<std::string> walk_segments(
    const std::vector<Segment>& segments, Chain& chain, const TakeFrame& take,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress) {
    for (const Segment& segment : segments) {
        auto opened = ContainerReader::open(segment.path);
        if (!opened.ok()) return fail(opened.error());
        ContainerReader& reader = opened.value();
        const auto at = [&](const Frame& frame, const std::string& what) {
            return segment.path + ": offset " + std::to_string(frame.offset) + ": position " +
                   std::to_string(frame.position) + ": " + what;
        };
        Position expected = segment.first;
        for (std::uint64_t frames = 0;; ++frames) {
            const auto next = reader.next();
            if (!next.ok()) return fail(next.error());
            if (!next.value()) break;
            const Frame& frame = *next.value();
            if (frame.kind == Frame::Kind::transition) {
                if (frame.position != expected++)
                    return fail(at(
                        frame, "position " + std::to_string(expected - 1) + " was to come here"));
                if (const auto follows = chain.take(frame.payload); !follows.ok())
                    return fail(at(frame, follows.error()));
            }
            if (auto taken = take(frame); !taken.ok()) return taken;
            if (on_progress && frames % 4096 == 0) on_progress(reader.offset(), reader.size());
        }
        if (expected != segment.last + 1)
            return fail(segment.path + ": ends at position " + std::to_string(expected - 1) +
                        " instead of " + std::to_string(segment.last));
    }
    return {};
}

}  // namespace journal
