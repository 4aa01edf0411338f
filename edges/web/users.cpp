// People: accounts, passwords, phones, numbers, contacts.
#include <sodium.h>

#include "actors/limits.hpp"
#include "base/text.hpp"
#include "edges/web/call.hpp"

namespace web {
namespace {

using actors::Refusal;

constexpr std::size_t password_bytes_min = 8, password_bytes_max = 200;

std::optional<StreamId> user(const CallPtr& call) {
    if (base::is_user_name(call->params.at(0))) return StreamId{StreamKind::user, call->params[0]};
    call->refuse(Refusal::no_such_user);
    return std::nullopt;
}

bool is_self(const CallPtr& call) {
    return !call->who.user.empty() && call->params.at(0) == call->who.user;
}

/// An administrator acts on others as one; on themselves everybody acts as themselves.
std::string by(const CallPtr& call) {
    return is_self(call) ? call->who.by() : call->who.by_admin();
}

/// Words that can be read out over a telephone: no l, 1, o, 0.
std::string new_password(std::size_t length) {
    constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";
    static_assert(letters.size() == 32, "a byte gives each letter equally often");
    std::string out;
    for (const char byte : base::random_bytes(length))
        out += letters[static_cast<unsigned char>(byte) % 32];
    return out;
}

// ---- oneself

void me(const CallPtr& call) {
    if (call->who.user.empty()) return call->refuse(Refusal::no_such_user);
    answer_state(call, {StreamKind::user, call->who.user});
}

void add_contact(const CallPtr& call) {
    Fields fields(call->body);
    schema::AddContactT wish;
    wish.user = fields.user("user");
    if (call->faulty(fields)) return;
    with_users(call, {wish.user}, [call, wish] {
        send_and_answer(call, {StreamKind::user, call->who.user}, call->who.by(),
                        actors::command(wish));
    });
}

void remove_contact(const CallPtr& call) {
    schema::RemoveContactT wish;
    wish.user = call->params[0];
    send_and_answer(call, {StreamKind::user, call->who.user}, call->who.by(),
                    actors::command(std::move(wish)));
}

// ---- everybody

void list_of(const CallPtr& call, std::vector<std::string> streams, Json next_after) {
    auto people = std::make_shared<std::vector<Json>>(streams.size());
    auto missing = std::make_shared<std::atomic<std::size_t>>(streams.size());
    auto answer = [call, people, next_after = std::move(next_after)] {
        Json list = Json::array();
        for (Json& person : *people) {
            if (!person.is_null()) list.push_back(std::move(person));
        }
        call->ok({{"users", std::move(list)}, {"next_after", next_after}});
    };
    if (streams.empty()) return answer();
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const StreamId stream = parse_stream(streams[i]).value_or(StreamId{});
        call->kit->house.view(stream, [call, people, missing, answer, i](const actors::View& view) {
            const auto* person = existing<schema::UserStateT>(view);
            if (person) (*people)[i] = person_json(*person, call->who.governs());
            if (missing->fetch_sub(1) == 1) answer();
        });
    }
}

void list(const CallPtr& call) {
    const auto limit = call->number("limit", 100, 1, 200);
    if (!limit) return;
    const auto found = call->query.find("after");
    const std::string after = found == call->query.end() ? "" : found->second;
    const bool taken = call->kit->readers.submit([call, after, limit = *limit] {
        auto streams =
            call->kit->log.list_streams("user/", after.empty() ? "" : "user/" + after, limit);
        if (!streams.ok()) return call->refuse(Refusal::storage_failed);
        const bool more = streams.value().size() == limit;
        Json next = more ? Json(streams.value().back().substr(5)) : Json(nullptr);
        list_of(call, std::move(streams).value(), std::move(next));
    });
    if (!taken) call->refuse(Refusal::busy);
}

void show(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    call->kit->house.view(*stream, [call, stream = *stream](const actors::View& view) {
        const auto* person = existing<schema::UserStateT>(view);
        if (!person) return call->refuse(Refusal::no_such_user);
        if (!is_self(call) && !call->who.governs()) {
            return call->ok({{"state", person_json(*person, false)}});
        }
        // An administrator sees the account as its owner does.
        call->ok({{"cursor", cursor_text(view.epoch, view.sequence)},
                  {"state", *state_json(Viewer{.user = stream.name}, stream, view.state)}});
    });
}

/// Hashes on a worker, then goes on; the clear text is wiped.
void with_hash(const CallPtr& call, std::string password, std::function<void(std::string)> then) {
    auto clear = std::make_shared<std::string>(std::move(password));
    const bool taken = call->kit->passwords.submit([clear, then = std::move(then)] {
        std::string hashed = base::hash_password(*clear);
        sodium_memzero(clear->data(), clear->size());
        then(std::move(hashed));
    });
    if (!taken) call->refuse(Refusal::busy);
}

void create(const CallPtr& call) {
    Fields fields(call->body);
    schema::CreateUserT wish;
    const std::string name = fields.user("user");
    wish.display_name = fields.text("display_name", 1, actors::display_name_bytes_max);
    const bool made = !fields.has("password");
    const std::string password =
        made ? new_password(14) : fields.text("password", password_bytes_min, password_bytes_max);
    if (fields.has("admin")) wish.admin = fields.flag("admin");
    if (fields.has("may_dial_numbers")) wish.may_dial_numbers = fields.flag("may_dial_numbers");
    if (call->faulty(fields)) return;
    with_hash(call, password, [call, wish, name, password, made](std::string hashed) mutable {
        wish.password = std::move(hashed);
        Json more{{"user", name}};
        if (made) more["password"] = password;
        send_and_answer(call, {StreamKind::user, name}, call->who.by_admin(),
                        actors::command(std::move(wish)), std::move(more), 201);
    });
}

void store_password(const CallPtr& call, const std::string& password) {
    with_hash(call, password, [call](std::string hashed) {
        schema::SetPasswordT wish;
        wish.password = std::move(hashed);
        send_and_answer(call, {StreamKind::user, call->params[0]}, by(call),
                        actors::command(std::move(wish)));
    });
}

void set_password(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    Fields fields(call->body);
    const std::string password = fields.text("password", password_bytes_min, password_bytes_max);
    const bool self = is_self(call);
    // Who finds an open screen must not be able to take the account over.
    const std::string old = self ? fields.text("old_password", 1, 1000) : "";
    if (call->faulty(fields)) return;
    if (!self && !call->who.governs()) return call->refuse(Refusal::not_allowed);
    if (!self) return store_password(call, password);
    with_self(call, [call, old, password](const schema::UserStateT& state) {
        const bool taken = call->kit->passwords.submit([call, old, password,
                                                        encoded = state.password] {
            if (base::password_fits(encoded, old)) return store_password(call, password);
            call->respond(error_response(403, "wrong_credentials", "The old password is wrong."));
        });
        if (!taken) call->refuse(Refusal::busy);
    });
}

void set_disabled(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    Fields fields(call->body);
    schema::SetUserDisabledT wish;
    wish.disabled = fields.flag("disabled");
    if (call->faulty(fields)) return;
    send_and_answer(call, *stream, call->who.by_admin(), actors::command(wish));
}

void set_may_dial_numbers(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    Fields fields(call->body);
    schema::SetMayDialNumbersT wish;
    wish.allowed = fields.flag("allowed");
    if (call->faulty(fields)) return;
    send_and_answer(call, *stream, call->who.by_admin(), actors::command(wish));
}

// ---- phones

void add_phone(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    Fields fields(call->body);
    const std::string label = fields.text("label", 1, 16);
    if (!base::is_label(label)) fields.complain("label", "must be a-z 0-9 _ (1..16)");
    if (call->faulty(fields)) return;
    const Kit& kit = *call->kit;
    const std::string account = stream->name + "-" + label, password = new_password(20);
    schema::AddPhoneT wish;
    wish.label = label;
    wish.ha1 = kit.secrets->seal(base::digest_ha1(account, kit.options.realm, password));
    // The password itself is kept by nobody: this answer is its only appearance.
    send_and_answer(call, *stream, by(call), actors::command(std::move(wish)),
                    {{"label", label},
                     {"user", account},
                     {"password", password},
                     {"server", kit.options.sip_server},
                     {"realm", kit.options.realm}},
                    201);
}

void remove_phone(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    schema::RemovePhoneT wish;
    wish.label = call->params[1];
    send_and_answer(call, *stream, by(call), actors::command(std::move(wish)));
}

void set_phone_texts(const CallPtr& call) {
    const auto stream = user(call);
    if (!stream) return;
    Fields fields(call->body);
    schema::SetPhoneTextsT wish;
    wish.label = call->params[1];
    wish.texts = fields.flag("texts");
    if (call->faulty(fields)) return;
    send_and_answer(call, *stream, by(call), actors::command(std::move(wish)));
}

// ---- numbers

/// The number's own entity knows its one owner and tells the user.
template <class Wish>
void move_number(const CallPtr& call, const std::string& number) {
    const auto stream = user(call);
    if (!stream) return;
    if (!base::is_number(number))
        return call->respond(bad_request("field 'number' must be a telephone number"));
    // The telephone side looks numbers up by their digits alone.
    const std::string digits = number.substr(number[0] == '+' ? 1 : 0);
    with_users(call, {stream->name}, [call, digits, owner = stream->text()] {
        Wish wish;
        wish.owner = owner;
        send_and_answer(call, {StreamKind::number, digits}, call->who.by_admin(),
                        actors::command(std::move(wish)));
    });
}

void assign_number(const CallPtr& call) {
    Fields fields(call->body);
    const std::string number = fields.text("number", 1, 32);
    if (call->faulty(fields)) return;
    move_number<schema::ClaimNumberT>(call, number);
}

void withdraw_number(const CallPtr& call) {
    move_number<schema::ReleaseNumberT>(call, call->params[1]);
}

}  // namespace

std::vector<Route> user_routes() {
    return {{"GET", "/api/me", Need::person, me},
            {"POST", "/api/me/contacts", Need::person, add_contact},
            {"DELETE", "/api/me/contacts/{user}", Need::person, remove_contact},
            {"GET", "/api/users", Need::person, list},
            {"POST", "/api/users", Need::admin, create},
            {"GET", "/api/users/{user}", Need::person, show},
            {"POST", "/api/users/{user}/password", Need::person, set_password},
            {"POST", "/api/users/{user}/disabled", Need::admin, set_disabled},
            {"POST", "/api/users/{user}/may_dial_numbers", Need::admin, set_may_dial_numbers},
            {"POST", "/api/users/{user}/phones", Need::person, add_phone},
            {"DELETE", "/api/users/{user}/phones/{label}", Need::person, remove_phone},
            {"POST", "/api/users/{user}/phones/{label}/texts", Need::person, set_phone_texts},
            {"POST", "/api/users/{user}/numbers", Need::admin, assign_number},
            {"DELETE", "/api/users/{user}/numbers/{number}", Need::admin, withdraw_number}};
}

}  // namespace web
