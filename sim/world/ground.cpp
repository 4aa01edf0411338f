// The way to the house and back; see ground.hpp.
#include "sim/world/ground.hpp"

namespace sim {

Ground::Ground(const Scenario& the_scenario, const WorldOptions& options)
    : scenario(the_scenario),
      seed(options.seed),
      figures(options.recorder),
      secrets(base::Secrets::of_seed(options.seed)),
      witness(options.witness),
      ids_(options.seed, "ids"),
      patience_(options.seed, "patience") {
    timetable.pass_to(world_begins);
}

void Ground::send(const StreamId& to, std::string by, schema::CommandUnion wish, Then then) {
    send(fresh_id(), to, std::move(by), std::move(wish), std::move(then));
}

void Ground::send(CommandId id, const StreamId& to, std::string by, schema::CommandUnion wish,
                  Then then) {
    actors::Envelope envelope{id, {}, now(), to, std::move(by)};
    ++counts.commands;
    ++waiting_;
    if (witness == nullptr && !then) {
        return house->send(std::move(envelope), std::move(wish),
                           [this, life = life_](const actors::Answer&) {
                               if (life == life_) --waiting_;
                           });
    }
    if (witness == nullptr) {
        return house->send(
            std::move(envelope), std::move(wish),
            [this, life = life_, then = std::move(then)](const actors::Answer& answer) {
                if (life != life_) return;
                --waiting_;
                if (then) then(answer);
            });
    }
    witness->sent(envelope, wish);
    house->send(envelope, std::move(wish),
                [this, life = life_, envelope, then = std::move(then)](const actors::Answer& got) {
                    if (life != life_) return;
                    --waiting_;
                    witness->answered(envelope, got);
                    if (then) then(got);
                });
}

void Ground::insist(const StreamId& to, std::string by, schema::CommandUnion wish, Then then) {
    const std::uint64_t number = ++requests_made_;
    requests_[number] = {fresh_id(), to, std::move(by), std::move(wish), std::move(then)};
    ask(number);
}

void Ground::ask(std::uint64_t number) {
    const auto found = requests_.find(number);
    if (found == requests_.end()) return;
    const Request& request = found->second;
    send(request.id, request.to, request.by, request.wish,
         [this, number](const actors::Answer& answer) {
             using actors::Refusal;
             const Refusal why = answer.refusal;
             if (why == Refusal::storage_failed || why == Refusal::stopping)
                 return;  // the process dies; process_began() asks again
             if (why == Refusal::busy || why == Refusal::storage_full) {
                 after(0.5, [this, number, life = life_] {
                     if (life == life_) ask(number);
                 });
                 return;
             }
             const auto asked = requests_.find(number);
             const Then then = std::move(asked->second.then);
             requests_.erase(asked);
             if (then) then(answer);
         });
}

void Ground::process_began() {
    for (const auto& [number, request] : requests_) {
        after(1 + patience_.uniform(), [this, which = number, life = life_] {
            if (life == life_) ask(which);
        });
    }
}

void Ground::view(const StreamId& stream, actors::ViewReply then) {
    ++waiting_;
    house->view(stream, [this, life = life_, then = std::move(then)](const actors::View& view) {
        if (life != life_) return;
        --waiting_;
        then(view);
    });
}

}  // namespace sim
