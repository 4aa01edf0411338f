#include "sim/swarm/followers.hpp"

#include <algorithm>

#include "journal/codec.hpp"

namespace sim::swarm {

/// One subscription after another to one stream. Of an earlier one, or an earlier run, nothing
/// counts any more.
struct Followers::Client {
    struct Seat final : actors::Subscriber {
        Seat(Town& the_town, Client& the_client) : town(the_town), client(the_client) {}
        void on_view(const actors::View& view) override {
            if (!valid()) return;
            if (view.state.type == schema::State::NONE) return;
            client.seen = {view.epoch, view.sequence};
            client.knows = true;
            town.watch().published(client.stream.text(), view.sequence);
        }
        void on_transition(const actors::SharedTransition& transition) override {
            if (!valid()) return;
            if (!client.knows || transition->sequence != client.seen.sequence + 1)
                town.watch().complain("followers_miss_nothing", client.stream.text(),
                                      "sequence " + std::to_string(transition->sequence) +
                                          " follows " + std::to_string(client.seen.sequence) +
                                          " for a follower");
            client.seen = {transition->epoch, transition->sequence};
            town.watch().published(client.stream.text(), transition->sequence);
        }
        [[nodiscard]] bool valid() const { return town.run() == run && client.seat.get() == this; }
        Town& town;
        Client& client;
        std::uint64_t run = town.run();
    };
    StreamId stream;
    actors::Cursor seen;
    bool knows = false;  // has a cursor
    bool here = false;
    std::shared_ptr<Seat> seat;
};

Followers::Followers(Town& town) : town_(town), chance_(town.drawn().seed, "swarm/followers") {}

void Followers::begin() {
    if (!town_.drawn().has(Feature::watchers)) return;
    for (const StreamId& stream :
         {StreamId{StreamKind::conversation, "team"}, StreamId{StreamKind::conference, "471001"},
          StreamId{StreamKind::user, "u1"}}) {
        clients_.push_back(std::make_shared<Client>());
        clients_.back()->stream = stream;
        come(*clients_.back());
        leave_and_come_back(*clients_.back());
    }
}

void Followers::come(Client& client) {
    client.here = true;
    client.seat = std::make_shared<Client::Seat>(town_, client);
    town_.house().subscribe(client.stream, client.seat,
                            client.knows ? std::optional{client.seen} : std::nullopt);
}

void Followers::leave_and_come_back(Client& client) {
    town_.later(chance_.exponential(8), [this, &client] {
        if (town_.healed()) return;
        if (client.here) {
            town_.house().unsubscribe(client.stream, client.seat);
            client.seat.reset();
            client.here = false;
        } else {
            come(client);
        }
        leave_and_come_back(client);
    });
}

// The connection went with the server; the cursor stayed.
void Followers::server_began() {
    for (const auto& client : clients_) {
        client->seat.reset();
        client->here = false;
        town_.later_in_this_run(chance_.exponential(1), [this, client] {
            if (!client->here) come(*client);
        });
    }
}

void Followers::heal() {
    for (const auto& client : clients_) {
        if (!client->here) come(*client);
    }
}

bool Followers::is_behind(const Client& client) const {
    const auto head = town_.disk().head(client.stream.text());
    return client.here && head.ok() && head.value().sequence > client.seen.sequence;
}

bool Followers::up_to_date() const {
    return std::ranges::none_of(clients_, [&](const auto& one) { return is_behind(*one); });
}

std::string Followers::who_is_behind() const {
    std::string all;
    for (const auto& one : clients_) {
        if (is_behind(*one)) all += (all.empty() ? "" : ", ") + one->stream.text();
    }
    return all;
}

}  // namespace sim::swarm
