#include "app/commit.hpp"

#include "app/simulate.hpp"

namespace app {

std::string commit() {
    const std::string built = built_commit;
    return built.empty() ? "version 0.1.0" : built;
}

}  // namespace app
