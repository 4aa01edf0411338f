#include "edges/web/call.hpp"
namespace web {
std::vector<Route> conference_routes() { return {}; }
}  // namespace web
