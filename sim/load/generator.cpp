#include "sim/load/generator.hpp"

#include <ctime>

#include "base/clock.hpp"
#include "sim/load/doors.hpp"
#include "sim/load/sockets.hpp"
#include "sim/load/sound.hpp"
#include "sim/load/telephones.hpp"

namespace sim {
namespace {

constexpr std::int64_t slot_us = 1'000;
constexpr Duration set_up_patience = seconds(40);  // after the last call was begun
constexpr Duration leave_patience = seconds(5);
constexpr unsigned hang_ups_per_call = 4;  // hanging up is that much faster than calling

void sleep_until(Instant steady) {
    const timespec until{.tv_sec = static_cast<time_t>(steady.us / 1'000'000),
                         .tv_nsec = static_cast<long>(steady.us % 1'000'000 * 1'000)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

class Run {
public:
    Run(const LoadPlan& plan, const Sounds& sounds, Doors doors)
        : plan_(plan), telephones_(plan, sounds, std::move(doors)) {}

    Done<std::string> open() {
        return plan_.sip ? telephones_.open_signalling() : Done<std::string>{};
    }

    Report measure() {
        if (const auto seen = look_at_process(plan_.pid); plan_.pid != 0 && seen)
            report_.server = Report::Server{.before = *seen};
        begin_ = base::steady_now();
        call_everybody();
        run_until(now_ + seconds(plan_.warm_up_seconds));
        begin_measuring();
        run_until(begun_ + seconds(plan_.seconds));
        end_measuring();
        hang_up_everybody();
        telephones_.tell(report_);
        report_.generator.late_ms_p50 = late_ms_.quantile(0.5);
        report_.generator.late_ms_p99 = late_ms_.quantile(0.99);
        report_.generator.late_ms_max = late_ms_.quantile(1);
        return std::move(report_);
    }

private:
    // One millisecond: what is due now is sent, what came is read. Behind time there is no sleep.
    void step() {
        const Instant due = begin_ + Duration{static_cast<std::int64_t>(++slot_) * slot_us};
        now_ = base::steady_now();
        if (now_ < due) {
            sleep_until(due);
            now_ = base::steady_now();
        }
        if (measuring_) late_ms_.add(static_cast<double>((now_ - due).us) / 1'000);
        const auto slot = static_cast<unsigned>(slot_ % Telephones::slots);
        telephones_.send_slot(slot, slot_ / Telephones::slots);
        telephones_.read_slot(slot);
        telephones_.read_signalling(now_);
        if (slot == 0) telephones_.wake_callers(now_);
    }

    void run_until(Instant end) {
        while (now_ < end) step();
    }

    void call_everybody() {
        for (unsigned called = 0; called < plan_.legs;) {
            step();
            const auto passed_us = static_cast<std::uint64_t>((now_ - begin_).us);
            for (; called < plan_.legs && called <= passed_us * plan_.calls_per_second / 1'000'000;
                 ++called)
                telephones_.call(called, now_);
        }
        const Instant end = now_ + set_up_patience;
        while (!telephones_.settled() && now_ < end) step();
    }

    void hang_up_everybody() {
        const Instant since = now_;
        for (unsigned gone = 0; gone < plan_.legs;) {
            step();
            const auto passed_us = static_cast<std::uint64_t>((now_ - since).us);
            for (; gone < plan_.legs &&
                   gone <= passed_us * plan_.calls_per_second * hang_ups_per_call / 1'000'000;
                 ++gone)
                telephones_.hang_up(gone, now_);
        }
        const Instant end = now_ + leave_patience;
        while (!telephones_.all_gone() && now_ < end) step();
    }

    [[nodiscard]] MetricValues read_metrics() const {
        return plan_.metrics ? parse_metrics(http_get(*plan_.metrics, plan_.metrics_path))
                             : MetricValues{};
    }

    void begin_measuring() {
        report_.metrics_begin = read_metrics();
        measuring_ = true;
        step();  // what was late for the metrics' sake is not the generator's fault
        begun_ = now_;
        late_ms_ = {};
        telephones_.begin_measuring();
        if (report_.server)
            report_.server->begin = look_at_process(plan_.pid).value_or(ProcessView{});
        cpu_begin_ = own_cpu_seconds();
    }

    void end_measuring() {
        telephones_.end_measuring(base::wall_now().us);
        report_.generator.cpu_seconds = own_cpu_seconds() - cpu_begin_;
        if (report_.server)
            report_.server->end = look_at_process(plan_.pid).value_or(ProcessView{});
        report_.seconds = static_cast<double>((base::steady_now() - begun_).us) * 1e-6;
        measuring_ = false;
        report_.metrics_end = read_metrics();
    }

    const LoadPlan& plan_;
    Telephones telephones_;
    Instant begin_{}, now_{}, begun_{};
    std::uint64_t slot_ = 0;
    bool measuring_ = false;
    double cpu_begin_ = 0;
    Distribution late_ms_;
    Report report_;
};

}  // namespace

Result<Report, std::string> run_load(const LoadPlan& plan) {
    raise_descriptor_limit();
    const auto sounds = make_sounds(plan.format, plan.seed,
                                    plan.opus_voice ? OpusFlavour::voice : OpusFlavour::general);
    if (!sounds) return fail("this build cannot code " + name_of(plan.format));
    auto doors = Doors::open(plan);
    if (!doors.ok()) return fail(doors.error());
    Run run{plan, *sounds, std::move(doors).value()};
    if (auto opened = run.open(); !opened.ok()) return fail(opened.error());
    return run.measure();
}

}  // namespace sim
