// The library's user agent (NUA) behind names of our own: peers and requests are numbers, messages
// are values, and nothing of libsofia-sip is seen outside agent*.cpp. A number that is no longer
// known is ignored, so a late answer can do no harm.
//
// Thread: the loop's, all of it. Memory: some 10 kB per peer, given back when it ended; Admission
// bounds how many.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "edges/sip/loop.hpp"
#include "edges/sip/options.hpp"
#include "edges/sip/request.hpp"

namespace sip {

using PeerId = std::uint64_t;     // a dialog, or a request outside one; never used again
using RequestId = std::uint64_t;  // a request that waits for our final response

/// Whom we call or write to.
struct Outgoing {
    std::string target;  // Request-URI
    std::string proxy;   // where the packet goes; empty: where the target says
    std::string from_display, from_uri;
    std::string to_uri;          // empty: the target
    std::string user, password;  // for a 401 or 407; empty: that is a failure
    std::string body;            // SDP, or the text
};

/// What happens to peers. Peers that end() was called for are silent.
class AgentEvents {
public:
    virtual ~AgentEvents() = default;
    /// Wants respond(request, ...), now or later.
    virtual void on_request(RequestId request, PeerId peer, const Request& message) = 0;
    virtual void on_malformed(const Source& source, int status) = 0;
    virtual void on_confirmed(PeerId peer, const std::string& sdp) = 0;  // ACK to our 2xx
    virtual void on_progress(PeerId peer, int status) = 0;               // 1xx above 100
    virtual void on_answered(PeerId peer, const std::string& sdp) = 0;   // 2xx: wants acknowledge()
    virtual void on_failed(PeerId peer, int status) = 0;                 // the peer is gone
    virtual void on_cancelled(PeerId peer) = 0;                          // by the caller; gone
    virtual void on_ended(PeerId peer, bool timed_out) = 0;              // BYE, or no ACK; gone
    virtual void on_delivered(PeerId peer, int status) = 0;              // of a MESSAGE; gone
};

class Agent {
public:
    Agent(Loop& loop, const Options& options, AgentEvents& events);
    ~Agent();

    /// Binds UDP and TCP. False: the address is taken or not ours.
    [[nodiscard]] bool open();
    /// Lets the library end what is left; calls `closed` when it is safe to destroy the agent.
    void close(std::function<void()> closed);

    void respond(RequestId request, const Response& response);
    PeerId invite(const Outgoing& outgoing);
    PeerId message(const Outgoing& outgoing);
    /// ACK; `sdp` when the 2xx was an offer.
    void acknowledge(PeerId peer, const std::string& sdp);
    /// CANCEL or BYE, whichever fits, and no more events of it.
    void end(PeerId peer);

    [[nodiscard]] std::size_t peers() const;

    struct Inside;

private:
    std::unique_ptr<Inside> inside_;
};

}  // namespace sip
