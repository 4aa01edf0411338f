#include "replay/remix/cast.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "journal/codec.hpp"
#include "schema/transition_generated.h"

namespace replay {
namespace {

constexpr std::size_t page = 1'000;

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (wrong != std::errc{} || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return number;
}

std::optional<std::uint64_t> leg_of(std::string_view name) {
    return name.size() == 16 ? number_of(name, 16) : std::nullopt;
}

bool same_letters(std::string_view a, std::string_view b) {
    return std::ranges::equal(
        a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Of "sip:1001@192.0.2.7" and of "+1001" what people call the number.
std::string_view number_in(std::string_view address) {
    for (const std::string_view scheme : {"sip:", "sips:", "tel:"}) {
        if (address.starts_with(scheme)) address.remove_prefix(scheme.size());
    }
    address = address.substr(0, address.find_first_of("@;"));
    if (address.starts_with('+')) address.remove_prefix(1);
    return address;
}

class Reading {
public:
    explicit Reading(Cast& cast) : cast_(cast) {}

    void take(const schema::TransitionT& transition) {
        now_ = Instant{transition.now};
        for (const auto& event : transition.events) take(event);
    }

private:
    void take(const schema::EventUnion& event) {
        if (const auto* made = event.AsConferenceCreated()) {
            cast_.title = made->title;
            cast_.created = now_;
        } else if (const auto* dialled = event.AsSeatDialled()) {
            sit({.seat = dialled->seat,
                 .leg_name = dialled->leg,
                 .user = dialled->user,
                 .name = dialled->name,
                 .address = dialled->target});
        } else if (const auto* entered = event.AsSeatEntered()) {
            sit({.seat = entered->seat,
                 .leg_name = entered->leg,
                 .user = entered->user,
                 .name = entered->name,
                 .address = entered->address,
                 .from = now_});
        } else if (const auto* connected = event.AsSeatConnected()) {
            if (Role* role = in_seat(connected->seat)) role->from = now_;
        } else if (const auto* left = event.AsSeatLeft()) {
            leave(in_seat(left->seat));
        } else if (const auto* removed = event.AsSeatRemoved()) {
            leave(in_seat(removed->seat));
        } else if (event.type == schema::Event::ConferenceEnded ||
                   event.type == schema::Event::PhonesLost) {
            for (Role& role : cast_.roles) leave(&role);
        }
    }
    void sit(Role role) {
        const auto leg = leg_of(role.leg_name);
        if (!leg) return;
        role.leg = *leg;
        cast_.roles.push_back(std::move(role));
    }
    Role* in_seat(std::uint32_t seat) {
        const auto found =
            std::ranges::find(cast_.roles.rbegin(), cast_.roles.rend(), seat, &Role::seat);
        return found == cast_.roles.rend() ? nullptr : &*found;
    }
    void leave(Role* role) {
        if (role != nullptr && role->from != Instant{} && role->to == Instant{}) role->to = now_;
    }

    Cast& cast_;
    Instant now_{};
};

}  // namespace

const Role* Cast::role_of(std::uint64_t leg) const {
    const auto found = std::ranges::find(roles, leg, &Role::leg);
    return found == roles.end() ? nullptr : &*found;
}

std::vector<const Role*> Cast::find(std::string_view who) const {
    std::vector<const Role*> found;
    const auto all = [&](auto is_meant) {
        for (const Role& role : roles) {
            if (is_meant(role)) found.push_back(&role);
        }
        return !found.empty();
    };
    if (who.starts_with("call_leg/")) who.remove_prefix(9);
    if (who.empty() || all([&](const Role& role) { return role.leg_name == who; })) return found;
    const auto seat = number_of(who, 10);
    if (seat && all([&](const Role& role) { return role.seat == *seat; })) return found;
    if (all([&](const Role& role) { return role.user == who; })) return found;
    (void)all([&](const Role& role) {
        return same_letters(role.name, who) || role.address == who ||
               number_in(role.address) == number_in(who);
    });
    return found;
}

Result<Cast, std::string> read_cast(const journal::Reader& reader, std::string_view conference) {
    if (conference.starts_with("conference/")) conference.remove_prefix(11);
    Cast cast{.conference = std::string{conference}};
    Reading reading{cast};
    const std::string stream = "conference/" + cast.conference;
    std::uint64_t sequence = 1;
    while (true) {
        const auto records = reader.read_stream(stream, sequence, page);
        if (!records.ok())
            return fail(stream + " cannot be read from sequence " + std::to_string(sequence) +
                        " on: " + std::string{name_of(records.error())});
        for (const journal::Record& record : records.value()) {
            const auto transition = journal::decode_transition(record.payload);
            if (!transition.ok())
                return fail(stream + ", sequence " + std::to_string(sequence) +
                            ", is not a transition");
            reading.take(transition.value());
            ++sequence;
        }
        if (records.value().size() < page) break;
    }
    if (sequence == 1) return fail("there is no " + stream + " in this journal");
    return cast;
}

std::string text_of(const Role& role) {
    std::string text = "seat " + std::to_string(role.seat);
    if (!role.user.empty()) text += ", " + role.user;
    if (!role.name.empty() || !role.address.empty())
        text += " (" + role.name + (role.name.empty() || role.address.empty() ? "" : ", ") +
                role.address + ")";
    return text + ", leg " + role.leg_name;
}

}  // namespace replay
