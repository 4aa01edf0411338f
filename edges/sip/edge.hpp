// The telephone side of the house: phones and trunks speak SIP with it, the house speaks commands
// and effects.
//
//     phones, trunks --SIP--> Edge --commands--> House --effects--> Edge --SIP, sound--> phones,
//     trunks
//
// Thread: one of its own for all of SIP; every function here may be called from any thread. Order
// of life: make the Edge, make the House with it as Outside, start both; stop the Edge, destroy the
// House, destroy the Edge.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/house.hpp"
#include "base/result.hpp"
#include "edges/sip/options.hpp"
#include "edges/sip/statistics.hpp"
#include "media/engine.hpp"

namespace sip {

/// The engine's number of call_leg/<name>; nothing for a name that is none.
[[nodiscard]] std::optional<media::LegId> leg_id(const std::string& name);

class Edge : public actors::Outside {
public:
    explicit Edge(Options options);
    ~Edge() override;
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;

    /// Binds UDP and TCP and serves. Effects that came before are performed now. The error is a
    /// sentence that says what to change. `house` and `engine` must live until stop() has returned.
    [[nodiscard]] Done<std::string> start(actors::House& house, media::Engine& engine);
    /// Ends calls politely: BYE, CANCEL or 503 to everybody, up to three seconds for their answers.
    /// Idempotent.
    void stop();

    /// Queues an effect; `Tell` never comes here. Never blocks.
    void perform(const actors::Effect& effect, const actors::EffectKey& key) override;
    /// What the engine's on_event should call.
    void on_media(const media::Event& event);

    [[nodiscard]] Statistics statistics() const;
    /// Of a call whose sound runs; changes with a re-INVITE.
    [[nodiscard]] std::optional<std::string> codec_of(const std::string& leg) const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace sip
