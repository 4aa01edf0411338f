// What CAF carries for the house, and how its system is set up. Only house.cpp includes it.
#pragma once

#include <algorithm>
#include <caf/all.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "actors/house.hpp"
#include "actors/post.hpp"

namespace actors {

// What CAF carries: a pointer, so that any post travels without being copied or described to CAF.
struct Letter {  // to an entity
    std::shared_ptr<Post> post;
};
struct Routed {  // to the directory, for an entity
    std::shared_ptr<std::pair<StreamId, Post>> mail;
};
struct Errand {  // to the directory itself
    std::shared_ptr<std::function<void()>> run;
};
struct Tick {
    Instant due{};  // the deadline that it was armed for; none: housekeeping
};

}  // namespace actors

CAF_BEGIN_TYPE_ID_BLOCK(partyline, first_custom_type_id)
CAF_ADD_TYPE_ID(partyline, (actors::Letter))
CAF_ADD_TYPE_ID(partyline, (actors::Routed))
CAF_ADD_TYPE_ID(partyline, (actors::Errand))
CAF_ADD_TYPE_ID(partyline, (actors::Tick))
CAF_END_TYPE_ID_BLOCK(partyline)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Letter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Routed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Errand)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(actors::Tick)

namespace actors {

/// Threaded, or CAF's test scheduler, which the owner drives.
struct Config : caf::actor_system_config {
    explicit Config(const HouseOptions& options) {
        add_message_types<caf::id_block::partyline>();
        const std::size_t threads =
            options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
        // Not "stealing": its workers look for work all the time, 2 % of a core with nothing to do.
        set("scheduler.policy",
            options.deterministic ? caf::atom("testing") : caf::atom("sharing"));
        set("scheduler.max-threads", threads);
        set("scheduler.max-throughput",
            std::size_t{200});  // fairness: CAF's default is without end
        set("logger.verbosity", caf::atom("quiet"));
    }
};

}  // namespace actors
