#include "edges/web/session.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "edges/web/call.hpp"
#include "edges/web/subscription.hpp"

namespace web {
namespace {

constexpr std::size_t token_bytes_max = 200;

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::int64_t now_ms(const actors::House& house) { return house.now().us / 1000; }

bool may_follow(const Principal& who, const StreamId& stream) {
    switch (stream.kind) {
        case StreamKind::user: return who.operates || stream.name == who.user;
        case StreamKind::conversation:
        case StreamKind::conference: return true;  // its state decides
        case StreamKind::call_leg:
        case StreamKind::number:
        case StreamKind::guard: return who.operates;
    }
    return false;
}

}  // namespace

std::optional<actors::Cursor> parse_cursor(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto epoch = whole(text.substr(0, dash)), sequence = whole(text.substr(dash + 1));
    if (!epoch || !sequence) return std::nullopt;
    return actors::Cursor{.epoch = *epoch, .sequence = *sequence};
}

Session::Session(Hub& hub, std::weak_ptr<Wire> wire, std::string source)
    : hub_(hub),
      wire_(std::move(wire)),
      source_(std::move(source)),
      bucket_(requests_per_second, requests_burst, base::steady_now()) {}

bool Session::takes_more() const {
    return phase_ == Phase::silent || (phase_ == Phase::open && requests_ < requests_max);
}

void Session::receive(std::string_view frame) {
    hub_.frames_in.fetch_add(1, std::memory_order_relaxed);
    if (phase_ == Phase::closed) return;
    if (!bucket_.take(base::steady_now())) {
        if (++too_fast_ >= too_fast_max) return close(1008, "too_fast");
        return error(std::nullopt, "too_fast",
                     "More than 50 frames a second; this one was ignored.");
    }
    auto parsed = parse_object(frame);
    if (!parsed.ok()) return error(std::nullopt, "bad_request", parsed.error());
    const Json& json = parsed.value();
    Fields fields(json);
    const std::string type = fields.text("type", 1, 20);
    if (phase_ == Phase::silent) {
        if (type == "hello") return hello(fields);
        error(std::nullopt, "not_signed_in", "The first frame must be a hello with a token.");
        return close(1008, "not_signed_in");
    }
    const std::uint64_t id = fields.whole("id", 0, whole_max);
    const std::optional<std::uint64_t> known_id =
        json.contains("id") && json["id"].is_number_unsigned() ? std::optional(id) : std::nullopt;
    if (type == "subscribe") return subscribe(id, fields);
    if (type == "unsubscribe") return unsubscribe(id, fields);
    if (type == "request") return request(id, fields, json);
    if (type == "ping") {
        if (const auto fault = fields.complaint()) return error(known_id, "bad_request", *fault);
        return send({{"type", "pong"}, {"id", id}, {"now", now_ms(hub_.api.house())}});
    }
    error(known_id, "bad_request", "field 'type' must be subscribe, unsubscribe, request or ping");
}

// ---- coming and going

void Session::hello(Fields& fields) {
    const std::string token = fields.text("token", 1, token_bytes_max);
    if (const auto fault = fields.complaint()) {
        error(std::nullopt, "bad_request", *fault);
        return close(1008, "not_signed_in");
    }
    phase_ = Phase::greeting;
    hub_.api.judge_token(token, source_,
                         [self = weak_from_this(), wire = wire_](std::optional<Principal> who) {
                             const auto socket = wire.lock();
                             if (!socket) return;
                             socket->post([self, who = std::move(who)] {
                                 if (const auto session = self.lock()) session->welcome(who);
                             });
                         });
}

void Session::welcome(std::optional<Principal> who) {
    if (phase_ != Phase::greeting) return;
    if (!who) {
        error(std::nullopt, "not_signed_in", "Sign in: this token is not valid (any more).");
        return close(1008, "not_signed_in");
    }
    who_ = std::move(*who);
    phase_ = Phase::open;
    Json dropped = nullptr;
    if (const auto words = hub_.recall(who_.token)) {
        dropped = {{"code", words->code},
                   {"sentence", words->sentence},
                   {"at", instant_json(words->at.us)}};
    }
    send({{"type", "welcome"},
          {"user", who_.user},
          {"display_name", who_.display_name},
          {"admin", who_.admin},
          {"now", now_ms(hub_.api.house())},
          {"dropped", std::move(dropped)}});
    if (!who_.user.empty()) follow_self();
    if (const auto wire = wire_.lock()) wire->resume();
}

void Session::follow_self() {
    place_ = hub_.presence.enter(
        who_.user, [self = weak_from_this(), wire = wire_](const std::string& user, bool online) {
            const auto socket = wire.lock();
            if (!socket) return;
            socket->post([self, user, online] {
                if (const auto session = self.lock()) session->told(user, online);
            });
        });
    self_ = std::make_shared<Subscription>(weak_from_this(), wire_,
                                           StreamId{StreamKind::user, who_.user},
                                           Subscription::Purpose::guard);
    self_->started = true;
    hub_.api.house().subscribe(self_->stream, self_, std::nullopt);
}

void Session::greeting_overdue() {
    if (phase_ != Phase::silent) return;
    error(std::nullopt, "not_signed_in", "No hello came within 5 seconds.");
    close(1008, "not_signed_in");
}

void Session::end() {
    phase_ = Phase::closed;
    if (place_) hub_.presence.leave(*place_);
    place_.reset();
    while (!subscriptions_.empty()) drop(subscriptions_.begin()->second);
    if (self_) drop(self_);
    self_.reset();
}

void Session::told(const std::string& user, bool online) {
    if (phase_ == Phase::open) send({{"type", "presence"}, {"user", user}, {"online", online}});
}

void Session::watch(const std::string& user) {
    if (place_ && user != who_.user) hub_.presence.watch(*place_, user);
}

// ---- following streams

void Session::subscribe(std::uint64_t id, Fields& fields) {
    const std::string name = fields.text("stream", 1, 200);
    const auto stream = parse_stream(name);
    if (!stream) fields.complain("stream", "must name a stream, like 'conference/471100'");
    std::optional<actors::Cursor> from;
    if (fields.has("from")) {
        from = parse_cursor(fields.text("from", 1, 50));
        if (!from) fields.complain("from", "must be a cursor, like '3-17'");
    }
    if (const auto fault = fields.complaint()) return error(id, "bad_request", *fault);
    if (!may_follow(who_, *stream)) {
        return error(id, "not_allowed", actors::sentence_of(actors::Refusal::not_allowed));
    }
    if (const auto old = subscriptions_.find(name); old != subscriptions_.end())
        drop(std::shared_ptr(old->second));
    if (subscriptions_.size() >= subscriptions_max) {
        return error(id, "too_many",
                     "At most 200 subscriptions on one socket: unsubscribe something first.");
    }
    auto subscription = std::make_shared<Subscription>(weak_from_this(), wire_, *stream,
                                                       Subscription::Purpose::show);
    subscription->viewer.user = who_.user;
    subscription->viewer.operates = who_.operates;
    subscriptions_[name] = subscription;
    // A look first: with a cursor no state comes, and somebody must judge whether they may follow
    // at all.
    hub_.api.house().view(*stream, [self = weak_from_this(), wire = wire_, id, subscription,
                                    from](const actors::View& view) {
        const auto socket = wire.lock();
        if (!socket) return;
        socket->post([self, id, subscription, from, copy = view] {
            if (const auto session = self.lock()) session->start(id, subscription, from, copy);
        });
    });
}

void Session::start(std::uint64_t id, const std::shared_ptr<Subscription>& subscription,
                    std::optional<actors::Cursor> from, const actors::View& view) {
    if (subscription->ended) return;
    const StreamId& stream = subscription->stream;
    subscription->viewer.meet(stream, view.state);
    subscription->met = view.sequence;
    if (!subscription->viewer.allowed) {
        drop(subscription);
        const auto refusal = no_such(stream.kind);
        return error(id, actors::name_of(refusal), actors::sentence_of(refusal));
    }
    send({{"type", "answer"}, {"id", id}, {"status", 200}, {"body", Json::object()}});
    if (const auto* talk = actors::peek<schema::ConversationStateT>(view.state)) {
        for (const auto& member : talk->members) watch(member.user);
    }
    subscription->started = true;
    hub_.api.house().subscribe(stream, subscription, from);
}

void Session::unsubscribe(std::uint64_t id, Fields& fields) {
    const std::string name = fields.text("stream", 1, 200);
    if (const auto fault = fields.complaint()) return error(id, "bad_request", *fault);
    const auto found = subscriptions_.find(name);
    if (found != subscriptions_.end()) drop(std::shared_ptr(found->second));
    send({{"type", "answer"}, {"id", id}, {"status", 200}, {"body", Json::object()}});
}

void Session::drop(const std::shared_ptr<Subscription>& subscription) {
    if (subscription->ended) return;
    subscription->ended = true;
    if (subscription->started) hub_.api.house().unsubscribe(subscription->stream, subscription);
    const auto found = subscriptions_.find(subscription->stream.text());
    if (found != subscriptions_.end() && found->second == subscription) subscriptions_.erase(found);
}

// ---- requests

void Session::request(std::uint64_t id, Fields& fields, const Json& frame) {
    Request wish;
    wish.method = fields.text("method", 1, 10);
    const std::string target = fields.text("path", 1, 2000);
    if (fields.has("body")) {
        fields.known("body");
        if (frame["body"].is_object()) {
            wish.body = print(frame["body"]);
        } else {
            fields.complain("body", "must be an object");
        }
    }
    if (const auto fault = fields.complaint()) return error(id, "bad_request", *fault);
    const std::size_t mark = target.find('?');
    wish.path = target.substr(0, mark);
    if (mark != std::string::npos) wish.query = target.substr(mark + 1);
    if (wish.path == "/api/sign_in") return error(id, "not_found", "Sign in over HTTP.");
    wish.source = source_;
    wish.principal = who_;
    ++requests_;
    hub_.api.handle(std::move(wish),
                    [self = weak_from_this(), wire = wire_, id](Response response) {
                        const auto socket = wire.lock();
                        if (!socket) return;
                        socket->post([self, id, response = std::move(response)] {
                            if (const auto session = self.lock()) session->answered(id, response);
                        });
                    });
}

void Session::answered(std::uint64_t id, const Response& response) {
    const bool was_full = requests_ >= requests_max;
    --requests_;
    if (phase_ != Phase::open) return;
    std::string frame = R"({"type":"answer","id":)" + std::to_string(id) + R"(,"status":)" +
                        std::to_string(response.status) + R"(,"body":)";
    // Only what is JSON already; texts of /healthz and the like travel as a JSON string.
    frame +=
        response.content_type == "application/json" ? response.body : print(Json(response.body));
    send(frame + "}");
    if (was_full) {
        if (const auto wire = wire_.lock()) wire->resume();
    }
}

// ---- sending

void Session::send(const Json& frame) { send(print(frame)); }

void Session::send(std::string frame) {
    const auto wire = wire_.lock();
    if (!wire || phase_ == Phase::closed) return;
    hub_.frames_out.fetch_add(1, std::memory_order_relaxed);
    if (!wire->send(std::move(frame)))
        cut("too_slow", "This connection read more slowly than things happened.");
}

void Session::error(std::optional<std::uint64_t> id, std::string_view code,
                    std::string_view sentence) {
    send({{"type", "error"},
          {"id", id ? Json(*id) : Json(nullptr)},
          {"code", code},
          {"sentence", sentence}});
}

void Session::close(unsigned code, std::string_view reason) {
    if (phase_ == Phase::closed) return;
    end();
    if (const auto wire = wire_.lock()) wire->close(code, reason);
}

void Session::cut(std::string_view code, std::string_view sentence) {
    if (phase_ == Phase::closed) return;
    hub_.cut.fetch_add(1, std::memory_order_relaxed);
    hub_.remember(who_.token, {std::string(code), std::string(sentence), hub_.api.house().now()});
    end();
    if (const auto wire = wire_.lock()) wire->cut();
}

}  // namespace web
