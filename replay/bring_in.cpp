#include "replay/bring_in.hpp"

#include <algorithm>
#include <thread>

#include "journal/audio.hpp"
#include "journal/backup.hpp"
#include "journal/bulk.hpp"
#include "journal/reader_log.hpp"
#include "replay/verify.hpp"

namespace replay {
namespace {

/// Decides all streams again, sets their agendas and counts which differ.
Done<std::string> settle(journal::Bulk& bulk, BroughtIn& report, const Share& share) {
    auto reader = bulk.reader();
    if (!reader.ok()) return fail(reader.error());
    const journal::ReaderLog log{std::move(reader).value()};
    Done<std::string> set;
    const auto settled = verify(
        log, {.jobs = std::max(1u, std::thread::hardware_concurrency()),
              .progress = share,
              .on_end = [&](const Ended& one) {
                  if (!one.agenda) ++report.streams_differing;
                  // What differs may have had a deadline or a telephone: a
                  // start asks it.
                  const auto agenda = one.agenda.value_or(journal::Agenda{.on_restart = true});
                  if (set.ok()) set = bulk.set_agenda(one.stream, agenda);
              }});
    if (settled.transitions != bulk.last_position())
        return fail(std::string{"the new journal cannot be read"});
    return set;
}

Result<BroughtIn, std::string> complete(journal::Bulk& bulk, BroughtIn report,
                                        journal::Position released, const Share& share) {
    report.transitions = bulk.last_position();
    report.streams = bulk.chain().streams();
    report.epoch = bulk.chain().epoch();
    report.last = {bulk.chain().transition().now};
    if (auto done = settle(bulk, report, share); !done.ok()) return fail(done.error());
    if (auto done = bulk.finish(released); !done.ok()) return fail(done.error());
    return report;
}

std::string at(const std::string& path, const journal::Frame& frame, const std::string& what) {
    return path + ": offset " + std::to_string(frame.offset) + ": " + what;
}

}  // namespace

Result<BroughtIn, std::string> import_slice(const std::string& path, const std::string& folder,
                                            const Share& share) {
    auto opened = journal::ContainerReader::open(path);
    if (!opened.ok()) return fail(opened.error());
    journal::ContainerReader& reader = opened.value();
    if (const auto kind = reader.notes().find("kind");
        kind == reader.notes().end() || kind->second != "slice") {
        return fail(path + ": is no slice; 'journal restore' takes the directory of a backup");
    }
    auto made = journal::Bulk::create(folder);
    if (!made.ok()) return fail(made.error());
    journal::Bulk& bulk = *made.value();
    BroughtIn report;
    report.notes = reader.notes();
    for (std::uint64_t frames = 0;; ++frames) {
        const auto next = reader.next();
        if (!next.ok()) return fail(next.error());
        if (!next.value()) break;
        const journal::Frame& frame = *next.value();
        const bool sound = frame.kind == journal::Frame::Kind::sound;
        const auto added =
            sound ? bulk.add_sound(frame.key, frame.payload) : bulk.add(frame.payload);
        if (!added.ok()) return fail(at(path, frame, added.error()));
        if (sound) ++report.sounds;
        if (share && frames % 4096 == 0) share(reader.offset(), reader.size());
    }
    // A slice is looked at; if it is served all the same, nobody is rung again.
    return complete(bulk, std::move(report), bulk.last_position(), share);
}

Result<BroughtIn, std::string> restore(const std::string& backup, const std::string& folder,
                                       const RestoreOptions& options) {
    const auto segments = journal::segments_of(backup);
    if (!segments.ok()) return fail(segments.error());
    if (segments.value().empty()) return fail(backup + ": holds no backup");
    const journal::Position all = segments.value().back().last;
    if (options.to_position && (*options.to_position == 0 || *options.to_position > all)) {
        return fail(backup + ": holds positions 1 to " + std::to_string(all) + ", not " +
                    std::to_string(*options.to_position));
    }
    auto made = journal::Bulk::create(folder);
    if (!made.ok()) return fail(made.error());
    journal::Bulk& bulk = *made.value();
    BroughtIn report;
    journal::Chain chain;
    bool cut = false;
    const auto take = [&](const journal::Frame& frame) -> Done<std::string> {
        if (frame.kind == journal::Frame::Kind::sound) {
            const auto key = journal::parse_audio_key(frame.key);
            if (cut && (!key || key->epoch > bulk.chain().epoch())) return {};
            ++report.sounds;
            return bulk.add_sound(frame.key, frame.payload);
        }
        cut = cut || (options.to_position && frame.position > *options.to_position) ||
              (options.to_time && chain.transition().now > options.to_time->us);
        return cut ? Done<std::string>{} : bulk.add(frame.payload);
    };
    if (auto done = journal::walk_segments(segments.value(), chain, take, options.share);
        !done.ok()) {
        return fail(done.error());
    }
    if (bulk.last_position() == 0 && all > 0)
        return fail(backup + ": all that it holds is later than that");
    return complete(bulk, std::move(report), segments.value().back().released, options.share);
}

}  // namespace replay
