// What handlers of conferences share. Internal to edges/web.
#pragma once

#include "edges/web/call.hpp"

namespace web {

/// The conference of the path; nothing (and a 404 has gone out) when it cannot be one.
[[nodiscard]] inline std::optional<StreamId> conference(const CallPtr& call) {
    return call->stream(StreamKind::conference, 0);
}

/// Sends one command and answers with what became of it, or with the fault of the fields.
inline void tell(const CallPtr& call, Fields& fields, schema::CommandUnion command) {
    if (call->faulty(fields)) return;
    if (const auto stream = conference(call)) {
        send_and_answer(call, *stream, call->who.by(), std::move(command));
    }
}

[[nodiscard]] inline std::uint32_t seat(Fields& fields) {
    return static_cast<std::uint32_t>(fields.whole("seat", 1, UINT32_MAX));
}

}  // namespace web
