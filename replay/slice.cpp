#include "replay/slice.hpp"

#include <algorithm>
#include <map>

#include "base/ids.hpp"
#include "journal/audio.hpp"
#include "journal/codec.hpp"
#include "journal/stored.hpp"
#include "replay/disguise.hpp"
#include "replay/mentions.hpp"
#include "replay/state.hpp"

namespace replay {
namespace {

constexpr std::size_t page = 1024;

using journal::loaded;

using Take = std::function<Done<std::string>(const journal::Record&, const schema::TransitionT&)>;

Done<std::string> unreadable(journal::Position position) {
    return fail("the journal cannot be read at position " + std::to_string(position) +
                ". Run 'partyline journal check'");
}

/// All transitions up to `last`, in order.
Done<std::string> each(const journal::Log& log, journal::Position last, const Take& take,
                       const Progress& progress = {}) {
    for (journal::Position next = 1; next <= last;) {
        const auto records = log.read_all(next, page);
        if (!records.ok() || records.value().empty()) return unreadable(next);
        for (const journal::Record& record : records.value()) {
            if (record.position > last) break;
            auto decoded = journal::decode_transition(record.payload);
            if (!decoded.ok()) return unreadable(record.position);
            if (auto taken = take(record, decoded.value()); !taken.ok()) return taken;
        }
        next += records.value().size();
        if (progress) progress(std::min(next - 1, last), last);
    }
    return {};
}

/// The same from the last to the first.
Done<std::string> each_backwards(const journal::Log& log, journal::Position last,
                                 const Take& take) {
    while (last > 0) {
        const journal::Position first = last > page ? last - page + 1 : 1;
        const auto records = log.read_all(first, last - first + 1);
        if (!records.ok() || records.value().size() != last - first + 1) return unreadable(first);
        for (auto record = records.value().rbegin(); record != records.value().rend(); ++record) {
            auto decoded = journal::decode_transition(record->payload);
            if (!decoded.ok()) return unreadable(record->position);
            if (auto taken = take(*record, decoded.value()); !taken.ok()) return taken;
        }
        last = first - 1;
    }
    return {};
}

/// Finds what belongs to a conference.
class Selector {
public:
    Selector(const journal::Log& log, const Progress& progress) : log_(log), progress_(progress) {}

    Result<Selection, std::string> run(const std::string& room) {
        if (auto done = mentioned_by(room); !done.ok()) return fail(done.error());
        core_.insert(room);
        for (const std::string& name : mentioned_) {
            if (!name.starts_with("call_leg/")) continue;
            core_.insert(name);
            ++chosen_.legs;
        }
        const auto legs = core_;
        for (const std::string& leg : legs) {
            if (auto done = mentioned_by(leg); !done.ok()) return fail(done.error());
        }
        // What it caused: a cause always stands before its effect.
        if (auto done = each(log_, log_.last_position(), forwards(), progress_); !done.ok())
            return fail(done.error());
        // What caused it, and what caused that.
        if (auto done = each_backwards(log_, chosen_.last, backwards()); !done.ok())
            return fail(done.error());
        // Only what there is: a person who was invited may never have had an account.
        for (const std::string& name : mentioned_) {
            const auto head = log_.head(name);
            if (head.ok() && head.value().sequence > 0) chosen_.streams.insert(name);
        }
        return std::move(chosen_);
    }

private:
    Done<std::string> mentioned_by(const std::string& stream) {
        for (std::uint64_t next = 1;;) {
            const auto records = log_.read_stream(stream, next, page);
            if (!records.ok()) return fail(stream + ": cannot be read");
            for (const journal::Record& record : records.value()) {
                const auto decoded = journal::decode_transition(record.payload);
                if (!decoded.ok()) return unreadable(record.position);
                for (std::string& name : streams_mentioned(decoded.value()))
                    mentioned_.insert(std::move(name));
            }
            next += records.value().size();
            if (records.value().size() < page) return {};
        }
    }

    Take forwards() {
        return [this](const journal::Record& record,
                      const schema::TransitionT& transition) -> Done<std::string> {
            const bool of_it = core_.contains(transition.stream);
            if (!of_it && !reached_.contains(loaded(transition.cause_id))) return {};
            reached_.insert(loaded(transition.command_id));
            if (const CommandId cause = loaded(transition.cause_id); cause != CommandId{})
                wanted_.insert(cause);
            chosen_.streams.insert(transition.stream);
            chosen_.last = record.position;
            return {};
        };
    }

    Take backwards() {
        return [this](const journal::Record&,
                      const schema::TransitionT& transition) -> Done<std::string> {
            if (!wanted_.contains(loaded(transition.command_id))) return {};
            chosen_.streams.insert(transition.stream);
            if (const CommandId cause = loaded(transition.cause_id); cause != CommandId{})
                wanted_.insert(cause);
            return {};
        };
    }

    const journal::Log& log_;
    const Progress& progress_;
    std::set<std::string, std::less<>> core_, mentioned_;
    std::set<CommandId> reached_, wanted_;
    Selection chosen_;
};

/// Writes the chosen streams, in other words when that is wished.
class Cutter {
public:
    Cutter(const Selection& chosen, const SliceOptions& options)
        : chosen_(chosen), options_(options), disguise_(options.key) {}

    Done<std::string> copy(const journal::Log& log, journal::ContainerWriter& writer) {
        return each(
            log, chosen_.last,
            [&](const journal::Record& record, const schema::TransitionT& transition) {
                if (!chosen_.streams.contains(transition.stream)) return Done<std::string>{};
                if (transition.sequence == 1) ++streams_;
                return writer.add(record.position, options_.pseudonymise
                                                       ? told_otherwise(transition)
                                                       : record.payload);
            },
            options_.progress);
    }
    [[nodiscard]] std::uint64_t streams() const { return streams_; }

    [[nodiscard]] std::string name_of(const std::string& stream) {
        return options_.pseudonymise ? disguise_.words().stream(stream) : stream;
    }

private:
    // A transition that other words change is another link of its stream's chain.
    std::string told_otherwise(const schema::TransitionT& transition) {
        schema::TransitionT told = disguise_.disguised(transition);
        base::Hash& head = heads_[told.stream];
        told.previous = journal::stored(head);
        std::string payload = journal::encode(told);
        head = journal::hash_of(payload);
        return payload;
    }

    const Selection& chosen_;
    const SliceOptions& options_;
    Disguise disguise_;
    std::map<std::string, base::Hash> heads_;
    std::uint64_t streams_ = 0;
};

Done<std::string> copy_sound(const journal::Reader& reader, const std::string& room,
                             journal::ContainerWriter& writer) {
    Done<std::string> wrong;
    const journal::AudioEnd end = journal::walk_audio(
        reader, room, {}, [&](const journal::AudioKey& key, std::string_view records) {
            if (key.room != room) return true;
            const std::string name = journal::audio_key(key);
            wrong = writer.add_sound(name, journal::encode_audio(name, records));
            return wrong.ok();
        });
    if (!wrong.ok()) return wrong;
    if (!end.what.empty()) return fail("captured sound: " + end.what);
    return {};
}

}  // namespace

Result<Selection, std::string> select_for(const journal::Log& log, const std::string& conference,
                                          const Progress& progress) {
    const std::string room = StreamId{StreamKind::conference, conference}.text();
    const auto head = log.head(room);
    if (!head.ok()) return fail(room + ": cannot be read");
    if (head.value().sequence == 0) {
        const auto near = nearest_streams(log, room, 1);
        return fail("there is no conference '" + conference + "'" +
                    (near.empty() ? std::string{} : ". Near it: " + near.front()));
    }
    return Selector{log, progress}.run(room);
}

Result<SliceReport, std::string> slice(const journal::Log& log, const std::string& conference,
                                       const std::string& path, const SliceOptions& options) {
    if (options.pseudonymise && options.sound)
        return fail(std::string{"voices cannot be pseudonymised: leave out one of the two"});
    const auto chosen = select_for(log, conference, options.progress);
    if (!chosen.ok()) return fail(chosen.error());
    const std::string room = StreamId{StreamKind::conference, conference}.text();
    Cutter cutter{chosen.value(), options};
    SliceReport report;
    report.conference = cutter.name_of(room);
    report.last = chosen.value().last;
    journal::Notes notes = options.notes;
    notes["kind"] = "slice";
    notes["conference"] = report.conference;
    notes["last"] = std::to_string(report.last);
    notes["epoch"] = std::to_string(log.epoch());
    notes["pseudonymised"] = options.pseudonymise ? "yes" : "no";
    auto writer = journal::ContainerWriter::create(path, notes);
    if (!writer.ok()) return fail(writer.error());
    if (auto done = cutter.copy(log, writer.value()); !done.ok()) return fail(done.error());
    if (options.sound) {
        if (auto done = copy_sound(*options.sound, room, writer.value()); !done.ok())
            return fail(done.error());
    }
    if (auto done = writer.value().finish(); !done.ok()) return fail(done.error());
    report.transitions = writer.value().transitions();
    report.sounds = writer.value().sounds();
    report.bytes = writer.value().bytes();
    report.streams = cutter.streams();
    return report;
}

}  // namespace replay
