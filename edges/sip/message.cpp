// From the library's parsed message to a Request. The library's parser lets more through than RFC
// 3261 does (wrong versions, methods that differ between request line and CSeq, missing headers),
// so all of it is judged again.
#include <arpa/inet.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "edges/sip/agent_inside.hpp"
#include "edges/sip/target.hpp"

namespace sip {
namespace {

std::string text_of(const char* text, std::size_t bytes_max = header_bytes_max) {
    return text == nullptr ? std::string{} : std::string{text, strnlen(text, bytes_max + 1)};
}

/// At most header_bytes_max bytes of printable ASCII.
bool plain_header(const std::string& text) {
    return !text.empty() && text.size() <= header_bytes_max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 127; });
}

/// The user part without its parameters ("+4930;phone-context=..." is a telephone-subscriber).
/// False: not plain.
bool read_user(const url_t* url, std::string& out) {
    out = text_of(url->url_user);
    if (const std::size_t at = out.find(';'); at != std::string::npos) out.resize(at);
    return out.empty() || plain_user_part(out);
}

/// Quotes removed, control characters dropped, cut to a length that a roster can show.
std::string display_of(const char* display) {
    std::string out;
    for (const char c : text_of(display, 100)) {
        if (static_cast<unsigned char>(c) >= ' ' && c != 127 && c != '"' && c != '\\') out += c;
    }
    return out;
}

std::optional<std::uint32_t> seconds_of(const char* text) {
    if (text == nullptr) return std::nullopt;
    const std::string_view digits{text};
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc::result_out_of_range) return UINT32_MAX;
    // RFC 3261, 10.2.1.1: what is malformed counts as one hour.
    if (error != std::errc{} || end != digits.data() + digits.size()) return 3600;
    return value;
}

bool read_contacts(const sip_contact_t* first, Request& out) {
    for (const sip_contact_t* c = first; c != nullptr; c = c->m_next) {
        if (out.contacts.size() == contacts_max) return false;
        if (c->m_url->url_type == url_any) {
            out.contacts.push_back({"*", seconds_of(c->m_expires)});
            continue;
        }
        if (c->m_url->url_type != url_sip || c->m_url->url_headers != nullptr) return false;
        char uri[header_bytes_max + 2];
        const issize_t bytes = url_e(uri, sizeof uri, c->m_url);
        if (bytes <= 0 || static_cast<std::size_t>(bytes) > header_bytes_max) return false;
        std::string text{uri, static_cast<std::size_t>(bytes)};
        // '<', '>' and '"' would leave the brackets we put around it when we list it again.
        if (!plain_header(text) || text.find_first_of("<>\" ,") != std::string::npos) return false;
        out.contacts.push_back({std::move(text), seconds_of(c->m_expires)});
    }
    return true;
}

void read_authorizations(const msg_auth_t* first, Request& out) {
    for (const msg_auth_t* a = first; a != nullptr && out.authorizations.size() < 4;
         a = a->au_next) {
        std::string text = text_of(a->au_scheme) + " ";
        for (const msg_param_t* p = a->au_params;
             p != nullptr && *p != nullptr && text.size() < 4096; ++p) {
            if (p != a->au_params) text += ", ";
            text += text_of(*p, 1024);
        }
        out.authorizations.push_back(std::move(text));
    }
}

bool read_body(const sip_t* sip, Request& out) {
    if (sip->sip_content_type != nullptr && sip->sip_content_type->c_type != nullptr) {
        out.content_type = text_of(sip->sip_content_type->c_type, 100);
        for (char& c : out.content_type) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
    }
    const sip_payload_t* payload = sip->sip_payload;
    if (payload == nullptr || payload->pl_data == nullptr || payload->pl_len <= 0) return true;
    if (static_cast<std::size_t>(payload->pl_len) > body_bytes_max) return false;
    out.body.assign(payload->pl_data, static_cast<std::size_t>(payload->pl_len));
    return true;
}

/// The headers every request must have, and what ties them together (RFC 3261, 8.1.1 and 8.2).
int judge_form(Method method, const sip_t* sip) {
    if (sip == nullptr || sip->sip_request == nullptr || sip->sip_error != nullptr) return 400;
    const sip_request_t* line = sip->sip_request;
    if (line->rq_version == nullptr || strcasecmp(line->rq_version, "SIP/2.0") != 0) return 505;
    if (sip->sip_from == nullptr || sip->sip_to == nullptr || sip->sip_call_id == nullptr ||
        sip->sip_cseq == nullptr || sip->sip_via == nullptr) {
        return 400;
    }
    const char* name = sip->sip_cseq->cs_method_name;
    if (name == nullptr || std::strcmp(name, name_of(method)) != 0 ||
        line->rq_method != sip->sip_cseq->cs_method) {
        return 400;
    }
    if (sip->sip_cseq->cs_seq > INT32_MAX) return 400;
    if (sip->sip_from->a_tag == nullptr) return 400;
    return 0;
}

}  // namespace

const char* name_of(Method method) noexcept {
    switch (method) {
        case Method::invite: return "INVITE";
        case Method::register_: return "REGISTER";
        case Method::message: return "MESSAGE";
        case Method::options: return "OPTIONS";
        case Method::info: return "INFO";
        case Method::update: return "UPDATE";
    }
    return "";
}

std::string Source::text() const {
    return (tcp ? "tcp:" : "udp:") + ip + ":" + std::to_string(port);
}
std::string Source::uri() const {
    return "sip:" + ip + ":" + std::to_string(port) + (tcp ? ";transport=tcp" : "");
}

std::string uri_of_source(const std::string& text) {
    if (text.starts_with("udp:")) return "sip:" + text.substr(4);
    if (text.starts_with("tcp:")) return "sip:" + text.substr(4) + ";transport=tcp";
    return {};
}

Source source_of(const msg_t* message) {
    Source source;
    auto* open = const_cast<msg_t*>(message);  // the library's accessors do not know const
    const su_sockaddr_t* address = msg_addr(open);
    const su_addrinfo_t* info = msg_addrinfo(open);
    if (address == nullptr || info == nullptr) return source;
    char text[INET6_ADDRSTRLEN] = "";
    if (address->su_family == AF_INET6) {
        inet_ntop(AF_INET6, &address->su_sin6.sin6_addr, text, sizeof text);
    } else {
        inet_ntop(AF_INET, &address->su_sin.sin_addr, text, sizeof text);
    }
    source.ip = text;
    source.port = ntohs(address->su_port);
    source.tcp = info->ai_protocol == IPPROTO_TCP;
    return source;
}

std::string sdp_in(const sip_t* sip) {
    Request holder;
    if (sip == nullptr || !read_body(sip, holder)) return {};
    return holder.content_type == "application/sdp" ? holder.body : std::string{};
}

std::variant<Request, int> read_request(Method method, const msg_t* message, const sip_t* sip) {
    if (const int status = judge_form(method, sip)) return status;
    Request out;
    out.method = method;
    out.source = source_of(message);
    out.call_id = text_of(sip->sip_call_id->i_id);
    if (out.source.ip.empty() || !plain_header(out.call_id)) return 400;
    if (!read_user(sip->sip_request->rq_url, out.called_user) ||
        !read_user(sip->sip_to->a_url, out.to_user) ||
        !read_user(sip->sip_from->a_url, out.from_user)) {
        return 400;
    }
    out.to_host = text_of(sip->sip_to->a_url->url_host);
    out.from_display = display_of(sip->sip_from->a_display);
    out.cseq = sip->sip_cseq->cs_seq;
    out.in_dialog = sip->sip_to->a_tag != nullptr;
    out.routed = sip->sip_record_route != nullptr;
    if (method == Method::register_ && !read_contacts(sip->sip_contact, out)) return 400;
    if (sip->sip_expires != nullptr)
        out.expires_s = static_cast<std::uint32_t>(sip->sip_expires->ex_delta);
    if (sip->sip_user_agent != nullptr) {
        out.user_agent = text_of(sip->sip_user_agent->g_string);
        if (!plain_header(out.user_agent)) out.user_agent.clear();
    }
    read_authorizations(sip->sip_authorization, out);
    read_authorizations(sip->sip_proxy_authorization, out);
    if (!read_body(sip, out)) return 413;
    return out;
}

}  // namespace sip
