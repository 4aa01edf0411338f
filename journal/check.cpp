#include "journal/check.hpp"

#include <map>
#include <unordered_map>

#include "journal/audio.hpp"
#include "journal/codec.hpp"
#include "journal/database.hpp"
#include "journal/layout.hpp"
#include "journal/stored.hpp"
#include "journal/wal_scan.hpp"
#include "schema/transition_generated.h"

namespace journal {

namespace {

// Which stream and sequence the index gives a position whose record says nothing any more.
void locate(const Database& database, Damage& damage) {
    const auto at = database.iterate(Family::streams);
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        const auto key = parse_stream_key(view(at->key()));
        const auto value = parse_stream_value(view(at->value()));
        if (!key || !value || value->position != damage.position) continue;
        damage.stream = std::string{key->stream};
        damage.sequence = key->sequence;
        return;
    }
}

// One record by itself, and what the index says of it.
Result<schema::TransitionT, Damage> examine(const Database& database, Position position,
                                            std::string_view value, base::Hash& hash) {
    Damage damage{.position = position};
    const auto payload = parse_record(position, value);
    if (!payload.ok()) {
        damage.what = describe(payload.error());
        locate(database, damage);
        return fail(damage);
    }
    auto transition = decode_transition(payload.value());
    if (!transition.ok()) {
        damage.what = "matches its checksum, but is no transition that this program understands";
        locate(database, damage);
        return fail(damage);
    }
    damage.stream = transition.value().stream;
    damage.sequence = transition.value().sequence;
    hash = hash_of(payload.value());
    rocksdb::PinnableSlice index;
    const auto status = database.db->Get(rocksdb::ReadOptions{}, database.family(Family::streams),
                                         stream_key(damage.stream, damage.sequence), &index);
    const auto entry = status.ok() ? parse_stream_value(view(index)) : std::nullopt;
    if (!entry) {
        damage.what = "is not in the index of streams";
        return fail(damage);
    }
    if (entry->position != position) {
        damage.what =
            "is at position " + std::to_string(entry->position) + " by the index of streams";
        return fail(damage);
    }
    if (entry->hash != hash) {
        damage.what = "has another hash than the index of streams says";
        return fail(damage);
    }
    return std::move(transition).value();
}

Damage missing(const Database& database, Position first, Position next_readable) {
    Damage damage{.position = first};
    damage.what = next_readable == first + 1 ? "is missing"
                  : next_readable > first
                      ? "and all up to " + std::to_string(next_readable - 1) + " are missing"
                      : "is missing, and all after it";
    locate(database, damage);
    return damage;
}

Damage unreadable(const Database& database, Position position, const rocksdb::Status& status) {
    Damage damage{.position = position};
    damage.what = "cannot be read: " + status.ToString();
    locate(database, damage);
    return damage;
}

// RocksDB stops at a flaw of the write-ahead log and calls what it has read whole; records behind
// the flaw prove that more was there. Seen beside a running server the log may have grown since we
// opened, so a suspicion looks again.
std::optional<Damage> lost_in_wal(const Database& database, Position last) {
    const Position synced = synced_by_wal(database.path, database.family(Family::meta)->GetID());
    if (synced <= last) return std::nullopt;
    Database again;
    again.path = database.path;
    const rocksdb::Status status = open_database_read_only(again, Recovery::cut_tail);
    if (!status.ok()) return unreadable(database, last + 1, status);
    const auto at = again.iterate(Family::log);
    at->SeekToLast();
    last = at->Valid() ? parse_position_key(view(at->key())).value_or(0) : 0;
    if (synced <= last) return std::nullopt;
    return Damage{.position = last + 1,
                  .what = "was safely on disk once, as were all up to " + std::to_string(synced) +
                          ", and is not readable in the write-ahead log any more"};
}

class Checker {
public:
    Checker(const Reader& reader, const CheckOptions& options)
        : reader_(reader), database_(reader.database()), options_(options) {}

    CheckReport run() {
        report_.last_position = reader_.last_position();
        report_.epoch = reader_.epoch();
        walk_log();
        if (report_.ok()) walk_index();
        if (report_.ok()) walk_snapshots();
        if (report_.ok()) walk_sound();
        if (report_.ok()) report_.first_damage = lost_in_wal(database_, report_.last_position);
        report_.streams = streams_.size();
        return report_;
    }

private:
    struct Tail {
        std::uint64_t sequence = 0;
        base::Hash hash;
        std::int64_t now = 0;
    };

    void found(Damage damage) { report_.first_damage = std::move(damage); }

    void walk_log() {
        Position expected = 1;
        const auto at = database_.iterate(Family::log);
        for (at->SeekToFirst(); at->Valid() && report_.ok(); at->Next(), ++expected) {
            const auto position = parse_position_key(view(at->key()));
            if (!position) return found({.what = "the log has a key that is no position"});
            if (*position != expected) return found(missing(database_, expected, *position));
            take(expected, view(at->value()));
        }
        if (report_.ok() && !at->status().ok())
            found(unreadable(database_, expected, at->status()));
    }

    void take(Position position, std::string_view value) {
        base::Hash hash;
        const auto examined = examine(database_, position, value, hash);
        if (!examined.ok()) return found(examined.error());
        const schema::TransitionT& transition = examined.value();
        Damage damage{position, transition.stream, transition.sequence, {}};
        Tail& tail = streams_[transition.stream];
        if (transition.sequence != tail.sequence + 1) {
            damage.what = "follows sequence " + std::to_string(tail.sequence) + " of its stream";
        } else if (loaded(transition.previous) != tail.hash) {
            damage.what = "does not carry the hash of the transition before it in its stream";
        } else if (transition.now < tail.now) {
            damage.what = "is earlier than the transition before it in its stream";
        } else if (transition.epoch < epoch_) {
            damage.what = "has epoch " + std::to_string(transition.epoch) + " after epoch " +
                          std::to_string(epoch_);
        } else if (transition.epoch > report_.epoch) {
            damage.what = "has an epoch that never began";
        }
        if (!damage.what.empty()) return found(std::move(damage));
        tail = {transition.sequence, hash, transition.now};
        epoch_ = transition.epoch;
        ++report_.transitions;
        report_.payload_bytes += value.size() - record_header_bytes;
        if (options_.on_progress && report_.transitions % 10'000 == 0) {
            options_.on_progress(report_.transitions, report_.last_position);
        }
    }

    // The log has been held against the index; now the index has no entry too many.
    void walk_index() {
        std::uint64_t entries = 0;
        const auto at = database_.iterate(Family::streams);
        for (at->SeekToFirst(); at->Valid(); at->Next(), ++entries) {
            const auto key = parse_stream_key(view(at->key()));
            const auto value = parse_stream_value(view(at->value()));
            if (!key || !value)
                return found({.what = "the index of streams has an entry of no known form"});
            const auto tail = streams_.find(std::string{key->stream});
            if (tail == streams_.end() || key->sequence > tail->second.sequence) {
                return found({value->position, std::string{key->stream}, key->sequence,
                              "is in the index of streams, but not in the log"});
            }
        }
        if (!at->status().ok()) {
            return found(
                {.what = "the index of streams cannot be read: " + at->status().ToString()});
        }
        if (entries != report_.transitions) {
            found({.what = "the index of streams has " + std::to_string(entries) + " entries for " +
                           std::to_string(report_.transitions) + " transitions"});
        }
    }

    void walk_snapshots() {
        const auto at = database_.iterate(Family::snapshots);
        for (at->SeekToFirst(); at->Valid(); at->Next()) {
            const auto stored = parse_snapshot(view(at->value()));
            const bool readable = stored.has_value() && decode_snapshot(stored->payload).ok();
            ++(readable ? report_.snapshots : report_.unreadable_snapshots);
        }
    }

    void walk_sound() {
        const AudioEnd end =
            walk_audio(reader_, {}, {}, [](const AudioKey&, std::string_view) { return true; });
        report_.audio_chunks = end.chunks;
        report_.audio_bytes = end.bytes;
        if (!end.what.empty())
            found({.stream = end.damaged ? end.damaged->room : std::string{}, .what = end.what});
    }

    const Reader& reader_;
    const Database& database_;
    const CheckOptions& options_;
    CheckReport report_;
    std::unordered_map<std::string, Tail> streams_;
    std::uint64_t epoch_ = 0;
};

}  // namespace

std::string Damage::sentence() const {
    std::string text;
    if (position != 0) text += "position " + std::to_string(position);
    if (!stream.empty()) {
        std::string name = stream;
        if (sequence != 0) name += ", sequence " + std::to_string(sequence);
        text += text.empty() ? name : " (" + name + ")";
    }
    if (!text.empty()) text += ' ';
    return text + what;
}

CheckReport check(const Reader& reader, const CheckOptions& options) {
    return Checker{reader, options}.run();
}

std::optional<Damage> check_tail(const Reader& reader, std::size_t count) {
    const Database& database = reader.database();
    const auto at = database.iterate(Family::log);
    Position expected = 0;
    at->SeekToLast();
    for (std::size_t i = 0; at->Valid() && i < count; ++i, at->Prev()) {
        const auto position = parse_position_key(view(at->key()));
        if (!position) return Damage{.what = "the log has a key that is no position"};
        if (expected != 0 && *position != expected)
            return missing(database, *position + 1, expected + 1);
        base::Hash hash;
        const auto examined = examine(database, *position, view(at->value()), hash);
        if (!examined.ok()) return examined.error();
        expected = *position - 1;
    }
    if (!at->status().ok()) return unreadable(database, expected, at->status());
    if (!at->Valid() && expected > 0) return missing(database, 1, expected + 1);
    return std::nullopt;
}

}  // namespace journal
