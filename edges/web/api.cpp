#include "edges/web/api.hpp"

#include <sodium.h>

#include "base/text.hpp"
#include "edges/web/call.hpp"
#include "edges/web/openapi.hpp"
#include "edges/web/router.hpp"
#include "journal/stored.hpp"

namespace web {
namespace {

using actors::Refusal;

std::vector<Route> all_routes() {
    std::vector<Route> all = session_routes();
    for (const auto& some : {user_routes(), conversation_routes(), conference_routes(),
                             conference_sound_routes(), recording_routes(), server_routes()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

const std::vector<Route>& table() {
    static const std::vector<Route> routes = all_routes();
    return routes;
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool loopback(std::string_view source) {
    return source.starts_with("127.") || source == "::1" || source.starts_with("::ffff:127.");
}

const schema::SessionT* session_of(const schema::UserStateT& person, const base::Hash& token) {
    for (const auto& session : person.sessions) {
        if (journal::loaded(session.token) == token) return &session;
    }
    return nullptr;
}

std::optional<Principal> principal_of(const actors::View& view, const base::Hash& token,
                                      Instant now) {
    const auto* person = existing<schema::UserStateT>(view);
    if (!person || person->disabled) return std::nullopt;
    const auto* session = session_of(*person, token);
    // The entity ends sessions when their time comes; a look in between must not be kinder.
    if (!session || Instant{session->expires_at} <= now) return std::nullopt;
    Principal who;
    who.user = person->name;
    who.display_name = person->display_name;
    who.admin = person->admin;
    who.token = token;
    who.sequence = view.sequence;
    return who;
}

void run(const CallPtr& call, const Route& route) {
    if (route.need == Need::admin && !call->who.governs())
        return call->refuse(Refusal::not_allowed);
    route.handler(call);
}

// ---- what belongs to nobody's resource

void openapi(const CallPtr& call) { call->respond({200, std::string(openapi_json())}); }

void healthz(const CallPtr& call) { call->respond({200, "ok\n", "text/plain; charset=utf-8"}); }

void readyz(const CallPtr& call) {
    const auto& ready = call->kit->options.ready;
    if (ready && !ready()) return call->refuse(Refusal::stopping);
    call->respond({200, "ready\n", "text/plain; charset=utf-8"});
}

void metrics(const CallPtr& call) {
    const auto& text = call->kit->options.metrics;
    if (!text) return call->respond(error_response(404, "not_found", "Metrics are switched off."));
    call->respond({200, text(), "text/plain; version=0.0.4; charset=utf-8"});
}

}  // namespace

std::vector<Route> server_routes() {
    return {{"GET", "/api/openapi.json", Need::nobody, openapi},
            {"GET", "/healthz", Need::nobody, healthz},
            {"GET", "/readyz", Need::nobody, readyz},
            {"GET", "/metrics", Need::nobody, metrics}};
}

Api::Api(actors::House& house, journal::Log& log, std::shared_ptr<const base::Secrets> secrets,
         ApiOptions options)
    : kit_(new Kit{.house = house,
                   .log = log,
                   .secrets = std::move(secrets),
                   .options = options,
                   .passwords{options.password_threads, options.password_queue},
                   .readers{options.reader_threads, options.reader_queue}}) {
    kit_->absent_password = base::hash_password(base::hex(base::random_bytes(16)));
}

Api::~Api() {
    kit_->passwords.stop();
    kit_->readers.stop();
}

actors::House& Api::house() const { return kit_->house; }

std::vector<std::string> Api::routes() {
    std::vector<std::string> out;
    for (const Route& route : table())
        out.push_back(std::string(route.method) + " " + route.pattern);
    return out;
}

void Api::judge_token(const std::string& bearer, const std::string& source,
                      std::function<void(std::optional<Principal>)> found) const {
    if (!kit_->options.cli_token.empty() && loopback(source) &&
        same(bearer, kit_->options.cli_token)) {
        return found(command_line());
    }
    // "alice.<random>": the token names its user, so that no index of tokens is needed.
    const std::string user = bearer.substr(0, bearer.rfind('.'));
    if (user.size() == bearer.size() || bearer.size() > 128 || !base::is_user_name(user)) {
        return found(std::nullopt);
    }
    const base::Hash token = kit_->secrets->keyed_token(bearer);
    kit_->house.view({StreamKind::user, user},
                     [kit = kit_, token, found = std::move(found)](const actors::View& view) {
                         found(principal_of(view, token, kit->house.now()));
                     });
}

void Api::handle(Request request, Respond respond) const {
    Found found = find_route(table(), request.method, request.path);
    if (!found.route) {
        return respond(
            found.path_known
                ? error_response(405, "method_not_allowed", "This path has no such method.")
                : error_response(404, "not_found", "There is nothing at this path."));
    }
    auto query = parse_query(request.query);
    if (!query)
        return respond(bad_request("a percent sign in the query has no two hexadecimal digits"));
    auto body = request.body.empty() ? Result<Json, std::string>(Json::object())
                                     : parse_object(request.body);
    if (!body.ok()) return respond(bad_request("body: " + body.error()));

    auto call = std::make_shared<Call>();
    call->kit = kit_;
    call->source = std::move(request.source);
    call->params = std::move(found.params);
    call->query = std::move(*query);
    call->body = std::move(body).value();
    call->respond = std::move(respond);
    const Route& route = *found.route;
    if (route.need == Need::nobody) return route.handler(call);
    if (request.principal) {
        call->who = std::move(*request.principal);
        return run(call, route);
    }
    judge_token(request.bearer, call->source, [call, &route](std::optional<Principal> who) {
        if (!who) {
            return call->respond(error_response(401, "not_signed_in",
                                                "Sign in: this token is not valid (any more)."));
        }
        call->who = std::move(*who);
        run(call, route);
    });
}

}  // namespace web
