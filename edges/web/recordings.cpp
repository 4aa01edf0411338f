// What was recorded of a conference, for its hosts.
#include "edges/web/call.hpp"

namespace web {
namespace {

using actors::Refusal;

void list_recordings(const CallPtr& call) {
    const auto stream = call->stream(StreamKind::conference, 0);
    if (!stream) return;
    call->kit->house.view(*stream, [call, name = stream->name](const actors::View& view) {
        Viewer viewer{.user = call->who.user, .operates = call->who.operates};
        viewer.meet(view.stream, view.state);
        if (!existing<schema::ConferenceStateT>(view) || !viewer.allowed)
            return call->refuse(Refusal::no_such_conference);
        if (!viewer.host && !viewer.operates) return call->refuse(Refusal::not_allowed);
        const bool taken = call->kit->readers.submit([call, name] {  // it reads files
            Json found = Json::array();
            if (call->kit->options.recordings)
                found = Json::parse(call->kit->options.recordings(name), nullptr, false);
            if (!found.is_array()) return call->refuse(Refusal::storage_failed);
            call->ok({{"recordings", std::move(found)}});
        });
        if (!taken) call->refuse(Refusal::busy);
    });
}

}  // namespace

std::vector<Route> recording_routes() {
    return {{"GET", "/api/conferences/{id}/recordings", Need::person, list_recordings}};
}

}  // namespace web
