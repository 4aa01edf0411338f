#include "sim/swarm/case.hpp"

#include <nlohmann/json.hpp>

#include "sim/models/chance.hpp"

namespace sim::swarm {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Feature::count_)> names{
    "messages", "resends",   "groups",  "dial_in", "access_number", "wrong_pins",
    "hang_ups", "dial_out",  "cancels", "mutes",   "holds",         "hands",
    "sound",    "removals",  "locks",   "endings", "registrations", "sessions",
    "numbers",  "strangers", "twice",   "watchers"};

double between(Chance& chance, double low, double high) {
    return low + chance.uniform() * (high - low);
}

template <class T>
T one_of(Chance& chance, std::initializer_list<T> values) {
    return values.begin()[chance.below(values.size())];
}

Span span_in(Chance& chance, double seconds, double longest) {
    const double from = between(chance, 0, seconds);
    return {from, from + between(chance, 0.1, longest)};
}

void draw_faults(Case& one, Chance& chance) {
    one.sync_s = one_of(chance, {0.0, 0.0002, 0.002, 0.02, 0.2});
    one.slow = one.sync_s < 0.1 ? one_of(chance, {0.0, 0.0, 0.01}) : 0;
    one.lost = one_of(chance, {0.0, 0.5, 1.0});
    one.torn = one_of(chance, {0.0, 0.0, 0.5});
    one.reordered = one_of(chance, {0.0, 0.0, 0.5});
    one.sync_fails = one_of(chance, {0.0, 0.0, 0.0, 0.0005});
    if (chance.with(0.3)) {
        one.full = span_in(chance, one.seconds, 20);
        // What waits for space is lost when the process dies meanwhile.
        if (chance.with(0.5))
            one.crashes.push_back({between(chance, one.full.from_s, one.full.to_s),
                                   static_cast<std::uint32_t>(chance.below(10))});
    }
    const std::uint64_t crashes = chance.with(0.6) ? 1 + chance.below(4) : 0;
    for (std::uint64_t i = 0; i < crashes; ++i)
        one.crashes.push_back(
            {between(chance, 0, one.seconds), static_cast<std::uint32_t>(chance.below(40))});
    for (int i = 0; i < 2 && chance.with(0.2); ++i)
        one.jumps.push_back({between(chance, 0, one.seconds),
                             one_of(chance, {-7200.0, -60.0, -2.0, 2.0, 60.0, 7200.0})});
    for (int i = 0; i < 2 && chance.with(0.2); ++i)
        one.partitions.push_back(span_in(chance, one.seconds, 40));
    for (int i = 0; i < 2 && chance.with(0.2); ++i)
        one.trunk_lost.push_back(between(chance, 0, one.seconds));
}

using nlohmann::json;

json spans(const std::vector<Span>& all) {
    json rows = json::array();
    for (const Span& one : all) rows.push_back({one.from_s, one.to_s});
    return rows;
}

Span span_of(const json& row) { return {row.at(0).get<double>(), row.at(1).get<double>()}; }

void read_lists(Case& one, const json& from) {
    for (const json& row : from.at("crashes"))
        one.crashes.push_back({row.at(0).get<double>(), row.at(1).get<std::uint32_t>()});
    for (const json& row : from.at("jumps"))
        one.jumps.push_back({row.at(0).get<double>(), row.at(1).get<double>()});
    for (const json& row : from.at("partitions")) one.partitions.push_back(span_of(row));
    for (const json& row : from.at("trunk_lost")) one.trunk_lost.push_back(row.get<double>());
    for (const json& name : from.at("features")) {
        for (std::size_t i = 0; i < names.size(); ++i)
            if (name.get<std::string>() == names[i]) one.features[i] = true;
    }
}

Case read(const json& from) {
    Case one;
    one.seed = from.at("seed").get<std::uint64_t>();
    one.seconds = from.at("seconds").get<double>();
    one.users = from.at("users").get<std::uint32_t>();
    one.rooms = from.at("rooms").get<std::uint32_t>();
    one.wishes_per_s = from.at("wishes_per_s").get<double>();
    one.burst = from.at("burst").get<std::uint32_t>();
    one.shuffled = from.at("shuffled").get<bool>();
    one.idle_after_s = from.at("idle_after_s").get<double>();
    one.network_s = from.at("network_s").get<double>();
    one.sync_s = from.at("sync_s").get<double>();
    one.sync_fails = from.at("sync_fails").get<double>();
    one.torn = from.at("torn").get<double>();
    one.reordered = from.at("reordered").get<double>();
    one.lost = from.at("lost").get<double>();
    one.slow = from.at("slow").get<double>();
    one.full = span_of(from.at("full"));
    read_lists(one, from);
    return one;
}

}  // namespace

std::string_view name_of(Feature feature) { return names[static_cast<std::size_t>(feature)]; }

Case draw_case(std::uint64_t seed, double seconds) {
    Chance chance{seed, "swarm/case"};
    Case one;
    one.seed = seed;
    one.seconds = seconds;
    one.users = static_cast<std::uint32_t>(1 + chance.below(6));
    one.rooms = static_cast<std::uint32_t>(1 + chance.below(3));
    one.wishes_per_s = one_of(chance, {2.0, 8.0, 25.0});
    one.burst = one_of(chance, {1u, 1u, 4u, 12u});
    const double share = one_of(chance, {0.4, 0.7, 0.9});
    for (bool& on : one.features) on = chance.with(share);
    one.shuffled = chance.with(0.5);
    one.idle_after_s = one_of(chance, {1.0, 5.0, 60.0, 300.0});
    one.network_s = one_of(chance, {0.0, 0.02, 0.5});
    draw_faults(one, chance);
    return one;
}

std::string to_json(const Case& one) {
    json crashes = json::array(), jumps = json::array(), features = json::array();
    for (const Crash& crash : one.crashes) crashes.push_back({crash.at_s, crash.errands});
    for (const Jump& jump : one.jumps) jumps.push_back({jump.at_s, jump.by_s});
    for (std::size_t i = 0; i < names.size(); ++i)
        if (one.features[i]) features.push_back(names[i]);
    const json all{{"seed", one.seed},
                   {"seconds", one.seconds},
                   {"users", one.users},
                   {"rooms", one.rooms},
                   {"wishes_per_s", one.wishes_per_s},
                   {"burst", one.burst},
                   {"features", features},
                   {"shuffled", one.shuffled},
                   {"idle_after_s", one.idle_after_s},
                   {"network_s", one.network_s},
                   {"sync_s", one.sync_s},
                   {"sync_fails", one.sync_fails},
                   {"torn", one.torn},
                   {"reordered", one.reordered},
                   {"lost", one.lost},
                   {"slow", one.slow},
                   {"full", {one.full.from_s, one.full.to_s}},
                   {"crashes", crashes},
                   {"jumps", jumps},
                   {"partitions", spans(one.partitions)},
                   {"trunk_lost", one.trunk_lost}};
    return all.dump();
}

Result<Case, std::string> case_from_json(std::string_view text) {
    try {
        return read(json::parse(text));
    } catch (const json::exception& why) {
        return fail(std::string{"not a swarm case as --shrink writes it: "} + why.what());
    }
}

}  // namespace sim::swarm
