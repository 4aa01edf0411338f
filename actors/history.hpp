// One stream as it stands after its last transition: the entity, and what the next transition needs
// to know. Live actors, restarts and replay all fold through here, so they cannot differ.
//
// Thread: one owner. Memory: the entity and its last 1024 command ids. Time: only what transitions
// say.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/machine.hpp"
#include "actors/recent_commands.hpp"
#include "base/hash.hpp"
#include "journal/log.hpp"

namespace actors {

class History {
public:
    explicit History(StreamId stream);

    /// Called for each transition while it is folded, with the entity as it is after the event.
    using OnEvent = std::function<void(const Context&, const schema::EventUnion&, const Machine&)>;

    /// Folds the stream from its newest usable snapshot below `before` (0: any). The fault is
    /// `corrupt` when a checksum, a sequence or the hash chain does not hold; the history is then
    /// unusable.
    [[nodiscard]] Done<journal::Fault> load(const journal::Log& log, std::uint64_t before = 0,
                                            const OnEvent& on_event = {});
    /// The same from its first transition, whatever snapshots there are.
    [[nodiscard]] Done<journal::Fault> load_all(const journal::Log& log,
                                                const OnEvent& on_event = {});

    /// Folds one more transition. False when it does not follow the last one or is not this
    /// entity's.
    [[nodiscard]] bool fold(const schema::TransitionT& transition, std::string_view payload,
                            const OnEvent& on_event = {});
    /// The same for who knows the payload's hash already.
    [[nodiscard]] bool fold(const schema::TransitionT& transition, const base::Hash& hash,
                            const OnEvent& on_event = {});

    /// What a command makes of a stream, besides itself.
    struct Circumstances {
        CommandId id;
        CommandId cause;
        Instant now;
        std::string_view by;
        std::uint64_t epoch = 0;
        std::uint16_t behaviour = behaviour_version;
    };
    /// Writes into `transition`, which is fresh, what `command` would make now: decided, not yet
    /// folded. Events may be none. Refused: it is of no use.
    [[nodiscard]] Done<Refusal> draft_into(schema::TransitionT& transition, const Circumstances& at,
                                           schema::CommandUnion command) const;

    /// The same by itself.
    struct Draft {
        schema::TransitionT transition;
        [[nodiscard]] bool changes() const { return !transition.events.empty(); }
    };
    [[nodiscard]] Result<Draft, Refusal> draft(CommandId id, CommandId cause, Instant now,
                                               std::string_view by, std::uint64_t epoch,
                                               schema::CommandUnion command,
                                               std::uint16_t behaviour = behaviour_version) const;

    /// The sequence that this command id was decided at, if that is not too long ago.
    [[nodiscard]] std::optional<std::uint64_t> decided_at(CommandId id) const {
        return recent_.find(id);
    }

    [[nodiscard]] schema::SnapshotT snapshot() const;

    [[nodiscard]] const StreamId& stream() const { return stream_; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::uint64_t sequence() const { return sequence_; }
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    [[nodiscard]] const base::Hash& head() const { return head_; }
    [[nodiscard]] Instant last_now() const { return last_now_; }
    [[nodiscard]] const Machine& machine() const { return *machine_; }

private:
    void forget_everything();
    [[nodiscard]] Done<journal::Fault> read_on(const journal::Log& log, const OnEvent& on_event);
    [[nodiscard]] bool restore(const journal::Log& log, const journal::StoredSnapshot& stored);

    StreamId stream_;
    std::string text_;
    std::unique_ptr<Machine> machine_;
    std::uint64_t sequence_ = 0;
    std::uint64_t epoch_ = 0;  // of the last transition
    base::Hash head_{};
    Instant last_now_{};
    RecentCommands recent_;
};

/// The hash of a state's bytes: equal for equal states, on every machine.
[[nodiscard]] base::Hash state_hash(schema::StateUnion state);

/// Folds one more stream into the hash of a whole journal; streams come in byte order of their
/// names.
[[nodiscard]] base::Hash combined(const base::Hash& so_far, std::string_view stream,
                                  const base::Hash& state);

/// The combined hash of all streams, each folded from its first transition: snapshots are not
/// asked.
[[nodiscard]] Result<base::Hash, journal::Fault> state_hash_of_all(const journal::Log& log);

}  // namespace actors
