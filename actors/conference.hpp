// Conference: who is in the room, by which telephone, and who may be heard.
//
// A seat is a row of the roster: a person invited by IM, somebody who dialled in, or somebody we
// dial. It keeps its mutes, gains and hand while its telephone comes and goes. The rules are in
// conference.cpp and conference_sound.cpp, what follows from its facts (rooms, prompts, calls) in
// conference_effects.cpp.
#pragma once

#include "actors/entity.hpp"

namespace actors {

struct Conference {
    using State = schema::ConferenceStateT;
    using Command =
        std::variant<schema::RestartedT, schema::CreateConferenceT, schema::InvitePersonT,
                     schema::DialT, schema::CancelDialT, schema::TryPinT, schema::LegChangedT,
                     schema::LegHeldT, schema::LegTalkingT, schema::LegSilentT, schema::LegKeyedT,
                     schema::SetMutedT, schema::SetAllMutedT, schema::SetHandT, schema::RemoveSeatT,
                     schema::SetLockedT, schema::EndConferenceT, schema::SetRecordingT,
                     schema::SetGainT, schema::SetDeafT, schema::SetWhisperT>;
    using Event = std::variant<
        schema::PhonesLostT, schema::ConferenceCreatedT, schema::PersonInvitedT,
        schema::SeatDialledT, schema::SeatEnteredT, schema::SeatRingingT, schema::SeatConnectedT,
        schema::SeatLeftT, schema::DialCancelledT, schema::PinRefusedT, schema::SeatHeldT,
        schema::SeatTalkingT, schema::SeatSilentT, schema::SeatMutedT, schema::AllMutedT,
        schema::HandRaisedT, schema::SeatRemovedT, schema::LockSetT, schema::ConferenceEndedT,
        schema::RecordingSetT, schema::SeatGainSetT, schema::SeatDeafSetT, schema::WhisperSetT>;

    State state;

    [[nodiscard]] Verdict<Event> decide(const Context&, OneOf<Command>) const;
    void apply(const Context&, OneOf<Event>);
    void react(const Context&, OneOf<Event>, Effects&) const;
    /// Wants Restarted while it has telephones.
    [[nodiscard]] journal::Agenda agenda() const;
    /// Was ended, and its telephones are gone.
    [[nodiscard]] bool over() const { return state.ended && agenda().empty(); }
};

/// Muted by themselves, by a host, or with everybody.
[[nodiscard]] bool is_muted(const schema::ConferenceStateT& state,
                            const schema::SeatT& seat) noexcept;
/// Has a telephone that is dialled, rings or is connected.
[[nodiscard]] bool is_live(const schema::SeatT& seat) noexcept;
/// May steer: made the conference, came in with the host PIN, or runs the server.
[[nodiscard]] bool is_host(const schema::ConferenceStateT& state, std::string_view by);
/// Has a row in the roster and was not removed.
[[nodiscard]] bool takes_part(const schema::ConferenceStateT& state, std::string_view user);

}  // namespace actors
