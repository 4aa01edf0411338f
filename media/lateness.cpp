#include "media/lateness.hpp"

#include <algorithm>

#include "base/time.hpp"
#include "media/sound/frame.hpp"

namespace media {
namespace {

constexpr std::uint16_t weight = 64;  // of a packet: so that ageing by a 16th has something to take
constexpr std::uint32_t few = 256;    // a share of all that is as good as nobody
constexpr std::int32_t frame_us = static_cast<std::int32_t>(tick_us);
constexpr std::int32_t bins_per_frame = frame_us / lateness_bin_us;
static_assert(bins_per_frame * lateness_bin_us == frame_us);

// G.107's Id (3-27 to 3-33, with the default echo losses) at 150, 160, ... 450 ms, in thousandths,
// less what it is at 150: lateness.test.cpp holds it against media/sound/e_model.
constexpr std::int32_t price_step_us = 10'000;
constexpr std::array<std::int32_t, 31> price_of_delay{
    0,      403,    963,    1'707,  2'639,  3'734,  4'955,  6'261,  7'615,  8'988,  10'362,
    11'721, 13'057, 14'363, 15'636, 16'873, 18'074, 19'238, 20'365, 21'456, 22'512, 23'534,
    24'521, 25'476, 26'400, 27'292, 28'155, 28'989, 29'796, 30'575, 31'328};

std::int32_t floor_divide(std::int32_t value, std::int32_t by) {
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

}  // namespace

std::int32_t price_of_wait(std::int32_t wait_us) noexcept REALTIME {
    const std::int32_t within = std::clamp(wait_us, 0, 30 * price_step_us - 1);
    const auto step = static_cast<std::size_t>(within / price_step_us);
    const std::int32_t rest = within % price_step_us / 10;  // so that the product fits
    const std::int32_t rise = price_of_delay[step + 1] - price_of_delay[step];
    return price_of_delay[step] + rise * rest / (price_step_us / 10);
}

// Ie,eff (G.107, 7-29) with Ie = 0, Bpl = 25.1 (G.113, appendix I): 95 p / (p + 25.1), in percent.
std::int32_t price_of_loss(std::int32_t of_a_million) noexcept REALTIME {
    const std::int64_t lost = std::clamp(of_a_million, 0, 1'000'000);
    return static_cast<std::int32_t>(95'000 * lost / (lost + 251'000));
}

void Lateness::note(std::int32_t transit_us) noexcept REALTIME {
    const std::int32_t bin = floor_divide(transit_us, lateness_bin_us);
    if (noted_ == 0) first_ = bin;
    if (bin < first_) rebase(bin);
    const auto place = std::min(static_cast<std::size_t>(bin - first_), lateness_bins - 1);
    std::uint16_t& count = counts_[place];
    count = static_cast<std::uint16_t>(std::min<std::uint32_t>(count + weight, UINT16_MAX));
    if (++noted_ % noted_between_ages == 0) age();
}

void Lateness::rebase(std::int32_t first) noexcept {
    const auto by = static_cast<std::size_t>(
        std::clamp<std::int64_t>(std::int64_t{first_} - first, 0, lateness_bins));
    std::uint32_t beyond = counts_.back();
    for (std::size_t i = lateness_bins - 1; i-- > 0;) {
        if (i + by >= lateness_bins - 1)
            beyond += counts_[i];
        else
            counts_[i + by] = counts_[i];
        if (by > 0) counts_[i] = 0;
    }
    counts_.back() = static_cast<std::uint16_t>(std::min<std::uint32_t>(beyond, UINT16_MAX));
    first_ = first;
}

// Whoever comes late for good has another way now: what was before says nothing about it. The
// fastest packets are those that come now and then, not one of long ago: a clock drifts.
void Lateness::age() noexcept {
    std::uint32_t total = 0;
    for (std::uint16_t& count : counts_) {
        count = static_cast<std::uint16_t>(count - (count + 15) / 16);
        total += count;
    }
    if (counts_.back() > total / 4) return forget();
    std::uint32_t faster = 0;
    std::size_t fastest = 0;
    while (faster + counts_[fastest] <= total / few) faster += counts_[fastest++];
    if (fastest == 0) return;
    first_ += static_cast<std::int32_t>(fastest);
    std::fill(std::copy(counts_.begin() + static_cast<std::ptrdiff_t>(fastest), counts_.end() - 1,
                        counts_.begin()),
              counts_.end() - 1, std::uint16_t{0});
}

std::int32_t Lateness::depth_now(std::int32_t played_us) const noexcept REALTIME {
    return floor_divide(played_us - first_ * lateness_bin_us, frame_us);
}

std::int32_t Lateness::depth_frames(std::int32_t played_us,
                                    std::int32_t most) const noexcept REALTIME {
    if (!knows()) return most;
    std::int64_t total = 0;
    for (const std::uint16_t count : counts_) total += count;
    const std::int32_t phase =
        played_us - first_ * lateness_bin_us - depth_now(played_us) * frame_us;
    std::int32_t best = most, best_price = INT32_MAX;
    std::int64_t in_time = 0;
    std::size_t bin = 0;
    for (std::int32_t depth = 0; depth <= most; ++depth) {
        const std::int32_t wait_us = phase + depth * frame_us;
        const auto reached = static_cast<std::size_t>(wait_us / lateness_bin_us);
        while (bin < reached && bin < lateness_bins - 1) in_time += counts_[bin++];
        const auto late = static_cast<std::int32_t>((total - in_time) * 1'000'000 / total);
        const std::int32_t price = price_of_wait(wait_us) + price_of_loss(late);
        if (price >= best_price) continue;
        best = depth;
        best_price = price;
    }
    return best;
}

}  // namespace media
