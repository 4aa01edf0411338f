// Figures for operators in Prometheus' text format (served at /metrics by edges/web).
//
// Thread: add before serving; text() from any thread. The functions given to it are called on the
// asker's thread and must not block. Memory: a text is built per scrape. Time: some ten
// microseconds.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "actors/house.hpp"

namespace metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Metrics {
public:
    /// The process itself: memory, descriptors, when it started.
    Metrics();

    /// Everything the house counts. It must outlive the scrapes.
    void add(const actors::House& house);

    /// A value that goes up and down: `gauge("partyline_media_legs", "Telephones in rooms.", {},
    /// legs)`. The same name again with other labels joins the family; the first help stands.
    void gauge(std::string name, std::string help, Labels labels, std::function<double()> value);
    /// A value that only rises; by custom its name ends in "_total".
    void counter(std::string name, std::string help, Labels labels, std::function<double()> value);

    [[nodiscard]] std::string text() const;

private:
    enum class Kind : std::uint8_t { gauge, counter };
    struct Sample {
        Labels labels;
        std::function<double()> value;
    };
    struct Family {
        std::string name, help;
        Kind kind;
        std::vector<Sample> samples;
    };
    void add(Kind kind, std::string name, std::string help, Sample sample);

    std::vector<Family> families_;
};

}  // namespace metrics
