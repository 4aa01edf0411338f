#include "sim/swarm/watch.hpp"

#include "journal/codec.hpp"
#include "journal/stored.hpp"

namespace sim::swarm {
namespace {

constexpr std::size_t newest_max = 200;

}  // namespace

/// Sees with the inspector's eyes which effects a durable transition has.
class Watch::Keys final : public actors::Invariant {
public:
    explicit Keys(Watch& watch) : watch_(watch) {}
    std::string_view name() const override { return "keys"; }
    std::string_view about() const override { return "notes what may be released"; }
    void on(const actors::Moment& moment, const actors::Complain&) override {
        watch_.books_->see(moment);
        for (std::uint32_t i = 0; i < moment.effects.size(); ++i)
            watch_.keys_[derived_command_id(moment.transition.stream, moment.transition.sequence,
                                            i)] = moment.effects[i].index();
    }
    void end(bool, const actors::Complain&) override {}

private:
    Watch& watch_;
};

Watch::Watch()
    : inspector_([this] {
          auto all = actors::all_invariants();
          all.push_back(std::make_unique<Keys>(*this));
          return all;
      }()) {}

const std::vector<actors::Violation>& Watch::violations() const {
    for (; inspected_ < inspector_.violations().size(); ++inspected_)
        violations_.push_back(inspector_.violations()[inspected_]);
    return violations_;
}

void Watch::complain(std::string invariant, std::string stream, std::string sentence) {
    if (!content()) return;
    violations_.push_back(
        {std::move(invariant), position_, std::move(stream), std::move(sentence)});
}

void Watch::durable(const journal::Record& record) {
    if (!content()) return;  // the first violation is the story; what follows may only follow
    position_ = record.position;
    newest_.push_back(record);
    if (newest_.size() > newest_max) newest_.pop_front();
    const auto transition = journal::decode_transition(record.payload);
    if (transition.ok()) {
        const auto& id = transition.value().command_id;
        durable_[transition.value().stream].push_back(journal::loaded(id));
    }
    inspector_.feed(record);
}

void Watch::stored(const std::string& stream, std::uint64_t sequence) {
    stored_[stream] = std::max(stored_[stream], sequence);
}

void Watch::restarted() {
    ++run_;
    stored_.clear();
    mixes_.clear();
}

bool Watch::is_stored(const std::string& stream, std::uint64_t sequence) const {
    const auto durable = durable_.find(stream);
    if (sequence == 0 || (durable != durable_.end() && sequence <= durable->second.size()))
        return true;
    const auto known = stored_.find(stream);
    return known != stored_.end() && sequence <= known->second;
}

void Watch::answered(const actors::Envelope& envelope, const schema::CommandUnion& command,
                     const actors::Answer& answer) {
    if (!answer.ok()) return;
    const std::string stream = envelope.to.text();
    if (!is_stored(stream, answer.sequence))
        return complain("no_reply_before_durable", stream,
                        "command " + envelope.id.text() + " is answered with sequence " +
                            std::to_string(answer.sequence) + ", which is not on disk");
    const auto durable = durable_.find(stream);
    const bool decided = durable != durable_.end() && answer.sequence > 0 &&
                         answer.sequence <= durable->second.size() &&
                         durable->second[answer.sequence - 1] == envelope.id;
    promises_.push_back(
        {stream, answer.sequence, answer.epoch, envelope.id, command.type, decided});
}

void Watch::performed(const actors::Effect& effect, CommandId key) {
    const auto found = keys_.find(key);
    if (found == keys_.end())
        return complain("no_effect_before_durable", "",
                        "effect " + key.text() + " of kind " + std::to_string(effect.index()) +
                            " goes out, and no durable transition has it");
    if (found->second != effect.index())
        return complain("effect_keys_unique", "",
                        "effect " + key.text() + " is of kind " + std::to_string(effect.index()) +
                            "; its transition has kind " + std::to_string(found->second));
    const auto [before, fresh] = done_.emplace(key, run_);
    if (!fresh && before->second == run_)
        return complain("effect_keys_unique", "",
                        "effect " + key.text() + " goes out twice in one run of the server");
    before->second = run_;
    if (const auto* room = std::get_if<actors::UpdateRoom>(&effect))
        mixes_[room->conference] = room->seats;
}

void Watch::published(const std::string& stream, std::uint64_t sequence) {
    if (!is_stored(stream, sequence))
        complain(
            "no_word_before_durable", stream,
            "a follower hears of sequence " + std::to_string(sequence) + ", which is not on disk");
}

std::vector<std::string> Watch::newest() const {
    std::vector<std::string> lines;
    for (const journal::Record& record : newest_) {
        const auto transition = journal::decode_transition(record.payload);
        if (transition.ok()) lines.push_back(journal::to_json(transition.value(), record.position));
    }
    return lines;
}

}  // namespace sim::swarm
