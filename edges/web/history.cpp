#include "edges/web/history.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "actors/vocabulary.hpp"
#include "edges/web/json.hpp"
#include "journal/codec.hpp"

namespace web {
namespace {

void add_messages(const schema::TransitionT& transition, std::vector<Json>& out) {
    for (const schema::EventUnion& event : transition.events) {
        const auto* message = actors::peek<schema::MessageSentT>(event);
        if (!message) continue;
        out.push_back({{"sequence", transition.sequence},
                       {"number", message->number},
                       {"at", instant_json(transition.now)},
                       {"from", message->from},
                       {"text", message->text},
                       {"client_id", message->client_id},
                       {"via", message->via}});
    }
}

}  // namespace

Result<nlohmann::json, journal::Fault> history(const journal::Log& log, const HistoryWish& wish) {
    std::vector<Json> newest_first;
    std::uint64_t end = wish.before, scanned = 0;
    bool older = true;
    // The log reads forward only: take the chunk that ends here, then the one before it.
    while (older && end > 1 && newest_first.size() < wish.limit && scanned < history_scan_max) {
        const std::uint64_t count =
            std::min<std::uint64_t>(end - 1, std::max<std::size_t>(wish.limit, 64));
        auto records = log.read_stream(wish.stream, end - count, count);
        if (!records.ok()) return fail(records.error());
        for (auto record = records.value().rbegin(); record != records.value().rend(); ++record) {
            if (newest_first.size() >= wish.limit) break;
            const auto transition = journal::decode_transition(record->payload);
            if (!transition.ok()) return fail(transition.error());
            if (transition.value().now < wish.since_us) {
                older = false;
                break;
            }
            end = transition.value().sequence;
            ++scanned;
            add_messages(transition.value(), newest_first);
        }
        if (records.value().empty()) break;
    }
    Json messages = Json::array();
    for (auto one = newest_first.rbegin(); one != newest_first.rend(); ++one) {
        messages.push_back(std::move(*one));
    }
    const bool more = older && end > 1;
    return Json{{"messages", std::move(messages)},
                {"next_before", more ? Json(end) : Json(nullptr)}};
}

}  // namespace web
