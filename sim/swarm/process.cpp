#include "sim/swarm/process.hpp"

namespace sim::swarm {

void ProcessLog::append(journal::Append append) {
    if (!life_->errand()) return;
    append.done = [life = life_, told = on_stored_, stream = append.stream,
                   sequence = append.sequence,
                   done = std::move(append.done)](const journal::Appended& result) {
        if (!life->lives()) return;
        if (result.fault == journal::Fault::none && told) told(stream, sequence);
        // The disk has it and the process dies before it hears so.
        if (life->errand() && done) done(result);
    };
    disk_.append(std::move(append));
}

Process::Process(Disk& disk, actors::Outside& outside, const Options& options) {
    log_ = std::make_unique<ProcessLog>(disk, life_, options.on_stored);
    outlet_ = std::make_unique<ProcessOutlet>(outside, life_);
    actors::HouseOptions how;
    how.deterministic = true;
    how.threads = 1;
    how.now = options.wall;
    how.idle_after = options.idle_after;
    how.on_fatal = [life = life_](journal::Fault) { life->die_after(0); };
    house_ = std::make_unique<actors::House>(*log_, *outlet_, std::move(how));
    house_->start();
}

Process::~Process() {
    life_->die_after(0);
    house_.reset();
}

void Process::send(actors::Envelope envelope, schema::CommandUnion command, actors::Reply reply) {
    if (!life_->lives()) return;
    house_->send(std::move(envelope), std::move(command),
                 [life = life_, reply = std::move(reply)](const actors::Answer& answer) {
                     if (life->errand() && reply) reply(answer);
                 });
}

}  // namespace sim::swarm
