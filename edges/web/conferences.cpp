// Conferences: making one, and everything its people do to it from a screen.
#include <algorithm>

#include "actors/conference.hpp"
#include "actors/limits.hpp"
#include "base/text.hpp"
#include "edges/web/conference_call.hpp"

namespace web {
namespace {

using actors::Refusal;

constexpr int numbers_tried_max =
    20;  // of 900,000: taken twenty times means that they are running out
constexpr std::size_t pin_digits_min = 4, pin_digits_max = 10;

// ---- making one

constexpr std::size_t listed_max = 1000;  // each is loaded to be shown

struct Plan {
    schema::CreateConferenceT wish;
    std::string id, host_pin, guest_pin;
    std::string by;  // who makes it, and so hosts it
    int tries = 0;
};
using PlanPtr = std::shared_ptr<Plan>;

/// Six random digits, the first not zero.
std::string six_digits() { return std::to_string(100'000 + base::random_u64() % 900'000); }

schema::Hash stored(const base::Hash& hash) { return {hash.a, hash.b, hash.c, hash.d}; }

void release_number(const CallPtr& call, const Plan& plan) {
    schema::ReleaseNumberT release;
    release.owner = "conference/" + plan.id;
    // Even with a full disk: nobody else would give it back.
    call->kit->house.report({StreamKind::number, plan.id}, "server",
                            actors::command(std::move(release)));
}

void claim_number(const CallPtr& call, const PlanPtr& plan);

void create_on_number(const CallPtr& call, const PlanPtr& plan) {
    const base::Secrets& secrets = *call->kit->secrets;
    schema::CreateConferenceT wish = plan->wish;
    wish.number = plan->id;
    wish.host_pin = stored(secrets.keyed_pin(plan->id, plan->host_pin));
    wish.guest_pin = stored(secrets.keyed_pin(plan->id, plan->guest_pin));
    wish.sealed_pins = secrets.seal(plan->host_pin + " " + plan->guest_pin);
    call->kit->house.send({StreamKind::conference, plan->id}, plan->by,
                          actors::command(std::move(wish)),
                          [call, plan](const actors::Answer& answer) {
                              if (!answer.ok()) {
                                  release_number(call, *plan);
                                  // Of a conference that is over: another number, then.
                                  const bool used = answer.refusal == Refusal::already_exists;
                                  if (used && ++plan->tries < numbers_tried_max)
                                      return claim_number(call, plan);
                                  return call->refuse(answer.refusal);
                              }
                              call->ok(answer_json(answer, {{"id", plan->id},
                                                            {"number", plan->id},
                                                            {"host_pin", plan->host_pin},
                                                            {"guest_pin", plan->guest_pin}}),
                                       201);
                          });
}

void claim_number(const CallPtr& call, const PlanPtr& plan) {
    plan->id = six_digits();
    schema::ClaimNumberT claim;
    claim.owner = "conference/" + plan->id;
    call->kit->house.send({StreamKind::number, plan->id}, "server",
                          actors::command(std::move(claim)),
                          [call, plan](const actors::Answer& answer) {
                              const bool taken = answer.refusal == Refusal::number_taken;
                              if (taken && ++plan->tries < numbers_tried_max)
                                  return claim_number(call, plan);
                              if (!answer.ok()) return call->refuse(answer.refusal);
                              create_on_number(call, plan);
                          });
}

/// The people of a chat are the people of its conference, unless others are named.
void from_conversation(const CallPtr& call, const PlanPtr& plan, bool take_members) {
    call->kit->house.view({StreamKind::conversation, plan->wish.conversation},
                          [call, plan, take_members](const actors::View& view) {
                              Viewer viewer{.user = call->who.user, .operates = call->who.operates};
                              viewer.meet(view.stream, view.state);
                              if (!viewer.allowed)
                                  return call->refuse(Refusal::no_such_conversation);
                              const auto* talk = existing<schema::ConversationStateT>(view);
                              for (const auto& member : talk->members) {
                                  if (take_members) plan->wish.people.push_back(member.user);
                              }
                              claim_number(call, plan);
                          });
}

std::string pin(Fields& fields, const char* name) {
    if (!fields.has(name)) return six_digits();
    const std::string digits = fields.text(name, pin_digits_min, pin_digits_max);
    const bool only_digits =
        std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    if (!only_digits) fields.complain(name, "must be 4..10 digits");
    return digits;
}

schema::Choice choice(Fields& fields, const char* name) {
    if (!fields.has(name)) return schema::Choice::as_set;
    return fields.flag(name) ? schema::Choice::yes : schema::Choice::no;
}

/// What is absent is as the server is set.
void read_sound(Fields& fields, schema::CreateConferenceT& wish) {
    if (fields.has("record")) wish.record = fields.flag("record");
    wish.capture = choice(fields, "capture");
    wish.level_voices = choice(fields, "level_voices");
    wish.gate_noise = choice(fields, "gate_noise");
    if (!fields.has("loudest")) return;
    wish.loudest = static_cast<std::uint32_t>(fields.whole("loudest", 0, actors::legs_max));
    if (wish.loudest == 0) wish.loudest = actors::loudest_everybody;
}

void create(const CallPtr& call) {
    Fields fields(call->body);
    auto plan = std::make_shared<Plan>();
    plan->wish.title = fields.text("title", 1, actors::title_bytes_max);
    const bool in_chat = fields.has("conversation"), named = fields.has("people");
    if (in_chat) plan->wish.conversation = fields.text("conversation", 1, stream_name_bytes_max);
    if (in_chat && !stream_name_allowed(plan->wish.conversation)) {
        fields.complain("conversation", "must be the id of a conversation");
    }
    if (named) plan->wish.people = fields.users("people", actors::seats_max);
    plan->by = call->who.by();
    if (fields.has("host")) {
        const std::string host = fields.text("host", 1, 32);
        if (!call->who.operates) fields.complain("host", "is for the server's command line");
        plan->by = "user/" + host;
        plan->wish.people.insert(plan->wish.people.begin(), host);
    }
    plan->host_pin = pin(fields, "host_pin");
    plan->guest_pin = pin(fields, "guest_pin");
    while (plan->guest_pin == plan->host_pin && !fields.has("guest_pin"))
        plan->guest_pin = six_digits();
    if (plan->guest_pin == plan->host_pin)
        fields.complain("guest_pin", "must differ from 'host_pin'");
    if (fields.has("dial_policy")) {
        const std::string policy = fields.text("dial_policy", 1, 10);
        if (policy == "everyone") plan->wish.dial_policy = schema::DialPolicy::everyone;
        if (policy != "everyone" && policy != "hosts") {
            fields.complain("dial_policy", "must be 'hosts' or 'everyone'");
        }
    }
    read_sound(fields, plan->wish);
    if (call->faulty(fields)) return;
    with_users(call, plan->wish.people, [call, plan, in_chat, named] {
        in_chat ? from_conversation(call, plan, !named) : claim_number(call, plan);
    });
}

// ---- looking at them

/// The command line sees all that were ever made, in the order of their numbers.
void list_all(const CallPtr& call) {
    const auto names = call->kit->log.list_streams("conference/", "", listed_max);
    if (!names.ok()) return call->refuse(Refusal::storage_failed);
    std::vector<StreamId> streams;
    for (const std::string& name : names.value()) {
        if (auto stream = parse_stream(name)) streams.push_back(std::move(*stream));
    }
    answer_list(call, "conferences", std::move(streams));
}

void list(const CallPtr& call) {
    if (call->who.operates) return list_all(call);
    with_self(call, [call](const schema::UserStateT& self) {
        std::vector<StreamId> streams;
        for (const std::string& id : self.conferences)
            streams.push_back({StreamKind::conference, id});
        answer_list(call, "conferences", std::move(streams));
    });
}

void show(const CallPtr& call) {
    if (const auto stream = conference(call)) answer_state(call, *stream);
}

void pins(const CallPtr& call) {
    const auto stream = conference(call);
    if (!stream) return;
    call->kit->house.view(*stream, [call](const actors::View& view) {
        const auto* room = existing<schema::ConferenceStateT>(view);
        Viewer viewer{.user = call->who.user, .operates = call->who.operates};
        viewer.meet(view.stream, view.state);
        if (!room || !viewer.allowed) return call->refuse(Refusal::no_such_conference);
        if (!viewer.host && !viewer.operates) return call->refuse(Refusal::not_allowed);
        const auto clear = call->kit->secrets->unseal(room->sealed_pins);
        const std::size_t space = clear ? clear->find(' ') : std::string::npos;
        if (space == std::string::npos) {
            return call->respond(error_response(
                409, "stale", "These PINs were sealed with another key (secret.key)."));
        }
        call->ok({{"host_pin", clear->substr(0, space)}, {"guest_pin", clear->substr(space + 1)}});
    });
}

// ---- steering

/// Goes on with what the person is called.
void with_name(const CallPtr& call, const std::string& user,
               std::function<void(const std::string&)> then) {
    call->kit->house.view({StreamKind::user, user},
                          [call, then = std::move(then)](const actors::View& view) {
                              const auto* person = existing<schema::UserStateT>(view);
                              if (!person) return call->refuse(Refusal::no_such_user);
                              then(person->display_name);
                          });
}

void invite(const CallPtr& call) {
    Fields fields(call->body);
    schema::InvitePersonT wish;
    wish.user = fields.user("user");
    if (call->faulty(fields)) return;
    const auto stream = conference(call);
    if (!stream) return;
    with_name(call, wish.user, [call, wish, stream = *stream](const std::string& name) mutable {
        wish.name = name;
        send_and_answer(call, stream, call->who.by(), actors::command(std::move(wish)));
    });
}

/// "+49 (30) 123-456" as people write it -> "+4930123456".
std::string dialable(std::string_view written) {
    std::string out;
    std::ranges::copy_if(written, std::back_inserter(out), [](char c) {
        return std::string_view(" -./()").find(c) == std::string_view::npos;
    });
    return out;
}

bool is_address(std::string_view text) {
    return text.starts_with("sip:") && text.size() > 4 && std::ranges::all_of(text, [](char c) {
               return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '"' && c != ',';
           });
}

void dial_user(const CallPtr& call, Fields& fields, const StreamId& stream) {
    schema::DialT wish;
    wish.kind = schema::TargetKind::user;
    wish.target = fields.user("user");
    if (call->faulty(fields)) return;
    with_name(call, wish.target, [call, wish, stream](const std::string& name) mutable {
        wish.name = name;
        send_and_answer(call, stream, call->who.by(), actors::command(std::move(wish)));
    });
}

/// A number or an address costs money or leaves the house: the entity wants to know whether the
/// asker may.
void dial_outside(const CallPtr& call, Fields& fields, const StreamId& stream) {
    schema::DialT wish;
    const bool number = fields.has("number");
    wish.kind = number ? schema::TargetKind::number : schema::TargetKind::address;
    wish.target = number ? dialable(fields.text("number", 1, 60))
                         : fields.text("address", 5, actors::address_bytes_max);
    if (number && !base::is_number(wish.target))
        fields.complain("number", "must be a telephone number");
    if (!number && !is_address(wish.target))
        fields.complain("address", "must be like sip:x@example.org");
    if (fields.has("name")) wish.name = fields.text("name", 1, actors::display_name_bytes_max);
    if (call->faulty(fields)) return;
    if (call->who.operates) {
        return send_and_answer(call, stream, call->who.by(), actors::command(std::move(wish)));
    }
    with_self(call, [call, wish, stream](const schema::UserStateT& self) mutable {
        wish.numbers_allowed = self.may_dial_numbers;
        send_and_answer(call, stream, call->who.by(), actors::command(std::move(wish)));
    });
}

void dial(const CallPtr& call) {
    const auto stream = conference(call);
    if (!stream) return;
    Fields fields(call->body);
    const int targets = fields.has("user") + fields.has("number") + fields.has("address");
    if (targets != 1)
        return call->respond(bad_request("the body must have one of 'user', 'number', 'address'"));
    fields.has("user") ? dial_user(call, fields, *stream) : dial_outside(call, fields, *stream);
}

void cancel(const CallPtr& call) {
    Fields fields(call->body);
    schema::CancelDialT wish;
    wish.seat = seat(fields);
    tell(call, fields, actors::command(wish));
}

void mute(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetMutedT wish;
    wish.seat = seat(fields);
    wish.muted = fields.flag("muted");
    tell(call, fields, actors::command(wish));
}

void mute_all(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetAllMutedT wish;
    wish.muted = fields.flag("muted");
    tell(call, fields, actors::command(wish));
}

void hand(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetHandT wish;
    wish.raised = fields.flag("raised");
    if (fields.has("seat")) wish.seat = seat(fields);
    tell(call, fields, actors::command(wish));
}

void remove(const CallPtr& call) {
    Fields fields(call->body);
    schema::RemoveSeatT wish;
    wish.seat = seat(fields);
    tell(call, fields, actors::command(wish));
}

void lock(const CallPtr& call) {
    Fields fields(call->body);
    schema::SetLockedT wish;
    wish.locked = fields.flag("locked");
    tell(call, fields, actors::command(wish));
}

void end(const CallPtr& call) {
    Fields fields(call->body);
    tell(call, fields, actors::command(schema::EndConferenceT{}));
}

}  // namespace

std::vector<Route> conference_routes() {
    return {{"GET", "/api/conferences", Need::person, list},
            {"POST", "/api/conferences", Need::person, create},
            {"GET", "/api/conferences/{id}", Need::person, show},
            {"GET", "/api/conferences/{id}/pins", Need::person, pins},
            {"POST", "/api/conferences/{id}/invite", Need::person, invite},
            {"POST", "/api/conferences/{id}/dial", Need::person, dial},
            {"POST", "/api/conferences/{id}/cancel", Need::person, cancel},
            {"POST", "/api/conferences/{id}/mute", Need::person, mute},
            {"POST", "/api/conferences/{id}/mute_all", Need::person, mute_all},
            {"POST", "/api/conferences/{id}/hand", Need::person, hand},
            {"POST", "/api/conferences/{id}/remove", Need::person, remove},
            {"POST", "/api/conferences/{id}/lock", Need::person, lock},
            {"POST", "/api/conferences/{id}/end", Need::person, end}};
}

}  // namespace web
