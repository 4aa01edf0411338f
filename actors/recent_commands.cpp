#include "actors/recent_commands.hpp"

#include "actors/limits.hpp"

namespace actors {
namespace {

constexpr std::size_t few = 16;  // command ids that are looked through one by one
static_assert(recent_commands_max < UINT16_MAX);

}  // namespace

void RecentCommands::clear() {
    ring_.clear();
    table_.clear();
    oldest_ = 0;
}

const RecentCommands::Decided& RecentCommands::at(std::size_t age) const {
    const std::size_t place = oldest_ + age;
    return ring_[place < ring_.size() ? place : place - ring_.size()];
}

std::size_t RecentCommands::age_of(std::size_t place) const {
    return place >= oldest_ ? place - oldest_ : place + ring_.size() - oldest_;
}

void RecentCommands::add(CommandId id, std::uint64_t sequence) {
    if (ring_.size() < recent_commands_max) {
        ring_.push_back({id, sequence});
        if (ring_.size() <= few) return;
        if (table_.size() >= 2 * ring_.size()) return note(ring_.size() - 1);
        table_.assign(table_.empty() ? 4 * few : 2 * table_.size(), {});
        for (std::size_t place = 0; place < ring_.size(); ++place) note(place);
        return;
    }
    strike_out(oldest_);
    ring_[oldest_] = {id, sequence};
    note(oldest_);
    oldest_ = (oldest_ + 1) % ring_.size();
}

std::optional<std::uint64_t> RecentCommands::find(CommandId id) const {
    if (table_.empty()) {
        for (std::size_t i = ring_.size(); i-- > 0;) {
            if (ring_[i].id == id) return ring_[i].sequence;
        }
        return std::nullopt;
    }
    std::optional<std::size_t> newest;
    const std::uint64_t mix = mixed(id);
    for (std::size_t i = home_of(mix); table_[i].place != 0; i = behind(i)) {
        if (table_[i].tag != static_cast<std::uint16_t>(mix)) continue;
        const std::size_t place = table_[i].place - 1u;
        if (ring_[place].id != id) continue;
        if (!newest || age_of(place) > age_of(*newest)) newest = place;
    }
    if (!newest) return std::nullopt;
    return ring_[*newest].sequence;
}

// Ids that clients choose are hashed already (command_id_of): nobody can make them collide.
std::uint64_t RecentCommands::mixed(CommandId id) {
    const std::uint64_t mix = (id.high ^ (id.low * 0x9e3779b97f4a7c15ull)) * 0x94d049bb133111ebull;
    return mix ^ (mix >> 29);
}

void RecentCommands::note(std::size_t place) {
    const std::uint64_t mix = mixed(ring_[place].id);
    std::size_t i = home_of(mix);
    while (table_[i].place != 0) i = behind(i);
    table_[i] = {static_cast<std::uint16_t>(place + 1), static_cast<std::uint16_t>(mix)};
}

void RecentCommands::strike_out(std::size_t place) {
    const std::size_t mask = table_.size() - 1;
    std::size_t hole = home_of(mixed(ring_[place].id));
    while (table_[hole].place != place + 1) hole = behind(hole);
    // Those behind move up, unless that would bring them before their place.
    for (std::size_t next = behind(hole); table_[next].place != 0; next = behind(next)) {
        const std::size_t home = home_of(mixed(ring_[table_[next].place - 1u].id));
        if (((next - home) & mask) < ((next - hole) & mask)) continue;
        table_[hole] = table_[next];
        hole = next;
    }
    table_[hole] = {};
}

}  // namespace actors
