// Digest against the sealed HA1 of a user's phone; see gate.hpp.
#include "edges/sip/gate.hpp"

#include <algorithm>

namespace sip {
namespace {

/// The HA1 of a phone; nothing when there is no such account.
std::optional<std::string> ha1_of(const schema::UserStateT* user, const std::string& label,
                                  const base::Secrets* keys) {
    if (user == nullptr || !user->exists || keys == nullptr) return std::nullopt;
    const auto phone = std::find_if(user->phones.begin(), user->phones.end(),
                                    [&](const schema::PhoneT& one) { return one.label == label; });
    if (phone == user->phones.end()) return std::nullopt;
    return keys->unseal(phone->ha1);
}

}  // namespace

struct Gate::Asked {
    RequestId request = 0;
    SharedRequest message;
    Proven proven;
    std::function<void()> refused;
};

void Gate::authenticate(RequestId request, SharedRequest message, Proven proven,
                        std::function<void()> refused) {
    auto asked = std::make_shared<Asked>(
        Asked{request, std::move(message), std::move(proven), std::move(refused)});
    desk_.check_guard(
        "source:" + asked->message->source.ip, [this, asked] { judge(asked); },
        [this, asked] {
            desk_.counters.strangers_refused.add();
            desk_.log_stranger("blocked source " + asked->message->source.ip + " asks again");
            desk_.respond(asked->request, asked->message->method, 403);
            asked->refused();
        });
}

void Gate::challenge(const Asked& asked, bool stale) {
    desk_.respond(
        asked.request, asked.message->method,
        Response{.status = 401, .authenticate = desk_.digests.challenge(desk_.loop.now(), stale)});
    asked.refused();
}

void Gate::judge(const std::shared_ptr<Asked>& asked) {
    std::optional<Credentials> credentials;
    for (const std::string& value : asked->message->authorizations) {
        auto parsed = parse_authorization(value);
        if (parsed && parsed->realm == desk_.digests.realm()) credentials = std::move(parsed);
    }
    if (!credentials) return challenge(*asked, false);
    // What is no account's name is judged like an account that does not exist.
    const Account account =
        parse_account(credentials->username).value_or(Account{"nobody", "nothing"});
    desk_.view({StreamKind::user, account.user},
               [this, asked, credentials = std::move(*credentials), account](
                   const actors::View& view) { judge_proof(asked, credentials, account, view); });
}

void Gate::judge_proof(const std::shared_ptr<Asked>& asked, const Credentials& credentials,
                       const Account& account, const actors::View& view) {
    const auto* user = actors::peek<schema::UserStateT>(view.state);
    const bool named = parse_account(credentials.username).has_value();
    const auto ha1 =
        named ? ha1_of(user, account.label, desk_.options.secrets.get()) : std::nullopt;
    const Source& source = asked->message->source;
    switch (
        desk_.digests.judge(credentials, name_of(asked->message->method), ha1, desk_.loop.now())) {
        case Proof::stale: return challenge(*asked, true);
        case Proof::unsupported: return challenge(*asked, false);
        case Proof::wrong:
            desk_.strike(source, "login");
            desk_.log_stranger("wrong password for a phone account, from " + source.text());
            return challenge(*asked, false);
        case Proof::right: break;
    }
    if (user->disabled) {
        desk_.respond(asked->request, asked->message->method, 403);
        return asked->refused();
    }
    asked->proven(account, std::make_shared<const schema::UserStateT>(*user));
}

}  // namespace sip
