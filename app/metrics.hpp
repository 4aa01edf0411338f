// What the whole server counts, gathered for /metrics.
#pragma once

#include "edges/metrics/metrics.hpp"
#include "edges/sip/edge.hpp"
#include "edges/web/server.hpp"
#include "media/engine.hpp"

namespace app {

/// All of them must outlive the scrapes.
void add_metrics(metrics::Metrics& to, const media::Engine& engine, const sip::Edge& telephones,
                 const web::Server& page);

}  // namespace app
