#include "sim/scenario/schema.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/edit_distance.hpp"

namespace sim {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> shape_names{"constant", "exponential", "lognormal",
                                                      "uniform",  "geometric",   "empirical"};
constexpr std::array<std::string_view, 7> arrival_names{
    "none", "poisson", "markov", "time_of_day", "flash_crowd", "finite_sources", "trace"};
constexpr std::array<std::string_view, 4> talk_names{"none", "once", "p59", "turn_taking"};
constexpr std::array<std::string_view, 3> fidelity_names{"calls", "packets", "sound"};

constexpr double day_s = 86'400, longest_s = 366 * day_s;
constexpr Range share{0, 1}, time_range{0, longest_s}, some_time{0, longest_s, true};
constexpr Range rate_range{0, 100'000};

template <class Element>
Visitor::List list_of(std::vector<Element>& elements, void (*visit)(Element&, Visitor&),
                      std::size_t most) {
    return {.size = elements.size(),
            .most = most,
            .resize = [&elements](std::size_t size) { elements.resize(size); },
            .visit = [&elements, visit](std::size_t i, Visitor& v) { visit(elements[i], v); }};
}

void visit_state(Arrivals::State& state, Visitor& v) {
    v.rate({"rate", "Arrivals while it holds", true, true}, state.rate, rate_range);
    v.number({"stay", "How long it holds on average (exponential)", true, true}, state.mean_stay_s,
             some_time, Unit::seconds);
}

void visit_redial(Redial& redial, Visitor& v) {
    v.number({"probability", "That a caller who was turned away tries again"}, redial.probability,
             share);
    v.spread({"delay", "How long until then"}, redial.delay_s, time_range, Unit::seconds);
    v.count({"attempts", "Attempts of one call, the first counted"}, redial.attempts_max,
            {1, 10'000});
}

void visit_calls(CallClass& c, Visitor& v) {
    static constexpr std::array<std::string_view, 5> codecs{"pcmu", "pcma", "g722", "l16", "opus"};
    v.text({"name", "What results and --set call this class"}, c.name, 32);
    v.table({"arrivals", "When calls begin"}, [&](Visitor& in) { visit_arrivals(c.arrivals, in); });
    v.spread({"holding", "From admission to hanging up"}, c.holding_s, time_range, Unit::seconds);
    v.spread({"keying", "From the prompt to the last digit of the PIN"}, c.keying_s, time_range,
             Unit::seconds);
    v.maybe_spread({"patience", "How long a caller waits for a line; absent: for ever"},
                   c.patience_s, time_range, Unit::seconds);
    v.table({"redial", "What a caller does who was turned away"},
            [&](Visitor& in) { visit_redial(c.redial, in); });
    v.number({"wrong_pin", "Probability that a keyed PIN is wrong"}, c.wrong_pin, share);
    v.count({"rooms", "Standing conferences, which callers choose evenly"}, c.rooms, {1, 100'000});
    auto codec = static_cast<std::size_t>(std::ranges::find(codecs, c.codec) - codecs.begin());
    v.choose({"codec", "What their telephones speak"}, codec, codecs);
    if (codec < codecs.size()) c.codec = codecs[codec];
}

void visit_meetings(MeetingClass& m, Visitor& v) {
    v.text({"name", "What results and --set call this class"}, m.name, 32);
    v.table({"arrivals", "When meetings begin"},
            [&](Visitor& in) { visit_arrivals(m.arrivals, in); });
    v.spread({"size", "People invited"}, m.size, {1, 2'000}, Unit::number);
    v.spread({"holding", "How long a meeting lasts"}, m.holding_s, time_range, Unit::seconds);
    v.number({"dialled", "Share of the people whom the server rings; the others dial in"},
             m.dialled, share);
    v.number({"no_show", "Share of those who should dial in and do not"}, m.no_show, share);
    v.spread({"late", "How long after the beginning they dial in"}, m.late_s, time_range,
             Unit::seconds);
    v.number({"outside", "Share of the dialled who are numbers of the trunk"}, m.outside, share);
}

void visit_population(Population& p, Visitor& v) {
    v.count({"users", "People with an account"}, p.users, {0, 1'000'000});
    v.number({"with_phone", "Share of them who have a registered telephone"}, p.with_phone, share);
    v.number({"clients", "IM clients signed in per user, on average"}, p.clients_mean, {0, 3});
}

void visit_trunk(Trunk& t, Visitor& v) {
    v.count({"lines", "Lines to the telephone network, both ways"}, t.lines, {0, 1'000'000});
    v.count({"queue", "Callers who may wait for a line; 0: blocked calls are cleared"}, t.queue,
            {0, 1'000'000});
    v.spread({"set_up", "From dialling to ringing"}, t.set_up_s, time_range, Unit::seconds);
    v.spread({"ring", "From ringing to the answer"}, t.ring_s, time_range, Unit::seconds);
    v.number({"busy", "Share of dialled numbers that are busy"}, t.busy, share);
    v.number({"no_answer", "Share that ring until the server gives up"}, t.no_answer, share);
    v.number({"refused", "Share that refuse"}, t.refused, share);
    v.spans({"outages", "From .. to: no new calls, and running ones drop"}, t.outages_s);
}

void visit_talk(Talk& t, Visitor& v) {
    using enum Talk::Model;
    v.choice({"model", "Who talks when"}, t.model, talk_names);
    const Range brief{0, 3'600, true};
    v.number({"spurt", "Mean talk spurt of one speaker"}, t.spurt_s, brief, Unit::seconds);
    v.number({"pause", "Mean pause of one speaker"}, t.pause_s, brief, Unit::seconds);
    v.number({"double_talk", "Mean time that two talk at once"}, t.double_talk_s, brief,
             Unit::seconds);
    v.number({"mutual_silence", "Mean time that nobody talks"}, t.mutual_silence_s, brief,
             Unit::seconds);
    v.number({"interrupts", "Share of turns that begin before the last one has ended"},
             t.interrupts, share);
    v.number({"mutes", "Share of people who mute themselves while they listen"}, t.mutes, share);
}

void visit_im(Im& im, Visitor& v) {
    v.number({"messages_per_user_hour", "Messages that a user sends in an hour"},
             im.messages_per_user_hour, {0, 100'000});
    v.spread({"reading", "From delivery to reading"}, im.reading_s, time_range, Unit::seconds);
    v.spread({"typing", "From the first key to sending"}, im.typing_s, time_range, Unit::seconds);
    v.count({"members", "People of one conversation"}, im.members, {2, 1'000});
    v.spread({"delay", "Of a client's connection, one way"}, im.delay_s, {0, 60}, Unit::seconds);
    v.list({"storms", "At these times every client loses its connection"}, im.storms_s, time_range,
           Unit::seconds, 0, 1'000);
    v.number({"storm_width", "They come back within"}, im.storm_width_s, {0, 3'600}, Unit::seconds);
}

void visit_network(Network& n, Visitor& v) {
    v.number({"delay", "One way, without jitter"}, n.delay_ms, {0, 10}, Unit::milliseconds);
    v.number({"jitter", "Scale of the Pareto jitter; 0: none"}, n.jitter_ms, {0, 10},
             Unit::milliseconds);
    v.number({"jitter_shape", "Its alpha: the smaller, the longer the tail"}, n.jitter_shape,
             {1, 100, true});
    v.number({"good_to_bad", "Gilbert-Elliott: per packet, to leave the good state"}, n.good_to_bad,
             share);
    v.number({"bad_to_good", "... to leave the bad state"}, n.bad_to_good, {0, 1, true});
    v.number({"loss_good", "Share of packets lost in the good state"}, n.loss_good, share);
    v.number({"loss_bad", "... in the bad state"}, n.loss_bad, share);
    v.number({"duplicates", "Share of packets that arrive twice"}, n.duplicates, share);
    v.number({"reordered", "Share that are overtaken by the next"}, n.reordered, share);
    v.spans({"partitions", "From .. to: nothing passes"}, n.partitions_s);
}

void visit_server(Server& s, Visitor& v) {
    v.count({"ports", "Telephone legs at once; above it callers are refused"}, s.ports,
            {0, 1'000'000});
    v.spread({"disk", "How long a sync of the journal takes"}, s.disk_s, {0, 3'600}, Unit::seconds);
}

void visit_precision(Precision& p, Visitor& v) {
    v.text({"metric", "Stop when this result is precise enough; empty: run every replication"},
           p.metric, 100);
    v.number({"half_width", "Of its 95 % interval"}, p.half_width, {0, 1e12});
    v.truth({"relative", "true: half_width is a share of the mean"}, p.relative);
}

}  // namespace

void visit_arrivals(Arrivals& a, Visitor& v) {
    using enum Arrivals::Model;
    v.choice({"model", "How arrivals come about", true, true}, a.model, arrival_names);
    const auto of = [&](std::initializer_list<Arrivals::Model> models) {
        return std::ranges::find(models, a.model) != models.end();
    };
    const std::string_view model = arrival_names[static_cast<std::size_t>(a.model)];
    v.rate({"rate", "Arrivals on average; of the hours of the day, where the factor is 1",
            of({poisson, time_of_day, flash_crowd}), of({poisson, time_of_day}), model},
           a.rate, rate_range);
    v.tables({"states", "States that follow one another, each with `rate` and `stay`", of({markov}),
              true, model},
             list_of<Arrivals::State>(a.states, visit_state, 64));
    v.list({"by_hour", "24 factors of the rate, from midnight on", of({time_of_day}), true, model},
           a.by_hour, {0, 1'000}, Unit::number, 24, 24);
    v.number({"crowd", "Callers around each full hour", of({flash_crowd}), true, model}, a.crowd,
             {0, 1'000'000});
    v.number({"width", "Standard deviation of a crowd's instants", of({flash_crowd}), false, model},
             a.width_s, {0, 600, true}, Unit::seconds);
    v.count({"sources", "Callers there are", of({finite_sources}), true, model}, a.sources,
            {1, 1'000'000});
    v.number({"idle", "How long each rests between its calls (exponential mean)",
              of({finite_sources}), true, model},
             a.idle_s, some_time, Unit::seconds);
    v.file({"file", "CSV file beside the scenario: instants in its first column", of({trace}),
            false, model},
           a.instants_s, time_range);
    v.list(
        {"instants", "The instants themselves, where no file has them", of({trace}), false, model},
        a.instants_s, time_range, Unit::seconds, 0, 1'000'000);
}

void visit_scenario(Scenario& s, Visitor& v) {
    v.text({"title", "What the report is called"}, s.title, 200);
    v.number({"until", "How long a replication runs"}, s.until_s, some_time, Unit::seconds);
    v.time_or_auto({"warm_up", "What is taken off the beginning; \"auto\": MSER-5 chooses"},
                   s.warm_up_s, s.warm_up_auto, time_range);
    v.count({"replications", "Independent ones, each with a seed of its own"}, s.replications,
            {1, 10'000});
    v.count({"batches", "Above 0: batch means of one long run instead of replications"}, s.batches,
            {0, 200});
    v.choice({"fidelity", "How much of the sound is played"}, s.fidelity, fidelity_names);
    v.table({"precision", "When to stop early"},
            [&](Visitor& in) { visit_precision(s.precision, in); });
    v.table({"population", "Who has an account"},
            [&](Visitor& in) { visit_population(s.population, in); });
    v.tables({"calls", "Classes of callers who dial in to standing conferences"},
             list_of<CallClass>(s.calls, visit_calls, 32));
    v.tables({"meetings", "Classes of meetings that people begin out of a chat"},
             list_of<MeetingClass>(s.meetings, visit_meetings, 32));
    v.table({"trunk", "The telephone network"}, [&](Visitor& in) { visit_trunk(s.trunk, in); });
    v.table({"talk", "Who talks when"}, [&](Visitor& in) { visit_talk(s.talk, in); });
    v.table({"im", "Messages"}, [&](Visitor& in) { visit_im(s.im, in); });
    v.table({"network", "Between a telephone and the server"},
            [&](Visitor& in) { visit_network(s.network, in); });
    v.table({"server", "What the server gives"}, [&](Visitor& in) { visit_server(s.server, in); });
}

void visit_spread(Spread& s, Range range, Unit unit, Visitor& v) {
    using enum Spread::Shape;
    v.choice({"shape", "How the values are spread"}, s.shape, shape_names);
    const std::string_view shape = shape_names[static_cast<std::size_t>(s.shape)];
    const bool has_mean = s.shape != uniform && s.shape != empirical;
    Range mean = range;
    if (s.shape == exponential || s.shape == lognormal) mean.above = mean.least == 0;
    if (s.shape == geometric) mean.least = std::max(mean.least, 1.0);
    v.number({"mean", "Of the values", has_mean, true, shape}, s.mean, mean, unit);
    v.number({"sigma", "Deviation of the values' logarithm", s.shape == lognormal, true, shape},
             s.sigma, {0, 5});
    v.number({"low", "The least value", s.shape == uniform, true, shape}, s.low, range, unit);
    v.number({"high", "The greatest value", s.shape == uniform, true, shape}, s.high, range, unit);
    v.file({"file", "CSV file beside the scenario: values in its first column",
            s.shape == empirical, false, shape},
           s.values, range);
    v.list({"values", "The values themselves, where no file has them", s.shape == empirical, false,
            shape},
           s.values, range, unit, 0, 1'000'000);
}

std::string say_number(double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return {digits.data(), end.ptr};
}

std::string say_time(double seconds) {
    for (const auto& [length, letter] : {std::pair{day_s, "d"}, {3'600.0, "h"}, {60.0, "m"}}) {
        const double count = seconds / length;
        if (count >= 1 && count == std::floor(count)) return say_number(count) + letter;
    }
    if (seconds > 0 && seconds < 0.1) return say_number(seconds * 1'000) + "ms";
    return say_number(seconds) + "s";
}

std::string say(Range range, Unit unit) {
    const auto one = [&](double value) {
        if (unit != Unit::number) return say_time(value);
        // Whole numbers stay whole: to_chars would write 1e+06.
        const auto whole = static_cast<std::int64_t>(value);
        return static_cast<double>(whole) == value ? std::to_string(whole) : say_number(value);
    };
    return (range.above ? "above " : "") + one(range.least) + " .. " + one(range.most);
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> names) {
    wrong = wrong.substr(0, 100);  // longer ones are near to nothing, and cost
    std::string_view best;
    for (const std::string_view name : names) {
        if (best.empty() || base::edit_distance(wrong, name) < base::edit_distance(wrong, best))
            best = name;
    }
    return best;
}

}  // namespace sim
