// See texts.hpp.
#include "edges/sip/texts.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "edges/sip/causes.hpp"

namespace sip {

struct Texts::Work {
    RequestId request = 0;
    SharedRequest message;
    Account account;
    bool wants_texts = false;  // its phone already gets answers
    std::string person;        // the other one of a direct conversation; empty: a group
    std::string conversation;

    [[nodiscard]] std::string by() const { return "phone/" + account.user + "-" + account.label; }
    [[nodiscard]] std::string wish() const {
        return message->call_id + ":" + std::to_string(message->cseq);
    }
};

std::string direct_name(const std::string& a, const std::string& b) {
    return "direct:" + std::min(a, b) + ":" + std::max(a, b);
}

std::string lines_of(std::string body) {
    std::erase(body, '\r');
    while (body.ends_with('\n')) body.pop_back();
    return body;
}

int judge_text(const std::string& content_type, const std::string& body) {
    if (content_type != "text/plain") return 415;
    if (body.size() > text_bytes_max) return 413;
    return base::is_text(body, text_bytes_max, true) ? 200 : 400;
}

void Texts::answer(const Work& work, int status) {
    Response response{.status = status};
    if (status == 415) response.accept = "text/plain";
    if (status == 503) response.retry_after = "10";
    desk_.respond(work.request, Method::message, response);
}

void Texts::on_message(RequestId request, const Request& message) {
    auto work = std::make_shared<Work>();
    work->request = request;
    work->message = std::make_shared<const Request>(message);
    gate_.authenticate(
        request, work->message,
        [this, work](const Account& account, const SharedUser& user) {
            work->account = account;
            for (const schema::PhoneT& phone : user->phones) {
                if (phone.label == account.label) work->wants_texts = phone.texts;
            }
            const int status =
                judge_text(work->message->content_type, lines_of(work->message->body));
            if (status != 200) return answer(*work, status);
            const std::string& called = work->message->called_user;
            if (called.empty() || !stream_name_allowed(called)) return answer(*work, 404);
            find_person(work, called, false);
        },
        [] {});
}

/// "bob", else "bob-desk", else the name of a conversation.
void Texts::find_person(const std::shared_ptr<Work>& work, const std::string& name, bool last) {
    desk_.view({StreamKind::user, name}, [this, work, name, last](const actors::View& view) {
        const auto* user = actors::peek<schema::UserStateT>(view.state);
        if (user != nullptr && user->exists) {
            if (name == work->account.user)
                return answer(*work, 404);  // nobody writes to themselves
            work->person = name;
            work->conversation = direct_name(name, work->account.user);
            return create(work);
        }
        const auto account = parse_account(name);
        if (!last && account) return find_person(work, account->user, true);
        find_conversation(work);
    });
}

void Texts::find_conversation(const std::shared_ptr<Work>& work) {
    desk_.view({StreamKind::conversation, work->message->called_user},
               [this, work](const actors::View& view) {
                   const auto* conversation = actors::peek<schema::ConversationStateT>(view.state);
                   if (conversation == nullptr || !conversation->exists) return answer(*work, 404);
                   work->conversation = work->message->called_user;
                   send(work);
               });
}

void Texts::create(const std::shared_ptr<Work>& work) {
    schema::CreateConversationT wish;
    wish.kind = schema::ConversationKind::direct;
    wish.members = {work->account.user, work->person};
    desk_.send({StreamKind::conversation, work->conversation}, work->by(),
               actors::command(std::move(wish)), [this, work](const actors::Answer& made) {
                   if (made.ok() || made.refusal == actors::Refusal::already_exists)
                       return send(work);
                   answer(*work, status_of(made.refusal));
               });
}

void Texts::send(const std::shared_ptr<Work>& work) {
    schema::SendMessageT wish;
    wish.text = lines_of(work->message->body);
    // A hash when it is long: the rules bound a client id, a phone's Call-ID is bounded only by us.
    wish.client_id = command_id_of(work->wish()).text();
    wish.via = "phone";
    // Made of the request's own names, so that one that comes again is decided once.
    actors::Envelope envelope{command_id_of("sms:" + work->by() + ":" + work->wish()),
                              {},
                              desk_.house->now(),
                              StreamId{StreamKind::conversation, work->conversation},
                              work->by()};
    desk_.send(std::move(envelope), actors::command(std::move(wish)),
               [this, work](const actors::Answer& sent) {
                   if (!sent.ok()) return answer(*work, status_of(sent.refusal));
                   desk_.counters.texts_received.add();
                   answer(*work, 200);
                   if (!work->wants_texts) want_answers(*work);
               });
}

/// Who writes by phone wants to read by phone.
void Texts::want_answers(const Work& work) {
    schema::SetPhoneTextsT wish;
    wish.label = work.account.label;
    wish.texts = true;
    desk_.send({StreamKind::user, work.account.user}, work.by(), actors::command(std::move(wish)));
}

// ---- from the chat to the phones

void Texts::offer(const actors::OfferText& effect) {
    if (!stream_name_allowed(effect.user) || !plain_user_part(effect.from) || desk_.stopping)
        return;
    desk_.view({StreamKind::user, effect.user}, [this, effect](const actors::View& view) {
        const auto* user = actors::peek<schema::UserStateT>(view.state);
        if (user == nullptr || user->disabled) return;
        const Instant now = desk_.house->now();
        // An answer goes to where the message came from: to the person, or to the group.
        const bool direct =
            effect.conversation.starts_with("direct:") || !plain_user_part(effect.conversation);
        for (const schema::PhoneT& phone : user->phones) {
            if (!phone.texts) continue;
            for (const schema::BindingT& binding : phone.bindings) {
                if (Instant{binding.expires_at} <= now) continue;
                Outgoing one;
                one.target = binding.contact;
                one.proxy = uri_of_source(binding.source);
                one.from_display = effect.from;
                one.from_uri =
                    "sip:" + (direct ? effect.from : effect.conversation) + "@" + desk_.domain();
                one.to_uri = "sip:" + user->name + "-" + phone.label + "@" + desk_.domain();
                one.body = effect.text;
                deliver(one, 1);
            }
        }
    });
}

void Texts::deliver(const Outgoing& outgoing, int attempt) {
    const PeerId peer = deliveries_.size() < deliveries_max ? desk_.agent.message(outgoing) : 0;
    if (peer == 0) return desk_.counters.texts_failed.add();
    deliveries_.emplace(peer, Delivery{outgoing, attempt});
}

void Texts::on_delivered(PeerId peer, int status) {
    const auto found = deliveries_.find(peer);
    if (found == deliveries_.end()) return;
    const Delivery delivery = std::move(found->second);
    deliveries_.erase(found);
    if (status < 300) return desk_.counters.texts_delivered.add();
    if (status == 408 && delivery.attempt == 1 && !desk_.stopping)
        return deliver(delivery.outgoing, 2);
    desk_.counters.texts_failed.add();
    log_info("a text could not be delivered: status " + std::to_string(status));
}

}  // namespace sip
