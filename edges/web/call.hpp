// One request on its way through the handlers: who, what, and how to answer. Internal to edges/web.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/vocabulary.hpp"
#include "edges/web/api.hpp"
#include "edges/web/json.hpp"
#include "edges/web/viewer.hpp"
#include "edges/web/workers.hpp"

namespace web {

/// What handlers work with. Outlives the Api while the house still owes answers.
struct Kit {
    actors::House& house;
    journal::Log& log;
    std::shared_ptr<const base::Secrets> secrets;
    ApiOptions options;
    Workers passwords;
    Workers readers;
    std::string absent_password;  // what an unknown user's attempt is checked against: the same
                                  // time is spent

    std::mutex mutex;
    std::map<std::string, int> signing_in;  // attempts under way per source
};

struct Call {
    std::shared_ptr<Kit> kit;
    Principal who;
    std::string source;
    std::vector<std::string> params;           // of the path, decoded
    std::map<std::string, std::string> query;  // decoded
    Json body;                                 // an object
    Respond respond;

    void ok(const Json& json, int status = 200) const { respond({status, print(json)}); }
    void refuse(actors::Refusal refusal) const { respond(error_response(refusal)); }

    /// The parameter as the name of a stream of this kind; nothing (and a 404 has gone out) when it
    /// cannot be.
    [[nodiscard]] std::optional<StreamId> stream(StreamKind kind, std::size_t param) const;
    /// A whole number of the query; nothing (and a 400 has gone out) when it is none.
    [[nodiscard]] std::optional<std::uint64_t> number(const std::string& name, std::uint64_t absent,
                                                      std::uint64_t min, std::uint64_t max) const;
    /// True, and a 400 has gone out, when the body has a fault.
    [[nodiscard]] bool faulty(Fields& fields) const;
};
using CallPtr = std::shared_ptr<Call>;
using Then = std::function<void(const actors::Answer&)>;

/// Sends one command; a refusal answers the call, success goes on.
void send(const CallPtr& call, const StreamId& to, std::string by, schema::CommandUnion command,
          Then then);
/// The same, and success answers {"cursor": ...} and what `more` holds.
void send_and_answer(const CallPtr& call, const StreamId& to, std::string by,
                     schema::CommandUnion command, Json more = Json::object(), int status = 200);

/// The state as T, or null when nothing of the kind exists.
template <class T>
[[nodiscard]] const T* existing(const actors::View& view) {
    const T* state = actors::peek<T>(view.state);
    return state && state->exists ? state : nullptr;
}

[[nodiscard]] std::string cursor_text(std::uint64_t epoch, std::uint64_t sequence);
[[nodiscard]] Json answer_json(const actors::Answer& answer, Json more = Json::object());
/// {"cursor", "state"}; null when the stream does not exist or the caller may not see it.
[[nodiscard]] Json seen_json(const Principal& who, const actors::View& view);

/// What a refused look at this kind of thing is called.
[[nodiscard]] actors::Refusal no_such(StreamKind kind) noexcept;

/// Goes on once every one of `users` is known to exist; answers no_such_user or disabled otherwise.
void with_users(const CallPtr& call, std::vector<std::string> users, std::function<void()> then);
/// Goes on with the caller's own state; answers not_allowed to the command line, which has none.
void with_self(const CallPtr& call, std::function<void(const schema::UserStateT&)> then);
/// Answers {<key>: [{"cursor", "state"}...]} of the streams that exist and that the caller may see.
void answer_list(const CallPtr& call, const char* key, std::vector<StreamId> streams);
/// Answers {"cursor", "state"} of one stream, 404 or 403.
void answer_state(const CallPtr& call, const StreamId& stream);

// The handlers, a file per resource.
using Handler = void (*)(const CallPtr&);
enum class Need : std::uint8_t { nobody, person, admin };
struct Route {
    const char* method;
    const char* pattern;  // "/api/conversations/{id}/messages"
    Need need;
    Handler handler;
};
[[nodiscard]] std::vector<Route> session_routes();
[[nodiscard]] std::vector<Route> user_routes();
[[nodiscard]] std::vector<Route> conversation_routes();
[[nodiscard]] std::vector<Route> conference_routes();
[[nodiscard]] std::vector<Route> recording_routes();
[[nodiscard]] std::vector<Route> conference_sound_routes();
[[nodiscard]] std::vector<Route> server_routes();

}  // namespace web
