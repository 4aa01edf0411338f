// A house, an engine and an edge for tests, with a journal in memory whose disk can be made slow.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "actors/house.hpp"
#include "actors/vocabulary.hpp"
#include "base/secrets.hpp"
#include "edges/sip/edge.hpp"
#include "edges/sip/test_phone.hpp"
#include "journal/memory_log.hpp"
#include "media/engine.hpp"

namespace sip::testing {

class World {
public:
    static constexpr std::uint16_t sip_port = 25060;

    explicit World(Options options = {});
    ~World();

    actors::Answer send(const StreamId& to, const std::string& by, schema::CommandUnion command);
    template <class State>
    State state(const StreamId& stream) {
        const actors::View seen = view(stream);
        const State* found = actors::peek<State>(seen.state);
        return found ? *found : State{};
    }
    actors::View view(const StreamId& stream);
    std::uint64_t sequence(const StreamId& stream) { return view(stream).sequence; }

    void add_user(const std::string& name, const std::string& label = "",
                  const std::string& password = "");
    void add_conference(const std::string& id, const std::string& host);
    /// Registers `phone` as user-label and returns the final response.
    std::string enroll(TestPhone& phone, const std::string& account, const std::string& password);
    /// Dials in and keys the PIN by INFO; returns the call, which is in the conference then.
    Exchange dial_in(TestPhone& phone, const std::string& account, const std::string& password,
                     const std::string& conference, const std::string& pin);
    /// The only leg that is not over. Asserts that there is one.
    schema::CallLegStateT leg();
    schema::SeatT seat_of(const std::string& conference, const std::string& user);

    /// Nothing becomes durable from now on, until it is released.
    void hold_disk();
    void release_disk() { disk_waits_ = false; }
    std::shared_ptr<const base::Secrets> secrets = base::Secrets::of_seed(1);
    Edge& edge() { return *edge_; }
    media::Engine& engine() { return *engine_; }
    actors::House& house() { return *house_; }
    journal::MemoryLog& log() { return *log_; }

private:
    std::atomic<bool> disk_waits_{false};
    std::atomic<unsigned> disk_rounds_{0};
    std::unique_ptr<journal::MemoryLog> log_;
    std::unique_ptr<Edge> edge_;
    std::unique_ptr<media::Engine> engine_;
    std::unique_ptr<actors::House> house_;
    std::atomic<bool> over_{false};
    std::thread disk_;
};

/// Asks again and again for up to four seconds.
template <class Condition>
bool soon(const Condition& condition, int timeout_ms = 4000) {
    for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += 5) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return condition();
}

}  // namespace sip::testing
