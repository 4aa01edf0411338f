#include "edges/web/call.hpp"

#include <charconv>

namespace web {

using actors::Refusal;

std::string cursor_text(std::uint64_t epoch, std::uint64_t sequence) {
    return std::to_string(epoch) + "-" + std::to_string(sequence);
}

Json answer_json(const actors::Answer& answer, Json more) {
    more["cursor"] = cursor_text(answer.epoch, answer.sequence);
    return more;
}

Refusal no_such(StreamKind kind) noexcept {
    switch (kind) {
        case StreamKind::user: return Refusal::no_such_user;
        case StreamKind::conversation: return Refusal::no_such_conversation;
        case StreamKind::conference: return Refusal::no_such_conference;
        case StreamKind::call_leg: return Refusal::no_such_call;
        case StreamKind::number:
        case StreamKind::guard: break;
    }
    return Refusal::bad_value;
}

std::optional<StreamId> Call::stream(StreamKind kind, std::size_t param) const {
    if (!stream_name_allowed(params.at(param))) {
        refuse(no_such(kind));
        return std::nullopt;
    }
    return StreamId{kind, params[param]};
}

std::optional<std::uint64_t> Call::number(const std::string& name, std::uint64_t absent,
                                          std::uint64_t min, std::uint64_t max) const {
    const auto found = query.find(name);
    if (found == query.end()) return absent;
    const std::string& text = found->second;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) {
        return value;
    }
    respond(bad_request("query '" + name + "' must be a whole number of " + std::to_string(min) +
                        ".." + std::to_string(max)));
    return std::nullopt;
}

bool Call::faulty(Fields& fields) const {
    const auto complaint = fields.complaint();
    if (complaint) respond(bad_request(*complaint));
    return complaint.has_value();
}

void send(const CallPtr& call, const StreamId& to, std::string by, schema::CommandUnion command,
          Then then) {
    call->kit->house.send(to, std::move(by), std::move(command),
                          [call, then = std::move(then)](const actors::Answer& answer) {
                              if (!answer.ok()) return call->refuse(answer.refusal);
                              then(answer);
                          });
}

void send_and_answer(const CallPtr& call, const StreamId& to, std::string by,
                     schema::CommandUnion command, Json more, int status) {
    send(call, to, std::move(by), std::move(command),
         [call, more = std::move(more), status](const actors::Answer& answer) {
             call->ok(answer_json(answer, more), status);
         });
}

Json seen_json(const Principal& who, const actors::View& view) {
    Viewer viewer{.user = who.user, .operates = who.operates};
    viewer.meet(view.stream, view.state);
    if (!viewer.allowed) return nullptr;
    auto state = state_json(viewer, view.stream, view.state);
    if (!state) return nullptr;
    return {{"cursor", cursor_text(view.epoch, view.sequence)}, {"state", std::move(*state)}};
}

namespace {

/// Counts views down; whoever brings the last one goes on.
struct Gathering {
    std::atomic<std::size_t> missing;
    std::vector<Json> seen;  // each slot has one writer
    std::atomic<Refusal> refusal{Refusal::none};
};

}  // namespace

void with_users(const CallPtr& call, std::vector<std::string> users, std::function<void()> then) {
    if (users.empty()) return then();
    auto all = std::make_shared<Gathering>();
    all->missing = users.size();
    auto done = std::make_shared<std::function<void()>>(std::move(then));
    for (const std::string& user : users) {
        call->kit->house.view({StreamKind::user, user},
                              [call, all, done](const actors::View& view) {
                                  const auto* person = existing<schema::UserStateT>(view);
                                  if (!person) all->refusal = Refusal::no_such_user;
                                  // acq_rel (the default order is stronger): the last one sees what
                                  // all the others found.
                                  if (all->missing.fetch_sub(1) != 1) return;
                                  if (all->refusal.load() != Refusal::none)
                                      return call->refuse(all->refusal);
                                  (*done)();
                              });
    }
}

void with_self(const CallPtr& call, std::function<void(const schema::UserStateT&)> then) {
    if (call->who.user.empty()) return call->refuse(Refusal::not_allowed);
    call->kit->house.view({StreamKind::user, call->who.user},
                          [call, then = std::move(then)](const actors::View& view) {
                              const auto* self = existing<schema::UserStateT>(view);
                              if (!self) return call->refuse(Refusal::no_such_user);
                              then(*self);
                          });
}

void answer_list(const CallPtr& call, const char* key, std::vector<StreamId> streams) {
    if (streams.empty()) return call->ok({{key, Json::array()}});
    auto all = std::make_shared<Gathering>();
    all->missing = streams.size();
    all->seen.resize(streams.size());
    for (std::size_t i = 0; i < streams.size(); ++i) {
        call->kit->house.view(streams[i], [call, all, i, key](const actors::View& view) {
            all->seen[i] = seen_json(call->who, view);
            if (all->missing.fetch_sub(1) != 1) return;
            Json list = Json::array();
            for (Json& one : all->seen) {
                if (!one.is_null()) list.push_back(std::move(one));
            }
            call->ok({{key, std::move(list)}});
        });
    }
}

void answer_state(const CallPtr& call, const StreamId& stream) {
    call->kit->house.view(stream, [call, stream](const actors::View& view) {
        const Json seen = seen_json(call->who, view);
        if (!seen.is_null()) return call->ok(seen);
        // Whether it exists is nobody's business who may not see it.
        call->refuse(no_such(stream.kind));
    });
}

}  // namespace web
