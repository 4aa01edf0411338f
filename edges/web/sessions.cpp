// Signing in and out.
//
// argon2id runs on its own workers behind a bounded queue, and an unknown name costs the same time
// as a known one. Who guesses wrong is counted per name and per source (actors/guard.hpp).
#include <sodium.h>

#include "base/text.hpp"
#include "edges/web/call.hpp"
#include "journal/stored.hpp"

namespace web {
namespace {

using actors::Refusal;

constexpr int signing_in_per_source_max = 4;  // one source must not fill the queue of all others

StreamId source_guard(const CallPtr& call) {
    std::string name = "source:" + call->source;
    if (!stream_name_allowed(name)) name = "source:unknown";
    return {StreamKind::guard, std::move(name)};
}
StreamId login_guard(const std::string& user) { return {StreamKind::guard, "login:" + user}; }

void wrong(const CallPtr& call) {
    call->respond(error_response(401, "wrong_credentials", "wrong user name or password"));
}

void strike(const CallPtr& call, const std::string& user) {
    for (const StreamId& guard : {source_guard(call), login_guard(user)}) {
        schema::StrikeT strike;
        strike.reason = "wrong password";
        // The stranger's answer does not wait for the disk, and a refusal changes nothing for them.
        call->kit->house.send(guard, "server", actors::command(std::move(strike)),
                              [](const actors::Answer&) {});
    }
}

std::string new_token(const std::string& user) {
    const std::string random = base::random_bytes(32);
    char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    sodium_bin2base64(text, sizeof text, reinterpret_cast<const unsigned char*>(random.data()),
                      random.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return user + "." + text;
}

struct Attempt {
    std::string user, password, client;
    std::string encoded;  // what the password is checked against
    bool known = false;
    std::string display_name;
    bool admin = false;
};

void open_session(const CallPtr& call, const Attempt& attempt) {
    const std::string token = new_token(attempt.user);
    const base::Hash keyed = call->kit->secrets->keyed_token(token);
    const Duration lasts = call->kit->options.session_lasts;
    schema::OpenSessionT open;
    open.token = journal::stored(keyed);
    open.client = attempt.client;
    open.lasts_s = static_cast<std::uint32_t>(lasts.us / 1'000'000);
    const Instant expires = call->kit->house.now() + lasts;
    send(call, {StreamKind::user, attempt.user}, "server", actors::command(std::move(open)),
         [call, attempt, token, expires](const actors::Answer&) {
             call->kit->house.send(login_guard(attempt.user), "server",
                                   actors::command(schema::ClearStrikesT{}),
                                   [](const actors::Answer&) {});
             call->ok({{"token", token},
                       {"user", attempt.user},
                       {"display_name", attempt.display_name},
                       {"admin", attempt.admin},
                       {"expires_at", instant_json(expires.us)}});
         });
}

void check_password(const CallPtr& call, const std::shared_ptr<Attempt>& attempt) {
    const bool taken = call->kit->passwords.submit([call, attempt] {
        const bool fits = base::password_fits(attempt->encoded, attempt->password);
        sodium_memzero(attempt->password.data(), attempt->password.size());
        if (fits && attempt->known) return open_session(call, *attempt);
        strike(call, attempt->user);
        wrong(call);
    });
    if (!taken) call->refuse(Refusal::busy);
}

void look_up(const CallPtr& call, const std::shared_ptr<Attempt>& attempt) {
    call->kit->house.view(
        {StreamKind::user, attempt->user}, [call, attempt](const actors::View& view) {
            const auto* person = existing<schema::UserStateT>(view);
            attempt->known = person && !person->disabled;
            attempt->encoded = attempt->known ? person->password : call->kit->absent_password;
            if (attempt->known) {
                attempt->display_name = person->display_name;
                attempt->admin = person->admin;
            }
            check_password(call, attempt);
        });
}

/// Takes one of the source's places until the answer is out.
bool hold_place(const CallPtr& call) {
    const std::scoped_lock lock(call->kit->mutex);
    int& under_way = call->kit->signing_in[call->source];
    if (under_way >= signing_in_per_source_max) return false;
    ++under_way;
    call->respond = [kit = call->kit, source = call->source,
                     respond = std::move(call->respond)](Response response) {
        {
            const std::scoped_lock again(kit->mutex);
            const auto place = kit->signing_in.find(source);
            if (--place->second == 0) kit->signing_in.erase(place);
        }
        respond(std::move(response));
    };
    return true;
}

void sign_in(const CallPtr& call) {
    Fields fields(call->body);
    auto attempt = std::make_shared<Attempt>();
    attempt->user = fields.text("user", 1, 64);
    attempt->password = fields.text("password", 1, 1000);
    if (fields.has("client")) attempt->client = fields.text("client", 0, 100);
    if (call->faulty(fields)) return;
    for (char& c : attempt->user) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!base::is_user_name(attempt->user))
        return wrong(call);  // nobody can have it: nothing to time
    if (!hold_place(call)) return call->refuse(Refusal::busy);
    send(call, source_guard(call), "server", actors::command(schema::CheckGuardT{}),
         [call, attempt](const actors::Answer&) {
             send(call, login_guard(attempt->user), "server",
                  actors::command(schema::CheckGuardT{}),
                  [call, attempt](const actors::Answer&) { look_up(call, attempt); });
         });
}

void sign_out(const CallPtr& call) {
    Fields fields(call->body);
    if (call->faulty(fields)) return;
    if (call->who.operates) return call->refuse(Refusal::not_allowed);
    const base::Hash& token = call->who.token;
    schema::CloseSessionT close;
    close.token = journal::stored(token);
    send(call, {StreamKind::user, call->who.user}, call->who.by(),
         actors::command(std::move(close)),
         [call](const actors::Answer&) { call->ok(Json::object()); });
}

}  // namespace

std::vector<Route> session_routes() {
    return {{"POST", "/api/sign_in", Need::nobody, sign_in},
            {"POST", "/api/sign_out", Need::person, sign_out}};
}

}  // namespace web
