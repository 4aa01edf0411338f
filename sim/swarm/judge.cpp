#include "sim/swarm/judge.hpp"

#include "journal/codec.hpp"
#include "journal/reader.hpp"
#include "journal/stored.hpp"

namespace sim::swarm {
namespace {

constexpr std::size_t page = 1024;

std::vector<std::string> all_streams(const Disk& disk) {
    std::vector<std::string> all;
    for (std::string after;;) {
        const auto names = disk.list_streams("", after, page);
        if (!names.ok() || names.value().empty()) return all;
        all.insert(all.end(), names.value().begin(), names.value().end());
        after = names.value().back();
    }
}

schema::StateUnion state_of(const actors::History& history) { return history.machine().state(); }

/// Without snapshots, with them, and as the house has it.
void judge_state(Town& town, const std::string& name) {
    Watch& watch = town.watch();
    const auto stream = parse_stream(name);
    actors::History whole{*stream}, quick{*stream};
    if (!whole.load_all(town.disk()).ok())
        return watch.complain("replay_equals_live", name, "its transitions cannot be folded");
    const base::Hash replayed = actors::state_hash(state_of(whole));
    if (!quick.load(town.disk()).ok() || actors::state_hash(state_of(quick)) != replayed ||
        quick.sequence() != whole.sequence() ||
        journal::encode(quick.snapshot()) != journal::encode(whole.snapshot()))
        watch.complain("snapshots_change_nothing", name,
                       "folded from its snapshot it is another than from its beginning");
    bool told = false;
    town.house().view(*stream, [&](const actors::View& view) {
        told = true;
        if (view.sequence != whole.sequence() || actors::state_hash(view.state) != replayed)
            watch.complain("replay_equals_live", name,
                           "live it is at sequence " + std::to_string(view.sequence) +
                               ", replayed at " + std::to_string(whole.sequence()) +
                               ", and the states differ");
    });
    town.settle_instant();
    if (!told) watch.complain("settles", name, "its state was asked for and never told");
}

/// Each journaled command is decided once more.
void judge_decisions(Town& town, const std::string& name) {
    actors::History history{*parse_stream(name)};
    for (;;) {
        const auto records = town.disk().read_stream(name, history.sequence() + 1, page);
        if (!records.ok() || records.value().empty()) return;
        for (const journal::Record& record : records.value()) {
            const auto decoded = journal::decode_transition(record.payload);
            if (!decoded.ok()) return;
            const schema::TransitionT& was = decoded.value();
            const auto draft =
                history.draft(journal::loaded(was.command_id), journal::loaded(was.cause_id),
                              {was.now}, was.by, was.epoch, was.command, was.behaviour);
            if (!draft.ok() || journal::encode(draft.value().transition) != record.payload)
                return town.watch().complain("decides_again_the_same", name,
                                             "sequence " + std::to_string(was.sequence) + ", " +
                                                 schema::EnumNameCommand(was.command.type) +
                                                 ", is decided otherwise when it is replayed");
            if (!history.fold(was, record.payload)) return;
        }
    }
}

std::map<CommandId, std::uint64_t> decisions_of(const Disk& disk, const std::string& stream) {
    std::map<CommandId, std::uint64_t> all;
    const auto records = disk.read_stream(stream, 1, 1'000'000);
    for (const auto& record : records.value()) {
        const auto transition = journal::decode_transition(record.payload);
        if (!transition.ok()) break;
        const auto& id = transition.value().command_id;
        all[journal::loaded(id)] = transition.value().sequence;
    }
    return all;
}

/// What was answered with success is where the answer said, and nowhere else.
void judge_promises(Town& town) {
    std::map<std::string, std::map<CommandId, std::uint64_t>> decided;
    for (const Watch::Kept& one : town.watch().promises()) {
        const bool always_decides =
            one.what == schema::Command::SendMessage || one.what == schema::Command::Strike;
        if (!one.decided && !always_decides) continue;
        auto& stream = decided[one.stream];
        if (stream.empty()) stream = decisions_of(town.disk(), one.stream);
        const auto found = stream.find(one.id);
        if (found != stream.end() && found->second == one.sequence) continue;
        town.watch().complain(
            "acknowledged_is_kept", one.stream,
            std::string{schema::EnumNameCommand(one.what)} + " " + one.id.text() +
                " was answered with sequence " + std::to_string(one.sequence) + " and is " +
                (found == stream.end() ? "nowhere" : "at " + std::to_string(found->second)));
    }
}

/// The mixer plays the plan of the rooms as they are.
void judge_mixes(Town& town) {
    const actors::Books& books = town.watch().books();
    for (const actors::Handle room : books.rooms_in_order()) {
        const std::string& name = books.name(room);
        const std::size_t connected = books.room(room)->connected.size();
        const auto found = town.watch().mixes().find(name);
        const std::size_t mixed = found == town.watch().mixes().end() ? 0 : found->second.size();
        if (mixed != connected)
            town.watch().complain("mixer_has_the_plan", "conference/" + name,
                                  std::to_string(mixed) + " legs are mixed, " +
                                      std::to_string(connected) + " are connected");
    }
}

}  // namespace

void judge(Town& town) {
    town.watch().inspector().end(true);
    for (const std::string& name : all_streams(town.disk())) {
        if (!town.watch().content()) return;
        judge_state(town, name);
        judge_decisions(town, name);
    }
    judge_promises(town);
    judge_mixes(town);
}

}  // namespace sim::swarm
