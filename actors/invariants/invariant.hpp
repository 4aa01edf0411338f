// What must hold of every journal, whoever made it: a simulated world, a swarm of faults, or a
// server in production (`journal check --rules`). Each invariant watches the transitions go by.
//
// Thread: one owner. Memory: what an invariant must remember; bounded by what is open. Order:
// transitions in journal order, so each stream's in its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actors/effects.hpp"
#include "actors/invariants/handles.hpp"
#include "actors/machine.hpp"
#include "journal/log.hpp"

namespace actors {

/// One transition, folded: what an invariant may look at.
struct Moment {
    journal::Position position = 0;
    const StreamId& stream;
    const schema::TransitionT& transition;
    const Machine& machine;  // after the transition
    const Effects& effects;  // that it releases
    Instant before{};        // when the stream's previous transition was; zero: it is the first
    Handle teller{};         // whom the inspector knows the stream by; of no stream: not known
};

struct Violation {
    std::string invariant;  // its name
    journal::Position position = 0;
    std::string stream;
    std::string sentence;  // what is wrong, with names and numbers
};
using Complain = std::function<void(Violation)>;

class Invariant {
public:
    virtual ~Invariant() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;   // "muted_is_unheard"
    [[nodiscard]] virtual std::string_view about() const = 0;  // one sentence
    virtual void on(const Moment& moment, const Complain& complain) = 0;
    /// The journal ends here. `settled`: nothing is under way any more (a healed world, a server
    /// that was stopped well), so whatever is still open is open for ever.
    virtual void end(bool settled, const Complain& complain) = 0;
};

[[nodiscard]] std::vector<std::unique_ptr<Invariant>> all_invariants();

}  // namespace actors
