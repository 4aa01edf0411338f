// REGISTER (RFC 3261, 10.3): phones say where they can be reached. The bindings themselves are
// state of the user; this part proves the phone, bounds what it asks for, and answers with what is
// durable.
//
// Thread: the loop's. Memory: one shared block per REGISTER in progress.
#pragma once

#include "edges/sip/gate.hpp"

namespace sip {

inline constexpr std::uint32_t expires_s_default = 3600, expires_s_max = 3600, expires_s_min = 60;
inline constexpr std::uint32_t expires_s_refused =
    30;  // below it: 423, a phone must not be that busy

class Registrar {
public:
    Registrar(Desk& desk, Gate& gate) : desk_(desk), gate_(gate) {}
    void on_register(RequestId request, const Request& message);

private:
    struct Work;
    void proven(const std::shared_ptr<Work>& work);
    void next(const std::shared_ptr<Work>& work);
    void finish(const std::shared_ptr<Work>& work);
    void list(const Work& work, const actors::View& view);

    Desk& desk_;
    Gate& gate_;
};

/// How long a contact is to live: its own wish, or the request's, or an hour; 0 means "forget it".
[[nodiscard]] std::uint32_t wished_expires(const Contact& contact,
                                           const std::optional<std::uint32_t>& header);

}  // namespace sip
