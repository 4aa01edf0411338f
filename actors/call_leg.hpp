// CallLeg: one telephone connection, from the first INVITE to its end.
//
//     inbound   offered -> asking_conference -> asking_pin -> checking_pin -> connected -> ended
//     outbound  dialling -> ringing -> connected -> ended
//
// It has patience in every phase but `connected`, and it does not outlive the server's process.
#pragma once

#include "actors/entity.hpp"

namespace actors {

struct CallLeg {
    using State = schema::CallLegStateT;
    using Command = std::variant<schema::WakeT, schema::RestartedT, schema::IncomingCallT,
                                 schema::PlaceCallT, schema::CallRingingT, schema::CallAnsweredT,
                                 schema::CallEndedT, schema::CallHeldT, schema::ConferenceKeyedT,
                                 schema::PinKeyedT, schema::PinAcceptedT, schema::PinWrongT,
                                 schema::KeyingStoppedT, schema::HangUpT>;
    using Event = std::variant<schema::CallOfferedT, schema::CallPlacedT, schema::LegRingingT,
                               schema::LegAnsweredT, schema::ConferenceAskedT, schema::PinAskedT,
                               schema::PinTriedT, schema::LegAdmittedT, schema::LegHoldSetT,
                               schema::LegEndedT>;

    State state;

    [[nodiscard]] Verdict<Event> decide(const Context&, OneOf<Command>) const;
    void apply(const Context&, OneOf<Event>);
    void react(const Context&, OneOf<Event>, Effects&) const;
    /// Wakes when its patience ends; wants Restarted while it lives.
    [[nodiscard]] journal::Agenda agenda() const;
    [[nodiscard]] bool over() const { return state.phase == schema::LegPhase::ended; }
};

}  // namespace actors
