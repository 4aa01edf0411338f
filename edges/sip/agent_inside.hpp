// What agent.cpp and message.cpp share of libsofia-sip. Included by them alone.
#pragma once

#include <sofia-sip/msg.h>
#include <sofia-sip/sip.h>

#include <variant>

#include "edges/sip/request.hpp"

namespace sip {

/// Judges a request that the library handed up (RFC 3261, 8.2; RFC 4475) and copies what we use of
/// it. An int is the status to refuse it with. `source` is filled in either case.
[[nodiscard]] std::variant<Request, int> read_request(Method method, const msg_t* message,
                                                      const sip_t* sip);
[[nodiscard]] Source source_of(const msg_t* message);
/// The SDP in a request or response; empty if there is none.
[[nodiscard]] std::string sdp_in(const sip_t* sip);

}  // namespace sip
