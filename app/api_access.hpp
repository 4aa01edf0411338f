// How the command line reaches the API: over HTTP when a server runs on the data folder, else in
// this very process on the folder itself. Both come through web::Api, so both obey the same rules.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "edges/web/http.hpp"

namespace app {

class ApiAccess {
public:
    virtual ~ApiAccess() = default;
    /// Waits for the answer. `path` with its query, `body` JSON or empty.
    [[nodiscard]] virtual Result<web::Response, std::string> call(const std::string& method,
                                                                  const std::string& path,
                                                                  const std::string& body) = 0;
    /// The error is a sentence with the path and what to do.
    [[nodiscard]] static Result<std::unique_ptr<ApiAccess>, std::string> open(
        const std::string& data);
};

}  // namespace app
