// Conversations: who writes to whom, what was written, what was read.
#include <algorithm>

#include "actors/limits.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "edges/web/call.hpp"
#include "edges/web/history.hpp"

namespace web {
namespace {

using actors::Refusal;

constexpr std::size_t members_at_once = 500;

std::optional<StreamId> conversation(const CallPtr& call) {
    return call->stream(StreamKind::conversation, 0);
}

void list(const CallPtr& call) {
    with_self(call, [call](const schema::UserStateT& self) {
        std::vector<StreamId> streams;
        for (const std::string& id : self.conversations)
            streams.push_back({StreamKind::conversation, id});
        answer_list(call, "conversations", std::move(streams));
    });
}

void create(const CallPtr& call, const std::string& id, schema::CreateConversationT wish) {
    const bool direct = wish.kind == schema::ConversationKind::direct;
    const StreamId stream{StreamKind::conversation, id};
    call->kit->house.send(
        stream, call->who.by(), actors::command(std::move(wish)),
        [call, id, direct, stream](const actors::Answer& answer) {
            if (answer.refusal == Refusal::already_exists && direct) {
                return call->kit->house.view(stream, [call, id](const actors::View& view) {
                    call->ok({{"id", id}, {"cursor", cursor_text(view.epoch, view.sequence)}});
                });
            }
            if (!answer.ok()) return call->refuse(answer.refusal);
            call->ok(answer_json(answer, {{"id", id}}), 201);
        });
}

void create_direct(const CallPtr& call) {
    Fields fields(call->body);
    const std::string with = fields.user("with");
    if (with == call->who.user) fields.complain("with", "must be somebody else");
    if (call->faulty(fields)) return;
    if (call->who.user.empty()) return call->refuse(Refusal::not_allowed);
    schema::CreateConversationT wish;
    wish.kind = schema::ConversationKind::direct;
    wish.members = {call->who.user, with};
    std::ranges::sort(wish.members);
    const std::string id = "direct:" + wish.members[0] + ":" + wish.members[1];
    with_users(call, {with}, [call, id, wish = std::move(wish)] { create(call, id, wish); });
}

void create_group(const CallPtr& call) {
    Fields fields(call->body);
    schema::CreateConversationT wish;
    wish.kind = schema::ConversationKind::group;
    wish.title = fields.text("title", 1, actors::title_bytes_max);
    wish.members = fields.users("members", members_at_once);
    if (call->faulty(fields)) return;
    const std::string id = "g" + base::hex(base::random_bytes(8));
    const std::vector<std::string> users = wish.members;
    if (!call->who.user.empty() && std::ranges::find(users, call->who.user) == users.end()) {
        wish.members.insert(wish.members.begin(), call->who.user);
    }
    with_users(call, users, [call, id, wish = std::move(wish)] { create(call, id, wish); });
}

void create(const CallPtr& call) {
    if (call->body.contains("with")) return create_direct(call);
    create_group(call);
}

void show(const CallPtr& call) {
    if (const auto stream = conversation(call)) answer_state(call, *stream);
}

void add_member(const CallPtr& call) {
    Fields fields(call->body);
    schema::AddMemberT wish;
    wish.user = fields.user("user");
    if (call->faulty(fields)) return;
    const auto stream = conversation(call);
    if (!stream) return;
    with_users(call, {wish.user}, [call, stream = *stream, wish] {
        send_and_answer(call, stream, call->who.by(), actors::command(wish));
    });
}

void remove_member(const CallPtr& call) {
    const auto stream = conversation(call);
    if (!stream) return;
    schema::RemoveMemberT wish;
    wish.user = call->params[1];
    send_and_answer(call, *stream, call->who.by(), actors::command(std::move(wish)));
}

void rename(const CallPtr& call) {
    Fields fields(call->body);
    schema::RenameConversationT wish;
    wish.title = fields.text("title", 1, actors::title_bytes_max);
    if (call->faulty(fields)) return;
    const auto stream = conversation(call);
    if (stream) send_and_answer(call, *stream, call->who.by(), actors::command(std::move(wish)));
}

bool plain_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

void write_message(const CallPtr& call) {
    Fields fields(call->body);
    schema::SendMessageT wish;
    wish.text = fields.lines("text", 1, actors::text_bytes_max);
    wish.client_id = fields.text("client_id", 1, 64);
    wish.via = "web";
    if (!plain_ascii(wish.client_id))
        fields.complain("client_id", "must be printable ASCII without spaces");
    if (call->faulty(fields)) return;
    const auto stream = conversation(call);
    if (!stream) return;
    actors::Envelope envelope;
    // The client's own id makes the command's: a resend is the same wish, not another one.
    envelope.id = command_id_of(call->who.user + ":" + wish.client_id);
    envelope.now = call->kit->house.now();
    envelope.to = *stream;
    envelope.by = call->who.by();
    call->kit->house.send(std::move(envelope), actors::command(std::move(wish)),
                          [call](const actors::Answer& answer) {
                              if (!answer.ok()) return call->refuse(answer.refusal);
                              call->ok(answer_json(answer, {{"sequence", answer.sequence},
                                                            {"repeated", answer.repeated}}),
                                       201);
                          });
}

void read_history(const CallPtr& call) {
    const auto stream = conversation(call);
    if (!stream) return;
    const auto limit = call->number("limit", 50, 1, 200);
    const auto before = limit ? call->number("before", 0, 1, whole_max) : std::nullopt;
    if (!before) return;
    call->kit->house.view(
        *stream, [call, stream = *stream, limit, before](const actors::View& view) {
            Viewer viewer{.user = call->who.user, .operates = call->who.operates};
            viewer.meet(stream, view.state);
            if (!viewer.allowed) return call->refuse(no_such(stream.kind));
            const std::uint64_t end = view.sequence + 1;
            const HistoryWish wish{.stream = stream.text(),
                                   .before = *before == 0 ? end : std::min(*before, end),
                                   .since_us = viewer.since_us,
                                   .limit = static_cast<std::size_t>(*limit)};
            const bool taken = call->kit->readers.submit([call, wish] {
                auto page = history(call->kit->log, wish);
                if (!page.ok()) return call->refuse(Refusal::storage_failed);
                call->ok(page.value());
            });
            if (!taken) call->refuse(Refusal::busy);
        });
}

void mark_read(const CallPtr& call) {
    Fields fields(call->body);
    schema::MarkReadT wish;
    wish.sequence = fields.whole("sequence", 1, whole_max);
    if (call->faulty(fields)) return;
    const auto stream = conversation(call);
    if (stream) send_and_answer(call, *stream, call->who.by(), actors::command(wish));
}

}  // namespace

std::vector<Route> conversation_routes() {
    return {{"GET", "/api/conversations", Need::person, list},
            {"POST", "/api/conversations", Need::person, create},
            {"GET", "/api/conversations/{id}", Need::person, show},
            {"POST", "/api/conversations/{id}/members", Need::person, add_member},
            {"DELETE", "/api/conversations/{id}/members/{user}", Need::person, remove_member},
            {"POST", "/api/conversations/{id}/title", Need::person, rename},
            {"POST", "/api/conversations/{id}/messages", Need::person, write_message},
            {"GET", "/api/conversations/{id}/messages", Need::person, read_history},
            {"POST", "/api/conversations/{id}/read", Need::person, mark_read}};
}

}  // namespace web
