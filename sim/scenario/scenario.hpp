// What a researcher asks for: who calls whom, when, for how long, over what, and what goes wrong.
// Plain data with the defaults that docs/simulation.md lists; scenario_file.hpp reads it from TOML.
//
// Thread: a value. Times are in seconds of virtual time, rates per second, shares 0 .. 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sim {

/// A random length of time, or a random number. `mean` and `sigma` mean what the shape says.
struct Spread {
    enum class Shape : std::uint8_t {
        constant,     // mean
        exponential,  // mean
        lognormal,    // mean of the value itself; sigma of its logarithm
        uniform,      // low .. high
        geometric,    // 1, 2, 3, ... with this mean
        empirical,    // drawn from `values`, each as likely as it is often
    };
    Shape shape = Shape::constant;
    double mean = 0, sigma = 0, low = 0, high = 0;
    std::vector<double> values;
    bool operator==(const Spread&) const = default;
};

/// When calls (or meetings) begin.
struct Arrivals {
    enum class Model : std::uint8_t {
        none,
        poisson,         // rate
        markov,          // Markov-modulated Poisson: `states`, in each a rate and a mean stay
        time_of_day,     // Poisson whose rate follows `by_hour` (24 factors of `rate`), thinned
        flash_crowd,     // Poisson, and `crowd` callers around each full hour, spread by `width`
        finite_sources,  // `sources` callers, each idle for `idle` (exponential) between its calls
        trace,           // the instants in `instants`, from a CSV file's first column
    };
    struct State {
        double rate = 0;
        double mean_stay_s = 0;
        bool operator==(const State&) const = default;
    };
    Model model = Model::none;
    double rate = 0;  // per second
    std::vector<State> states;
    std::vector<double> by_hour;
    double crowd = 0, width_s = 60;
    std::uint32_t sources = 0;
    double idle_s = 0;
    std::vector<double> instants_s;
    bool operator==(const Arrivals&) const = default;
};

/// What a caller who was turned away does next.
struct Redial {
    double probability = 0;
    Spread delay_s{.shape = Spread::Shape::exponential, .mean = 10};
    std::uint32_t attempts_max = 100;  // of one call, the first counted
    bool operator==(const Redial&) const = default;
};

/// Callers who dial in to standing conferences by telephone.
struct CallClass {
    std::string name = "calls";
    Arrivals arrivals;
    Spread holding_s{.shape = Spread::Shape::exponential, .mean = 180};  // from admission on
    Spread keying_s{.shape = Spread::Shape::constant, .mean = 3};        // until the PIN is keyed
    /// How long a caller waits for a line of the trunk's queue; absent: for ever.
    std::optional<Spread> patience_s;
    Redial redial;
    double wrong_pin = 0;     // of each attempt to key it
    std::uint32_t rooms = 1;  // standing conferences, which they choose evenly
    std::string codec = "pcma";
    bool operator==(const CallClass&) const = default;
};

/// Meetings that people begin out of a chat: the server dials some, some dial in, some stay away.
struct MeetingClass {
    std::string name = "meetings";
    Arrivals arrivals;
    Spread size{.shape = Spread::Shape::geometric, .mean = 4};  // people invited
    Spread holding_s{.shape = Spread::Shape::lognormal, .mean = 1800, .sigma = 0.8};
    double dialled = 0.5;  // of the people: the server rings them; the others dial in
    double no_show = 0.1;  // of those who should dial in
    Spread late_s{.shape = Spread::Shape::exponential, .mean = 60};  // after the beginning
    double outside = 0.2;  // of the dialled: a number of the trunk, not a registered phone
    bool operator==(const MeetingClass&) const = default;
};

struct Population {
    std::uint32_t users = 0;
    double with_phone = 1;    // share that has a registered telephone
    double clients_mean = 1;  // IM clients signed in per user (0 .. 3)
    bool operator==(const Population&) const = default;
};

/// The telephone network's side: lines, and how the people at its other end behave.
struct Trunk {
    std::uint32_t lines = 1'000'000;
    std::uint32_t queue = 0;  // callers who may wait for a line; 0: blocked calls are cleared
    Spread set_up_s{.shape = Spread::Shape::lognormal, .mean = 0.3, .sigma = 0.4};  // to ringing
    Spread ring_s{.shape = Spread::Shape::lognormal, .mean = 8, .sigma = 0.6};      // to the answer
    double busy = 0.05, no_answer = 0.15, refused = 0.01;  // else: answered
    std::vector<std::pair<double, double>>
        outages_s;  // from .. to: no new calls, running ones drop
    bool operator==(const Trunk&) const = default;
};

/// Who talks when. Only people who are connected talk.
struct Talk {
    enum class Model : std::uint8_t {
        none,
        once,         // each person talks once, for `spurt_s`, in the middle of the call
        p59,          // ITU-T P.59: on-off per pair of people, with double talk
        turn_taking,  // one holds the floor, others interrupt
    };
    Model model = Model::none;
    double spurt_s = 1.004, pause_s = 1.587;  // P.59 means of a single speaker
    double double_talk_s = 0.228, mutual_silence_s = 0.508;
    double interrupts = 0.1;  // turn taking: of the turns
    double mutes = 0;         // share of people who mute themselves when silent
    bool operator==(const Talk&) const = default;
};

struct Im {
    double messages_per_user_hour = 0;
    Spread reading_s{.shape = Spread::Shape::lognormal, .mean = 5, .sigma = 1};
    Spread typing_s{.shape = Spread::Shape::lognormal, .mean = 6, .sigma = 0.8};
    std::uint32_t members = 5;  // of one conversation
    Spread delay_s{.shape = Spread::Shape::lognormal, .mean = 0.04, .sigma = 0.5};  // one way
    std::vector<double> storms_s;  // at these times every client loses its connection
    double storm_width_s = 5;      // they come back within
    bool operator==(const Im&) const = default;
};

/// Between one telephone and the server, each way.
struct Network {
    double delay_ms = 20;
    double jitter_ms = 0;     // scale of the Pareto jitter; 0: none
    double jitter_shape = 3;  // alpha
    /// Gilbert-Elliott: probability per packet of leaving the good and the bad state, and the loss
    /// in each.
    double good_to_bad = 0, bad_to_good = 1, loss_good = 0, loss_bad = 1;
    double duplicates = 0, reordered = 0;
    std::vector<std::pair<double, double>> partitions_s;  // nothing passes
    bool operator==(const Network&) const = default;
};

/// What the server gives.
struct Server {
    std::uint32_t ports = 2000;  // telephone legs at once; above it callers are refused (full)
    Spread disk_s{.shape = Spread::Shape::constant, .mean = 0.0002};  // a sync
    bool operator==(const Server&) const = default;
};

enum class Fidelity : std::uint8_t {
    calls,    // signalling only; who talks is told by the model
    packets,  // RTP timed through the real jitter buffer, without sound
    sound,    // RTP with sound through the real mixer
};

struct Precision {
    std::string metric;     // empty: run as many replications as asked for
    double half_width = 0;  // stop when the 95 % interval is this narrow
    bool relative = false;  // ... times its mean
    bool operator==(const Precision&) const = default;
};

struct Scenario {
    std::string title;
    double until_s = 3600;
    double warm_up_s = 0;
    bool warm_up_auto = false;  // MSER-5 chooses it
    std::uint32_t replications = 5;
    std::uint32_t batches = 0;  // > 0: batch means of one long run
    Fidelity fidelity = Fidelity::calls;
    Precision precision;
    Population population;
    std::vector<CallClass> calls;
    std::vector<MeetingClass> meetings;
    Trunk trunk;
    Talk talk;
    Im im;
    Network network;
    Server server;
    bool operator==(const Scenario&) const = default;
};

}  // namespace sim
