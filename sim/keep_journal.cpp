#include "sim/keep_journal.hpp"

#include <filesystem>
#include <future>
#include <map>

#include "journal/codec.hpp"
#include "journal/store.hpp"

namespace sim {
namespace {

constexpr std::size_t page = 2000;  // transitions in flight: far below the store's queue

/// The last transition of each stream that has an agenda brings it along.
std::map<std::string, journal::Agenda> agendas(const journal::Log& log) {
    std::map<std::string, journal::Agenda> known;
    for (const journal::AgendaEntry& entry : log.agenda()) known[entry.stream] = entry.agenda;
    return known;
}

}  // namespace

std::string keep_journal(const journal::Log& log, const std::string& folder) {
    std::error_code wrong;
    const bool there = std::filesystem::exists(folder, wrong);
    if (there && !std::filesystem::is_empty(folder, wrong))
        return "'" + folder + "' is not empty: name a new folder for the journal";
    std::filesystem::create_directories(folder, wrong);
    if (wrong) return "cannot make '" + folder + "': " + wrong.message();
    auto store = journal::Store::open(folder);
    if (!store.ok()) return store.error().sentence;
    const auto agenda_of = agendas(log);
    for (journal::Position from = 1; from <= log.last_position();) {
        const auto records = log.read_all(from, page);
        if (!records.ok() || records.value().empty()) return "the world's journal cannot be read";
        std::promise<journal::Fault> stored;
        for (const journal::Record& record : records.value()) {
            const auto transition = journal::decode_transition(record.payload);
            if (!transition.ok()) return "a transition of the world cannot be decoded";
            journal::Append append;
            append.stream = transition.value().stream;
            append.sequence = transition.value().sequence;
            append.payload = record.payload;
            append.durability = journal::Durability::relaxed;
            const auto head = log.head(append.stream);
            const auto agenda = agenda_of.find(append.stream);
            if (agenda != agenda_of.end() && head.ok() && head.value().sequence == append.sequence)
                append.agenda = agenda->second;
            const bool last = record.position == records.value().back().position;
            append.done = [&stored, last](const journal::Appended& done) {
                if (last) stored.set_value(done.fault);
            };
            store.value()->append(std::move(append));
        }
        if (const auto fault = stored.get_future().get(); fault != journal::Fault::none)
            return "writing to '" + folder + "' failed: " + std::string{journal::name_of(fault)};
        from = records.value().back().position + 1;
    }
    store.value()->mark_released(log.last_position());
    store.value()->close();
    return {};
}

}  // namespace sim
