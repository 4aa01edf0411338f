// NUA with its media part switched off; see agent.hpp. Traps of the library that shape this file:
// every response names its request (NUTAG_WITH), every handle is destroyed exactly once, redirects
// are never followed (a phone could send our call anywhere), and the agent is destroyed only after
// nua_r_shutdown.
#include "edges/sip/agent.hpp"

#include <algorithm>
#include <unordered_map>

namespace sip {
struct Handle;
}
#define NUA_MAGIC_T sip::Agent::Inside
#define NUA_HMAGIC_T sip::Handle
#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>

#include "base/assert.hpp"
#include "edges/sip/agent_inside.hpp"
#include "edges/sip/probe.hpp"

namespace sip {

struct Handle {
    enum class Kind : std::uint8_t { call_in, call_out, message_out, other };
    PeerId id = 0;
    nua_handle_t* nh = nullptr;
    Kind kind = Kind::other;
    bool answered = false;    // a 2xx was sent or received
    bool confirmed = false;   // and acknowledged
    bool ending = false;      // nobody wants to hear of it any more
    bool challenged = false;  // credentials were sent once
    std::string user, password;
    std::vector<RequestId> open;  // of its requests, those that wait for our response
};

struct Agent::Inside {
    struct Open {
        PeerId peer = 0;
        nua_saved_event_t saved{};
        Method method{};
        bool initial = false;  // the handle exists because of this request
    };

    Loop& loop;
    const Options options;
    AgentEvents& events;
    nua_t* nua = nullptr;
    std::function<void()> closed;
    std::unordered_map<PeerId, std::unique_ptr<Handle>> handles;
    std::unordered_map<RequestId, Open> open;
    std::uint64_t next_id = 1;

    Handle* find(PeerId peer) {
        const auto found = handles.find(peer);
        return found == handles.end() ? nullptr : found->second.get();
    }

    Handle* adopt(nua_handle_t* nh, Handle::Kind kind) {
        auto handle = std::make_unique<Handle>();
        handle->id = next_id++;
        handle->nh = nh;
        handle->kind = kind;
        nua_handle_bind(nh, handle.get());
        Handle* known = handle.get();
        handles.emplace(known->id, std::move(handle));
        return known;
    }

    Handle* open_handle(const Outgoing& o, Handle::Kind kind);

    void drop(Handle* handle) {
        for (const RequestId request : handle->open) {
            const auto found = open.find(request);
            if (found == open.end()) continue;
            nua_destroy_event(&found->second.saved);
            open.erase(found);
        }
        nua_handle_bind(handle->nh, nullptr);
        nua_handle_destroy(handle->nh);
        handles.erase(handle->id);
    }

    void request_came(Method method, int status, nua_handle_t* nh, Handle* handle,
                      const sip_t* sip);
    void refuse_now(nua_handle_t* nh, int status);
    void call_answered(Handle* handle, const sip_t* sip);
    void invite_response(Handle* handle, int status, const sip_t* sip);
    bool answer_challenge(Handle* handle, const sip_t* sip);
    void session_over(Handle* handle, bool timed_out);
    void confirmed(Handle* handle, const sip_t* sip);
    void cancelled(Handle* handle);
    void event(nua_event_t what, int status, nua_handle_t* nh, Handle* handle, const sip_t* sip);
};

namespace {

constexpr const char* allowed_methods =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, MESSAGE, INFO, UPDATE";

// TAG_IF of a string field: absent when empty.
#define STRING_TAG(tag, text) TAG_IF(!(text).empty(), tag((text).c_str()))

void quiet(void*, const char*, va_list) {}

extern "C" void on_nua_event(nua_event_t event, int status, const char*, nua_t*, nua_magic_t* magic,
                             nua_handle_t* nh, nua_hmagic_t* handle, const sip_t* sip, tagi_t*) {
    magic->event(event, status, nh, handle, sip);
}

}  // namespace

Agent::Agent(Loop& loop, const Options& options, AgentEvents& events)
    : inside_(std::make_unique<Inside>(Inside{loop, options, events, nullptr, {}, {}, {}, 1})) {}

Agent::~Agent() { ASSERT(inside_->nua == nullptr); }

bool Agent::open() {
    const Options& o = inside_->options;
    if (!can_listen(o.bind_ip, o.port)) return false;
    const std::string port = std::to_string(o.port);
    std::string url = "sip:" + (o.advertised_ip.empty() ? o.bind_ip : o.advertised_ip) + ":" + port;
    if (!o.advertised_ip.empty() && o.advertised_ip != o.bind_ip) url += ";maddr=" + o.bind_ip;
    // The library's own log lines would carry what strangers send; what matters is logged where it
    // is judged.
    su_log_redirect(nullptr, quiet, nullptr);
    inside_->nua =
        nua_create(inside_->loop.root(), on_nua_event, inside_.get(), NUTAG_URL(url.c_str()),
                   NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOACK(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0),
                   NUTAG_ENABLEMESSAGE(1), NUTAG_AUTO302(0), NUTAG_AUTO305(0),
                   NUTAG_SESSION_TIMER(0), NUTAG_MIN_SE(90), NUTAG_RETRY_COUNT(1),
                   NUTAG_APPL_METHOD("INVITE, REGISTER, MESSAGE, OPTIONS, INFO, UPDATE"),
                   SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_SUPPORTED_STR("timer"),
                   SIPTAG_USER_AGENT_STR("Partyline"), NTATAG_UDP_MTU(65535), NTATAG_MAXSIZE(65536),
                   NTATAG_MAX_PROCEEDING(20000), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0),
                   TPTAG_IDLE(3'600'000), TPTAG_TIMEOUT(30'000), TAG_END());
    return inside_->nua != nullptr;
}

void Agent::close(std::function<void()> closed) {
    if (inside_->nua == nullptr) return closed();
    inside_->closed = std::move(closed);
    while (!inside_->handles.empty()) inside_->drop(inside_->handles.begin()->second.get());
    nua_shutdown(inside_->nua);
}

std::size_t Agent::peers() const { return inside_->handles.size(); }

void Agent::respond(RequestId request, const Response& r) {
    const auto found = inside_->open.find(request);
    if (found == inside_->open.end()) return;
    Inside::Open open = found->second;
    Handle* handle = inside_->find(open.peer);
    ASSERT(handle != nullptr);  // drop() takes a handle's open requests with it
    const bool final = r.status >= 200;
    const std::string& phrase = r.reason;
    const char* usual = sip_status_phrase(r.status);
    nua_respond(
        handle->nh, r.status, phrase.empty() ? (usual ? usual : "Answer") : phrase.c_str(),
        NUTAG_WITH_SAVED(&open.saved), STRING_TAG(SIPTAG_WWW_AUTHENTICATE_STR, r.authenticate),
        STRING_TAG(SIPTAG_CONTACT_STR, r.contact), STRING_TAG(SIPTAG_ACCEPT_STR, r.accept),
        STRING_TAG(SIPTAG_RETRY_AFTER_STR, r.retry_after),
        STRING_TAG(SIPTAG_MIN_EXPIRES_STR, r.min_expires),
        STRING_TAG(SIPTAG_EXPIRES_STR, r.expires),
        STRING_TAG(SIPTAG_CONTENT_TYPE_STR, r.content_type), STRING_TAG(SIPTAG_PAYLOAD_STR, r.body),
        STRING_TAG(NUTAG_PROXY, r.proxy), TAG_END());
    if (!final) return;
    inside_->open.erase(found);
    std::erase(handle->open, request);
    nua_destroy_event(&open.saved);
    if (open.method == Method::invite && r.status < 300) {
        handle->answered = true;
        if (open.initial) handle->kind = Handle::Kind::call_in;
    } else if (open.initial) {
        inside_->drop(handle);
    }
}

Handle* Agent::Inside::open_handle(const Outgoing& o, Handle::Kind kind) {
    const std::string from =
        (o.from_display.empty() ? "" : "\"" + o.from_display + "\" ") + "<" + o.from_uri + ">";
    const std::string to = "<" + (o.to_uri.empty() ? o.target : o.to_uri) + ">";
    nua_handle_t* nh =
        nua_handle(nua, nullptr, NUTAG_URL(o.target.c_str()), SIPTAG_FROM_STR(from.c_str()),
                   SIPTAG_TO_STR(to.c_str()), TAG_END());
    return nh == nullptr ? nullptr : adopt(nh, kind);
}

PeerId Agent::invite(const Outgoing& o) {
    Handle* handle = inside_->open_handle(o, Handle::Kind::call_out);
    if (handle == nullptr) return 0;
    handle->user = o.user;
    handle->password = o.password;
    // The proxy is a parameter of the request: nua_handle() would ignore it.
    nua_invite(handle->nh, STRING_TAG(NUTAG_PROXY, o.proxy),
               SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(o.body.c_str()),
               TAG_END());
    return handle->id;
}

PeerId Agent::message(const Outgoing& o) {
    Handle* handle = inside_->open_handle(o, Handle::Kind::message_out);
    if (handle == nullptr) return 0;
    nua_message(handle->nh, STRING_TAG(NUTAG_PROXY, o.proxy),
                SIPTAG_CONTENT_TYPE_STR("text/plain;charset=UTF-8"),
                SIPTAG_PAYLOAD_STR(o.body.c_str()), TAG_END());
    return handle->id;
}

void Agent::acknowledge(PeerId peer, const std::string& sdp) {
    Handle* handle = inside_->find(peer);
    if (handle == nullptr) return;
    handle->confirmed = true;
    nua_ack(handle->nh, TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
            STRING_TAG(SIPTAG_PAYLOAD_STR, sdp), TAG_END());
}

void Agent::end(PeerId peer) {
    Handle* handle = inside_->find(peer);
    if (handle == nullptr || handle->ending) return;
    handle->ending = true;
    if (handle->kind == Handle::Kind::call_out && !handle->answered) {
        nua_cancel(handle->nh, TAG_END());
    } else if (handle->confirmed) {
        nua_bye(handle->nh, TAG_END());
    } else if (handle->kind != Handle::Kind::call_in) {
        inside_->drop(handle);
    }
    // A call in that is not acknowledged yet must not get a BYE before its ACK (RFC 3261, 15):
    // confirmed() sends it.
}

// ---- what the library reports

void Agent::Inside::refuse_now(nua_handle_t* nh, int status) {
    const char* phrase = sip_status_phrase(status);
    nua_respond(nh, status, phrase ? phrase : "Bad Request", NUTAG_WITH_THIS(nua), TAG_END());
}

void Agent::Inside::request_came(Method method, int status, nua_handle_t* nh, Handle* handle,
                                 const sip_t* sip) {
    if (status >= 200) {  // the library has answered already
        if (handle == nullptr) nua_handle_destroy(nh);
        return;
    }
    const msg_t* message = nua_current_request(nua);
    auto read = read_request(method, message, sip);
    const int* bad = std::get_if<int>(&read);
    const bool initial = handle == nullptr;
    // INFO and UPDATE belong to a call; the library lets a stray INFO through.
    const bool stray = initial && (method == Method::info || method == Method::update);
    if (bad != nullptr || stray || (handle != nullptr && handle->ending)) {
        refuse_now(nh, bad != nullptr ? *bad : 481);
        if (initial) nua_handle_destroy(nh);
        if (bad != nullptr) events.on_malformed(source_of(message), *bad);
        return;
    }
    if (initial)
        handle = adopt(nh, method == Method::invite ? Handle::Kind::call_in : Handle::Kind::other);
    const RequestId id = next_id++;
    Open entry{handle->id, {}, method, initial};
    nua_save_event(nua, &entry.saved);
    handle->open.push_back(id);
    const PeerId peer = handle->id;
    open.emplace(id, entry);
    events.on_request(id, peer, std::get<Request>(read));
}

void Agent::Inside::session_over(Handle* handle, bool timed_out) {
    const PeerId peer = handle->id;
    const bool silent = handle->ending;
    drop(handle);
    if (!silent) events.on_ended(peer, timed_out);
}

void Agent::Inside::confirmed(Handle* handle, const sip_t* sip) {
    handle->confirmed = true;
    if (handle->ending) {
        nua_bye(handle->nh, TAG_END());
    } else {
        events.on_confirmed(handle->id, sdp_in(sip));
    }
}

void Agent::Inside::cancelled(Handle* handle) {
    const PeerId peer = handle->id;
    const bool silent = handle->ending || handle->answered;  // a CANCEL of a re-INVITE ends no call
    if (handle->answered) return;
    drop(handle);
    if (!silent) events.on_cancelled(peer);
}

bool Agent::Inside::answer_challenge(Handle* handle, const sip_t* sip) {
    if (handle->user.empty() || handle->challenged || sip == nullptr) return false;
    const msg_auth_t* asked =
        sip->sip_proxy_authenticate ? sip->sip_proxy_authenticate : sip->sip_www_authenticate;
    if (asked == nullptr || asked->au_scheme == nullptr) return false;
    const char* realm = msg_params_find(asked->au_params, "realm=");
    if (realm == nullptr) return false;
    handle->challenged = true;
    const std::string credentials =
        std::string{asked->au_scheme} + ":" + realm + ":" + handle->user + ":" + handle->password;
    nua_authenticate(handle->nh, NUTAG_AUTH(credentials.c_str()), TAG_END());
    return true;
}

void Agent::Inside::call_answered(Handle* handle, const sip_t* sip) {
    handle->answered = true;
    if (handle->ending) {  // our CANCEL crossed their 200
        nua_ack(handle->nh, TAG_END());
        nua_bye(handle->nh, TAG_END());
        handle->confirmed = true;
        return;
    }
    events.on_answered(handle->id, sdp_in(sip));
}

void Agent::Inside::invite_response(Handle* handle, int status, const sip_t* sip) {
    if (status > 100 && status < 200) {
        if (!handle->ending) events.on_progress(handle->id, status);
    } else if (status >= 200 && status < 300) {
        call_answered(handle, sip);
    } else if (status >= 300) {
        if ((status == 401 || status == 407) && !handle->ending && answer_challenge(handle, sip))
            return;
        if (handle->confirmed)
            return;  // a refresh of the session failed: the library ends it when it must
        const PeerId peer = handle->id;
        const bool silent = handle->ending;
        drop(handle);
        if (!silent) events.on_failed(peer, status);
    }
}

void Agent::Inside::event(nua_event_t what, int status, nua_handle_t* nh, Handle* handle,
                          const sip_t* sip) {
    switch (static_cast<int>(what)) {
        case nua_i_invite: return request_came(Method::invite, status, nh, handle, sip);
        case nua_i_register: return request_came(Method::register_, status, nh, handle, sip);
        case nua_i_message: return request_came(Method::message, status, nh, handle, sip);
        case nua_i_options: return request_came(Method::options, status, nh, handle, sip);
        case nua_i_info: return request_came(Method::info, status, nh, handle, sip);
        case nua_i_update: return request_came(Method::update, status, nh, handle, sip);
        case nua_r_shutdown:
            if (status < 200) return;
            nua_destroy(nua);
            nua = nullptr;
            return closed();
    }
    if (handle == nullptr) return;  // of something that ended, or that was never ours
    switch (static_cast<int>(what)) {
        case nua_i_cancel: return cancelled(handle);
        case nua_i_ack: return confirmed(handle, sip);
        case nua_i_bye: return session_over(handle, false);
        case nua_i_terminated: return session_over(handle, false);
        case nua_i_error:
            // No ACK came for our 200: the library sends BYE by itself.
            if (status == 408 && handle->kind == Handle::Kind::call_in && !handle->confirmed)
                session_over(handle, true);
            return;
        case nua_r_invite: return invite_response(handle, status, sip);
        case nua_r_bye:
            if (status >= 200) session_over(handle, false);
            return;
        case nua_r_message: {
            if (status < 200) return;
            const PeerId peer = handle->id;
            drop(handle);
            return events.on_delivered(peer, status);
        }
    }
}

}  // namespace sip
