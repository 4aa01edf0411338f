// Any bytes as a body, a frame, a path, a query or a cursor: the readers answer, and what they
// accept means the same when it is written and read again.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/assert.hpp"
#include "edges/web/json.hpp"
#include "edges/web/router.hpp"
#include "edges/web/session.hpp"
#include "edges/web/viewer.hpp"

namespace {

void try_object(std::string_view text) {
    const auto parsed = web::parse_object(text);
    if (!parsed.ok()) {
        ASSERT(!parsed.error().empty());
        return;
    }
    const auto again = web::parse_object(web::print(parsed.value()));
    ASSERT(again.ok());
    ASSERT(again.value() == parsed.value());
    web::Fields fields(parsed.value());
    (void)fields.text("type", 1, 20);
    (void)fields.whole("id", 0, web::whole_max);
    (void)fields.lines("text", 1, 4000);
    (void)fields.users("people", 3);
    (void)fields.flag("muted");
    const auto complaint = fields.complaint();
    ASSERT(!complaint || complaint->size() < 200);
}

void try_path(std::string_view text) {
    const auto nothing = [](const web::CallPtr&) {};
    static const std::vector<web::Route> routes = {
        {"GET", "/api/users/{user}", web::Need::person, nothing},
        {"GET", "/api/users/{user}/phones/{label}/texts", web::Need::person, nothing}};
    const web::Found found = web::find_route(routes, "GET", text);
    ASSERT(!found.route || found.params.size() == (found.route == &routes[0] ? 1u : 2u));
    for (const std::string& param : found.params) ASSERT(!param.empty() || !found.route);
    (void)web::parse_query(text);
    if (const auto cursor = web::parse_cursor(text)) {
        const std::string printed = web::cursor_text(cursor->epoch, cursor->sequence);
        const auto again = web::parse_cursor(printed);
        ASSERT(again && again->epoch == cursor->epoch && again->sequence == cursor->sequence);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    // A copy of its own size, so that a sanitizer sees the first byte too many.
    const std::string own(reinterpret_cast<const char*>(data), bytes);
    try_object(own);
    try_path(own);
    (void)web::shortened(own);
    (void)web::looks_like_number(own);
    return 0;
}
