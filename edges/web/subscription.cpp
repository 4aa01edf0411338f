#include "edges/web/subscription.hpp"

#include <nlohmann/json.hpp>

#include "actors/vocabulary.hpp"
#include "edges/web/call.hpp"
#include "edges/web/json.hpp"
#include "journal/stored.hpp"

namespace web {
namespace {

bool is(const schema::Hash& stored, const base::Hash& token) {
    return journal::loaded(stored) == token;
}

/// This event ends the session that the token opened.
bool ends(const schema::EventUnion& event, const base::Hash& token) {
    if (actors::peek<schema::PasswordSetT>(event)) return true;
    if (const auto* set = actors::peek<schema::UserDisabledSetT>(event)) return set->disabled;
    const auto* closed = actors::peek<schema::SessionClosedT>(event);
    return closed && is(closed->token, token);
}

}  // namespace

void Subscription::hand_over(std::function<void(Session&)> task) {
    const auto session = session_.lock();
    const auto wire = wire_.lock();
    if (!session || !wire) return;
    const std::size_t waiting = session->pending_.fetch_add(1, std::memory_order_relaxed);
    // Full: this one is lost, hence the socket must go, too; the client comes back with its cursor.
    const bool full = waiting >= Session::pending_max;
    if (waiting > Session::pending_max) {  // the cut is on its way already
        session->pending_.fetch_sub(1, std::memory_order_relaxed);
        return;
    }
    wire->post([self = shared_from_this(), session, task = std::move(task), full] {
        session->pending_.fetch_sub(1, std::memory_order_relaxed);
        if (full) return session->cut("too_slow", "More happened than this connection could take.");
        if (!self->ended && session->phase_ == Session::Phase::open) task(*session);
    });
}

void Subscription::on_view(const actors::View& view) {
    hand_over([this, copy = view](Session& session) {
        purpose_ == Purpose::guard ? guard(session, copy) : show(session, copy);
    });
}

void Subscription::on_transition(const actors::SharedTransition& transition) {
    hand_over([this, transition](Session& session) {
        purpose_ == Purpose::guard ? guard(session, *transition) : show(session, *transition);
    });
}

void Subscription::show(Session& session, const actors::View& view) {
    viewer.meet(stream, view.state);
    met = view.sequence;
    const auto state = viewer.allowed ? state_json(viewer, stream, view.state) : std::nullopt;
    if (!state) return leave(session);
    session.send({{"type", "view"},
                  {"stream", stream.text()},
                  {"cursor", cursor_text(view.epoch, view.sequence)},
                  {"state", *state}});
    if (const auto* talk = actors::peek<schema::ConversationStateT>(view.state)) {
        for (const auto& member : talk->members) session.watch(member.user);
    }
}

void Subscription::show(Session& session, const schema::TransitionT& transition) {
    Json events = Json::array();
    // A replay from an old cursor tells what the viewer has met already.
    const bool news = transition.sequence > met;
    for (const schema::EventUnion& event : transition.events) {
        if (news) viewer.learn(event, transition.now);
        auto seen = event_json(viewer, stream, event);
        if (seen) events.push_back(std::move(*seen));
        if (const auto* added = actors::peek<schema::MemberAddedT>(event))
            session.watch(added->user);
    }
    if (news) met = transition.sequence;
    // Older than their membership: happened while they were out, and is not theirs to read.
    const bool theirs = transition.now >= viewer.since_us;
    // An empty list still moves the cursor: a jump would look like a gap.
    if (theirs) {
        session.send({{"type", "events"},
                      {"stream", stream.text()},
                      {"cursor", cursor_text(transition.epoch, transition.sequence)},
                      {"at", instant_json(transition.now)},
                      {"by", transition.by},
                      {"events", std::move(events)}});
    }
    if (!viewer.allowed) leave(session);
}

void Subscription::leave(Session& session) {
    const auto refusal = stream.kind == StreamKind::conversation ? actors::Refusal::not_a_member
                                                                 : actors::Refusal::not_allowed;
    session.send({{"type", "closed"},
                  {"stream", stream.text()},
                  {"code", actors::name_of(refusal)},
                  {"sentence", actors::sentence_of(refusal)}});
    session.drop(shared_from_this());
}

void Subscription::guard(Session& session, const actors::View& view) {
    const auto* person = existing<schema::UserStateT>(view);
    bool signed_in = false;
    if (person && !person->disabled) {
        for (const auto& open : person->sessions) {
            signed_in = signed_in || is(open.token, session.who_.token);
        }
    }
    if (!signed_in) return session.close(1008, "not_signed_in");
    met = view.sequence;
    for (const std::string& contact : person->contacts) session.watch(contact);
}

void Subscription::guard(Session& session, const schema::TransitionT& transition) {
    for (const schema::EventUnion& event : transition.events) {
        if (ends(event, session.who_.token)) return session.close(1008, "not_signed_in");
        if (const auto* added = actors::peek<schema::ContactAddedT>(event))
            session.watch(added->user);
    }
}

}  // namespace web
