// What every part of the edge works with: the loop, the agent, the house, the engine, the limits.
// Answers of the house come back as tasks on the loop, so that nothing here needs a lock.
//
// Thread: the loop's. The house must be gone before the desk is: its callbacks post to the loop.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "actors/house.hpp"
#include "actors/vocabulary.hpp"
#include "edges/sip/admission.hpp"
#include "edges/sip/agent.hpp"
#include "edges/sip/digest.hpp"
#include "edges/sip/loop.hpp"
#include "edges/sip/options.hpp"
#include "edges/sip/request.hpp"
#include "edges/sip/statistics.hpp"
#include "media/engine.hpp"

namespace sip {

using SharedRequest = std::shared_ptr<const Request>;

/// Written on the loop, read from anywhere.
class CodecsInUse {
public:
    void set(const std::string& leg, const std::string& codec) {
        const std::scoped_lock lock{mutex_};
        by_leg_[leg] = codec;
    }
    void erase(const std::string& leg) {
        const std::scoped_lock lock{mutex_};
        by_leg_.erase(leg);
    }
    [[nodiscard]] std::optional<std::string> of(const std::string& leg) const {
        const std::scoped_lock lock{mutex_};
        const auto found = by_leg_.find(leg);
        return found == by_leg_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::string> by_leg_;  // as many as there are calls
};

struct Desk {
    Desk(Loop& the_loop, const Options& the_options, AgentEvents& events);

    const Options& options;
    Loop& loop;
    Agent agent;
    Admission admission;
    DigestGate digests;
    Counters counters;
    CodecsInUse codecs;
    actors::House* house = nullptr;  // set before the first request
    media::Engine* engine = nullptr;
    bool stopping = false;

    /// Brings a command in; `then` comes back on the loop.
    void send(const StreamId& to, std::string by, schema::CommandUnion command,
              std::function<void(const actors::Answer&)> then = {});
    void send(actors::Envelope envelope, schema::CommandUnion command,
              std::function<void(const actors::Answer&)> then);
    /// Brings in what has happened; see actors::House::report.
    void report(const StreamId& to, schema::CommandUnion command);
    void view(const StreamId& stream, std::function<void(const actors::View&)> then);

    /// Answers and counts.
    void respond(RequestId request, Method method, const Response& response);
    void respond(RequestId request, Method method, int status) {
        respond(request, method, Response{.status = status});
    }

    /// A stranger did something wrong: counted, and journaled as far as the limits go.
    void strike(const Source& source, const std::string& reason);
    /// Calls `open` or `blocked`, by what the guard of this name remembers.
    void check_guard(const std::string& name, std::function<void()> open,
                     std::function<void()> blocked);

    /// Where addresses that we write belong to.
    [[nodiscard]] std::string domain() const;
    [[nodiscard]] std::string advertised_ip() const;

    /// A line about what strangers do: at most a few per second reach the log.
    void log_stranger(const std::string& line);

private:
    Bucket log_lines_;
};

void log_info(const std::string& line);
void log_warning(const std::string& line);

}  // namespace sip
