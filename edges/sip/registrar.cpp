// Contacts are brought in one after the other, then the list of bindings is read back; see
// registrar.hpp.
#include "edges/sip/registrar.hpp"

#include <algorithm>

#include "edges/sip/causes.hpp"

namespace sip {

struct Registrar::Work {
    RequestId request = 0;
    SharedRequest message;
    Account account;
    std::size_t next_contact = 0;

    [[nodiscard]] std::string by() const { return "phone/" + account.user + "-" + account.label; }
    [[nodiscard]] StreamId stream() const { return {StreamKind::user, account.user}; }
};

std::uint32_t wished_expires(const Contact& contact, const std::optional<std::uint32_t>& header) {
    const std::uint32_t wish =
        contact.expires_s ? *contact.expires_s : header.value_or(expires_s_default);
    return wish == 0 ? 0 : std::min(wish, expires_s_max);
}

void Registrar::on_register(RequestId request, const Request& message) {
    auto work = std::make_shared<Work>();
    work->request = request;
    work->message = std::make_shared<const Request>(message);
    gate_.authenticate(
        request, work->message,
        [this, work](const Account& account, const SharedUser&) {
            work->account = account;
            proven(work);
        },
        [] {});
}

void Registrar::proven(const std::shared_ptr<Work>& work) {
    const Request& message = *work->message;
    // A phone registers itself, not somebody else (RFC 3261, 10.3, step 4).
    if (message.to_user != work->account.user + "-" + work->account.label) {
        return desk_.respond(work->request, Method::register_, 403);
    }
    for (const Contact& contact : message.contacts) {
        const std::uint32_t wish = wished_expires(contact, message.expires_s);
        if (contact.uri == "*" && (message.contacts.size() != 1 || wish != 0)) {
            return desk_.respond(work->request, Method::register_, 400);
        }
        if (wish != 0 && wish < expires_s_refused) {
            return desk_.respond(
                work->request, Method::register_,
                Response{.status = 423, .min_expires = std::to_string(expires_s_min)});
        }
    }
    next(work);
}

void Registrar::next(const std::shared_ptr<Work>& work) {
    const Request& message = *work->message;
    if (work->next_contact == message.contacts.size()) return finish(work);
    const Contact& contact = message.contacts[work->next_contact++];
    const std::uint32_t wish = wished_expires(contact, message.expires_s);
    schema::CommandUnion command;
    if (wish == 0) {
        schema::UnregisterPhoneT forget;
        forget.label = work->account.label;
        forget.contact = contact.uri;
        command = actors::command(std::move(forget));
    } else {
        schema::RegisterPhoneT bind;
        bind.label = work->account.label;
        bind.contact = contact.uri;
        bind.source = message.source.text();
        bind.user_agent = message.user_agent;
        bind.call_id = message.call_id;
        bind.cseq = message.cseq;
        bind.expires_s = std::max(wish, expires_s_min);
        command = actors::command(std::move(bind));
    }
    desk_.send(work->stream(), work->by(), std::move(command),
               [this, work](const actors::Answer& answer) {
                   if (answer.ok()) return next(work);
                   Response refusal{.status = status_of(answer.refusal)};
                   if (refusal.status == 503) refusal.retry_after = "10";
                   desk_.respond(work->request, Method::register_, refusal);
               });
}

void Registrar::finish(const std::shared_ptr<Work>& work) {
    desk_.view(work->stream(), [this, work](const actors::View& view) { list(*work, view); });
}

void Registrar::list(const Work& work, const actors::View& view) {
    Response answer{.status = 200};
    const auto* user = actors::peek<schema::UserStateT>(view.state);
    const Instant now = desk_.house->now();
    if (user != nullptr) {
        for (const schema::PhoneT& phone : user->phones) {
            if (phone.label != work.account.label) continue;
            for (const schema::BindingT& binding : phone.bindings) {
                const std::int64_t left_s = (binding.expires_at - now.us + 999'999) / 1'000'000;
                if (left_s <= 0) continue;
                if (!answer.contact.empty()) answer.contact += ", ";
                answer.contact += "<" + binding.contact + ">;expires=" + std::to_string(left_s);
            }
        }
    }
    desk_.counters.registrations.add();
    desk_.respond(work.request, Method::register_, answer);
}

}  // namespace sip
