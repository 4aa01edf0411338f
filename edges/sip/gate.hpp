// Who is asking: proves by digest that a request comes from a phone of one of our users.
//
// An account that does not exist is challenged and refused exactly like a wrong password, so that
// nobody can find out who has a phone here. Thread: the loop's.
#pragma once

#include <functional>
#include <memory>

#include "edges/sip/desk.hpp"
#include "edges/sip/target.hpp"

namespace sip {

using SharedUser = std::shared_ptr<const schema::UserStateT>;

class Gate {
public:
    explicit Gate(Desk& desk) : desk_(desk) {}

    using Proven = std::function<void(const Account&, const SharedUser&)>;
    /// Calls `proven` once the password fitted. In any other case the request has been answered
    /// (401 with a challenge, 403 for a blocked source or a disabled user) and `refused` is called.
    void authenticate(RequestId request, SharedRequest message, Proven proven,
                      std::function<void()> refused);

private:
    struct Asked;
    void judge(const std::shared_ptr<Asked>& asked);
    void judge_proof(const std::shared_ptr<Asked>& asked, const Credentials& credentials,
                     const Account& account, const actors::View& view);
    void challenge(const Asked& asked, bool stale);

    Desk& desk_;
};

}  // namespace sip
