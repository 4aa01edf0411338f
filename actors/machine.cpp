#include "actors/machine.hpp"

#include "actors/call_leg.hpp"
#include "actors/conference.hpp"
#include "actors/conversation.hpp"
#include "actors/guard.hpp"
#include "actors/number.hpp"
#include "actors/user.hpp"

namespace actors {
namespace {

template <class Entity>
class MachineOf final : public Machine {
    using Commands = OneOf<typename Entity::Command>;
    using Facts = OneOf<typename Entity::Event>;

public:
    Verdict<schema::EventUnion> decide(const Context& at,
                                       const schema::CommandUnion& any) const override {
        const auto wish = Commands::in(any);
        if (!wish) return fail(Refusal::not_understood);
        auto verdict = entity_.decide(at, *wish);
        if (!verdict.ok()) return fail(verdict.error());
        std::vector<schema::EventUnion> events;
        events.reserve(verdict.value().size());
        for (auto& fact : verdict.value()) {
            std::visit([&](auto& one) { events.push_back(event(std::move(one))); }, fact);
        }
        return events;
    }

    bool apply(const Context& at, const schema::EventUnion& any) override {
        const auto fact = Facts::in(any);
        if (!fact) return false;
        entity_.apply(at, *fact);
        return true;
    }

    void react(const Context& at, const schema::EventUnion& any, Effects& effects) const override {
        if (const auto fact = Facts::in(any)) entity_.react(at, *fact, effects);
    }

    journal::Agenda agenda() const override { return entity_.agenda(); }

    bool over() const override {
        if constexpr (requires { entity_.over(); }) return entity_.over();
        return false;
    }

    schema::StateUnion state() const override { return actors::state(entity_.state); }

    bool restore(const schema::StateUnion& any) override {
        const auto* stored = peek<typename Entity::State>(any);
        if (!stored) return false;
        entity_.state = *stored;
        return true;
    }

private:
    Entity entity_;
};

}  // namespace

std::unique_ptr<Machine> make_machine(StreamKind kind) {
    switch (kind) {
        case StreamKind::user: return std::make_unique<MachineOf<User>>();
        case StreamKind::conversation: return std::make_unique<MachineOf<Conversation>>();
        case StreamKind::conference: return std::make_unique<MachineOf<Conference>>();
        case StreamKind::call_leg: return std::make_unique<MachineOf<CallLeg>>();
        case StreamKind::number: return std::make_unique<MachineOf<Number>>();
        case StreamKind::guard: return std::make_unique<MachineOf<Guard>>();
    }
    return nullptr;
}

}  // namespace actors
