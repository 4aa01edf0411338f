// Clients that follow streams: they come, leave and come back with the cursor of what they saw
// last, through restarts, too. What they have seen must be the journal, without a gap.
//
// Thread: one. Memory: a hash chain per follower. Time: the town's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/models/chance.hpp"
#include "sim/swarm/town.hpp"

namespace sim::swarm {

class Followers {
public:
    explicit Followers(Town& town);
    void begin();
    void server_began();
    void heal();
    /// Every one has seen its stream's last transition.
    [[nodiscard]] bool up_to_date() const;
    [[nodiscard]] std::string who_is_behind() const;

private:
    struct Client;
    void come(Client& client);
    void leave_and_come_back(Client& client);
    [[nodiscard]] bool is_behind(const Client& client) const;

    Town& town_;
    Chance chance_;
    std::vector<std::shared_ptr<Client>> clients_;
};

}  // namespace sim::swarm
