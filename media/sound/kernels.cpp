// This file is compiled once for each vector unit: foreach_target.h includes it again and again.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "media/sound/kernels.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <array>

#include "media/sound/kernels.hpp"
#include "media/sound/scalar.hpp"

HWY_BEFORE_NAMESPACE();
namespace media::kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR  // no vectors at all: the oracle is the kernel

void add_to_total(std::int32_t* total, const std::int16_t* own, std::size_t count) {
    scalar::add_to_total({total, count}, {own, count});
}
void take_from_total(std::int32_t* total, const std::int16_t* own, std::size_t count) {
    scalar::take_from_total({total, count}, {own, count});
}
void mix_minus(const std::int32_t* total, const std::int16_t* own, std::int16_t* out,
               std::size_t count) {
    scalar::mix_minus({total, count}, {own, count}, {out, count});
}
void saturate(const std::int32_t* total, std::int16_t* out, std::size_t count) {
    scalar::saturate({total, count}, {out, count});
}
void add_saturated(std::int16_t* out, const std::int16_t* extra, std::size_t count) {
    scalar::add_saturated({out, count}, {extra, count});
}
void amplify(std::int16_t* sound, std::size_t count, std::int32_t gain) {
    scalar::amplify({sound, count}, gain);
}
std::uint64_t energy_sum(const std::int16_t* frame, std::size_t count) {
    return scalar::energy_sum({frame, count});
}
std::uint32_t difference_sum(const std::int16_t* one, const std::int16_t* two, std::size_t count) {
    return scalar::difference_sum({one, count}, {two, count});
}
void encode_mulaw(const std::int16_t* pcm, std::uint8_t* coded, std::size_t count) {
    scalar::encode_mulaw({pcm, count}, {coded, count});
}
void encode_alaw(const std::int16_t* pcm, std::uint8_t* coded, std::size_t count) {
    scalar::encode_alaw({pcm, count}, {coded, count});
}
void filter(const Polyphase& shape, const std::int16_t* sound, std::int16_t* out,
            std::size_t count) {
    scalar::filter(shape, {sound, 0}, {out, count});
}

#else

namespace hn = hwy::HWY_NAMESPACE;

// 32-bit lanes, and as many 16-bit and 8-bit ones.
using Wide = hn::ScalableTag<std::int32_t>;
using Narrow = hn::Rebind<std::int16_t, Wide>;
using Bytes = hn::Rebind<std::uint8_t, Wide>;
using Samples = hn::ScalableTag<std::int16_t>;  // a full vector of samples

void add_to_total(std::int32_t* total, const std::int16_t* own, std::size_t count) {
    const Wide wide;
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
        const auto sum =
            hn::Add(hn::LoadU(wide, total + i), hn::PromoteTo(wide, hn::LoadU(Narrow(), own + i)));
        hn::StoreU(sum, wide, total + i);
    }
    scalar::add_to_total({total + i, count - i}, {own + i, count - i});
}

void take_from_total(std::int32_t* total, const std::int16_t* own, std::size_t count) {
    const Wide wide;
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
        const auto rest =
            hn::Sub(hn::LoadU(wide, total + i), hn::PromoteTo(wide, hn::LoadU(Narrow(), own + i)));
        hn::StoreU(rest, wide, total + i);
    }
    scalar::take_from_total({total + i, count - i}, {own + i, count - i});
}

void mix_minus(const std::int32_t* total, const std::int16_t* own, std::int16_t* out,
               std::size_t count) {
    const Wide wide;
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
        const auto rest =
            hn::Sub(hn::LoadU(wide, total + i), hn::PromoteTo(wide, hn::LoadU(Narrow(), own + i)));
        hn::StoreU(hn::DemoteTo(Narrow(), rest), Narrow(), out + i);
    }
    scalar::mix_minus({total + i, count - i}, {own + i, count - i}, {out + i, count - i});
}

void saturate(const std::int32_t* total, std::int16_t* out, std::size_t count) {
    const Wide wide;
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide))
        hn::StoreU(hn::DemoteTo(Narrow(), hn::LoadU(wide, total + i)), Narrow(), out + i);
    scalar::saturate({total + i, count - i}, {out + i, count - i});
}

void add_saturated(std::int16_t* out, const std::int16_t* extra, std::size_t count) {
    const Samples samples;
    std::size_t i = 0;
    for (; i + hn::Lanes(samples) <= count; i += hn::Lanes(samples)) {
        const auto sum =
            hn::SaturatedAdd(hn::LoadU(samples, out + i), hn::LoadU(samples, extra + i));
        hn::StoreU(sum, samples, out + i);
    }
    scalar::add_saturated({out + i, count - i}, {extra + i, count - i});
}

void amplify(std::int16_t* sound, std::size_t count, std::int32_t gain) {
    const Wide wide;
    const auto factor = hn::Set(wide, gain), below_one = hn::Set(wide, 4'095);
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
        const auto product = hn::Mul(hn::PromoteTo(wide, hn::LoadU(Narrow(), sound + i)), factor);
        // A shift rounds down: what is negative is lifted so that it is cut towards zero as well.
        const auto lifted = hn::Add(product, hn::And(hn::ShiftRight<31>(product), below_one));
        hn::StoreU(hn::DemoteTo(Narrow(), hn::ShiftRight<12>(lifted)), Narrow(), sound + i);
    }
    scalar::amplify({sound + i, count - i}, gain);
}

std::uint64_t energy_sum(const std::int16_t* frame, std::size_t count) {
    const Samples samples;
    const hn::RepartitionToWide<Samples> wide;
    const hn::Repartition<std::uint64_t, decltype(wide)> widest;
    const auto low = hn::Set(widest, 0xffffffffu);
    auto sum = hn::Zero(widest);
    std::size_t i = 0;
    for (; i + hn::Lanes(samples) <= count; i += hn::Lanes(samples)) {
        const auto sound = hn::LoadU(samples, frame + i);
        auto more = hn::Zero(wide);
        // At most 2 * 2^30 in each lane of either: 32 bits without a sign.
        const auto squares =
            hn::ReorderWidenMulAccumulate(wide, sound, sound, hn::Zero(wide), more);
        for (const auto& part : {squares, more}) {
            const auto pairs = hn::BitCast(widest, part);
            sum = hn::Add(sum, hn::Add(hn::And(pairs, low), hn::ShiftRight<32>(pairs)));
        }
    }
    return hn::GetLane(hn::SumOfLanes(widest, sum)) + scalar::energy_sum({frame + i, count - i});
}

std::uint32_t difference_sum(const std::int16_t* one, const std::int16_t* two, std::size_t count) {
    const Samples samples;
    const hn::Repartition<std::uint32_t, Samples> wide;
    const auto low = hn::Set(wide, 0xffffu);
    auto sum = hn::Zero(wide);
    std::size_t i = 0;
    for (; i + hn::Lanes(samples) <= count; i += hn::Lanes(samples)) {
        const auto a = hn::LoadU(samples, one + i), b = hn::LoadU(samples, two + i);
        // The greater less the smaller wraps into the sign, and is right without one.
        const auto pairs = hn::BitCast(wide, hn::Sub(hn::Max(a, b), hn::Min(a, b)));
        sum = hn::Add(sum, hn::Add(hn::And(pairs, low), hn::ShiftRight<16>(pairs)));
    }
    return hn::GetLane(hn::SumOfLanes(wide, sum)) +
           scalar::difference_sum({one + i, count - i}, {two + i, count - i});
}

// A float has the shape of a G.711 code word: its exponent is the segment, the four highest bits of
// its fraction are the interval. The numbers are integers below 2^13, so nothing is rounded.
template <class V>
HWY_INLINE auto segment_and_interval(V magnitude, std::int32_t exponent_of_segment_0) {
    const Wide wide;
    const hn::RebindToFloat<Wide> real;
    const auto bits = hn::BitCast(wide, hn::ConvertTo(real, magnitude));
    return hn::Sub(hn::ShiftRight<19>(bits), hn::Set(wide, (127 + exponent_of_segment_0) << 4));
}

void encode_mulaw(const std::int16_t* pcm, std::uint8_t* coded, std::size_t count) {
    const Wide wide;
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
        const auto sound = hn::PromoteTo(wide, hn::LoadU(Narrow(), pcm + i));
        const auto magnitude = hn::Min(hn::ShiftRight<2>(hn::Abs(sound)), hn::Set(wide, 8'158));
        const auto code = segment_and_interval(hn::Add(magnitude, hn::Set(wide, 33)), 5);
        const auto sign = hn::And(hn::ShiftRight<31>(sound), hn::Set(wide, 0x80));
        const auto line = hn::Xor(hn::Or(code, sign), hn::Set(wide, 0xff));
        hn::StoreU(hn::DemoteTo(Bytes(), line), Bytes(), coded + i);
    }
    scalar::encode_mulaw({pcm + i, count - i}, {coded + i, count - i});
}

void encode_alaw(const std::int16_t* pcm, std::uint8_t* coded, std::size_t count) {
    const Wide wide;
    std::size_t i = 0;
    for (; i + hn::Lanes(wide) <= count; i += hn::Lanes(wide)) {
        const auto sound = hn::PromoteTo(wide, hn::LoadU(Narrow(), pcm + i));
        const auto magnitude = hn::Min(hn::ShiftRight<3>(hn::Abs(sound)), hn::Set(wide, 4'095));
        // Segments 0 and 1 are equally wide: below 32 there is no exponent to take.
        const auto code =
            hn::IfThenElse(hn::Lt(magnitude, hn::Set(wide, 32)), hn::ShiftRight<1>(magnitude),
                           segment_and_interval(magnitude, 4));
        const auto sign = hn::AndNot(hn::ShiftRight<31>(sound), hn::Set(wide, 0x80));
        const auto line = hn::Xor(hn::Or(code, sign), hn::Set(wide, 0x55));
        hn::StoreU(hn::DemoteTo(Bytes(), line), Bytes(), coded + i);
    }
    scalar::encode_alaw({pcm + i, count - i}, {coded + i, count - i});
}

// One output after the other, each along its taps.
void filter_along(const Polyphase& shape, const std::int16_t* sound, std::int16_t* out,
                  std::size_t count) {
    const hn::CappedTag<std::int16_t, 16> samples;
    const hn::RepartitionToWide<decltype(samples)> wide;
    const std::uint32_t whole = shape.down / shape.up, part = shape.down % shape.up;
    std::uint32_t phase = 0;
    for (std::size_t n = 0; n < count; ++n) {
        const std::int16_t* weights = shape.weights + phase * shape.taps;
        auto sum = hn::Zero(wide), more = hn::Zero(wide);
        for (std::size_t i = 0; i < shape.taps; i += hn::Lanes(samples)) {
            sum = hn::ReorderWidenMulAccumulate(wide, hn::LoadU(samples, sound + i),
                                                hn::LoadU(samples, weights + i), sum, more);
        }
        const std::int32_t all = hn::GetLane(hn::SumOfLanes(wide, hn::Add(sum, more)));
        out[n] =
            saturate_i16((all + (1 << (Polyphase::weight_bits - 1))) >> Polyphase::weight_bits);
        sound += whole;
        phase += part;
        if (phase >= shape.up) {
            phase -= shape.up;
            ++sound;
        }
    }
}

#if HWY_ARCH_X86
// Whole multiples: a vector of outputs of one phase at a time. Lane n of `pairs` holds samples n
// and n + 1; multiplied with a pair of weights and added up (pmaddwd) they need no sum over lanes.
void filter_across(const Polyphase& shape, const std::int16_t* sound, std::int16_t* out,
                   std::size_t count) {
    const Wide wide;
    const Samples samples;
    const hn::Rebind<std::uint16_t, Wide> halves;
    const hn::RebindToUnsigned<Wide> bits;
    constexpr std::size_t inputs_max = 320, lanes_max = 16;
    std::array<std::int32_t, inputs_max + Polyphase::taps_max> pairs;
    const std::size_t lanes = hn::Lanes(wide), inputs = count / shape.up;
    const auto* raw = reinterpret_cast<const std::uint16_t*>(sound);
    std::size_t i = 0;
    const std::size_t pair_count = inputs + shape.taps - 2;
    for (; i + lanes <= pair_count; i += lanes) {
        const auto first = hn::PromoteTo(bits, hn::LoadU(halves, raw + i));
        const auto second = hn::PromoteTo(bits, hn::LoadU(halves, raw + i + 1));
        hn::StoreU(hn::BitCast(wide, hn::Or(first, hn::ShiftLeft<16>(second))), wide,
                   pairs.data() + i);
    }
    for (; i < pair_count; ++i)
        pairs[i] = static_cast<std::int32_t>(raw[i] | std::uint32_t{raw[i + 1]} << 16);

    const auto half = hn::Set(wide, 1 << (Polyphase::weight_bits - 1));
    HWY_ALIGN std::int16_t made[lanes_max];
    for (std::size_t n = 0; n + lanes <= inputs; n += lanes) {
        for (std::size_t phase = 0; phase < shape.up; ++phase) {
            const std::int16_t* weights = shape.weights + phase * shape.taps;
            auto even = half, odd = hn::Zero(wide), unused = hn::Zero(wide);
            for (std::size_t tap = 0; tap < shape.taps; tap += 4) {
                std::int32_t first, second;
                hwy::CopyBytes<4>(weights + tap, &first);
                hwy::CopyBytes<4>(weights + tap + 2, &second);
                const std::int32_t* from = pairs.data() + n + tap;
                even = hn::ReorderWidenMulAccumulate(
                    wide, hn::BitCast(samples, hn::LoadU(wide, from)),
                    hn::BitCast(samples, hn::Set(wide, first)), even, unused);
                odd = hn::ReorderWidenMulAccumulate(
                    wide, hn::BitCast(samples, hn::LoadU(wide, from + 2)),
                    hn::BitCast(samples, hn::Set(wide, second)), odd, unused);
            }
            const auto sum = hn::ShiftRight<Polyphase::weight_bits>(hn::Add(even, odd));
            hn::StoreU(hn::DemoteTo(Narrow(), sum), Narrow(), made);
            std::int16_t* to = out + n * shape.up + phase;
            for (std::size_t k = 0; k < lanes; ++k) to[k * shape.up] = made[k];
        }
    }
}
#endif

void filter(const Polyphase& shape, const std::int16_t* sound, std::int16_t* out,
            std::size_t count) {
#if HWY_ARCH_X86
    const std::size_t inputs = count / shape.up;
    if (shape.down == 1 && inputs % hn::Lanes(Wide()) == 0 && inputs <= 320)
        return filter_across(shape, sound, out, count);
#endif
    filter_along(shape, sound, out, count);
}

#endif  // HWY_SCALAR

}  // namespace media::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/assert.hpp"

namespace media::kernels {

HWY_EXPORT(add_to_total);
HWY_EXPORT(take_from_total);
HWY_EXPORT(mix_minus);
HWY_EXPORT(saturate);
HWY_EXPORT(add_saturated);
HWY_EXPORT(amplify);
HWY_EXPORT(energy_sum);
HWY_EXPORT(difference_sum);
HWY_EXPORT(encode_mulaw);
HWY_EXPORT(encode_alaw);
HWY_EXPORT(filter);

void add_to_total(std::span<std::int32_t> total,
                  std::span<const std::int16_t> own) noexcept REALTIME {
    ASSERT(total.size() == own.size());
    HWY_DYNAMIC_DISPATCH(add_to_total)(total.data(), own.data(), own.size());
}

void take_from_total(std::span<std::int32_t> total,
                     std::span<const std::int16_t> own) noexcept REALTIME {
    ASSERT(total.size() == own.size());
    HWY_DYNAMIC_DISPATCH(take_from_total)(total.data(), own.data(), own.size());
}

void mix_minus(std::span<const std::int32_t> total, std::span<const std::int16_t> own,
               std::span<std::int16_t> out) noexcept REALTIME {
    ASSERT(total.size() == own.size());
    ASSERT(own.size() == out.size());
    HWY_DYNAMIC_DISPATCH(mix_minus)(total.data(), own.data(), out.data(), out.size());
}

void saturate(std::span<const std::int32_t> total, std::span<std::int16_t> out) noexcept REALTIME {
    ASSERT(total.size() == out.size());
    HWY_DYNAMIC_DISPATCH(saturate)(total.data(), out.data(), out.size());
}

void add_saturated(std::span<std::int16_t> out,
                   std::span<const std::int16_t> extra) noexcept REALTIME {
    ASSERT(out.size() == extra.size());
    HWY_DYNAMIC_DISPATCH(add_saturated)(out.data(), extra.data(), out.size());
}

void amplify(std::span<std::int16_t> sound, std::int32_t gain) noexcept REALTIME {
    HWY_DYNAMIC_DISPATCH(amplify)(sound.data(), sound.size(), gain);
}

std::uint64_t energy_sum(std::span<const std::int16_t> frame) noexcept REALTIME {
    return HWY_DYNAMIC_DISPATCH(energy_sum)(frame.data(), frame.size());
}

std::uint32_t difference_sum(std::span<const std::int16_t> one,
                             std::span<const std::int16_t> two) noexcept REALTIME {
    ASSERT(one.size() == two.size());
    ASSERT(one.size() <= 65'536);
    return HWY_DYNAMIC_DISPATCH(difference_sum)(one.data(), two.data(), one.size());
}

void encode_mulaw(std::span<const std::int16_t> pcm,
                  std::span<std::uint8_t> coded) noexcept REALTIME {
    ASSERT(pcm.size() == coded.size());
    HWY_DYNAMIC_DISPATCH(encode_mulaw)(pcm.data(), coded.data(), pcm.size());
}

void encode_alaw(std::span<const std::int16_t> pcm,
                 std::span<std::uint8_t> coded) noexcept REALTIME {
    ASSERT(pcm.size() == coded.size());
    HWY_DYNAMIC_DISPATCH(encode_alaw)(pcm.data(), coded.data(), pcm.size());
}

void filter(const Polyphase& shape, std::span<const std::int16_t> sound,
            std::span<std::int16_t> out) noexcept REALTIME {
    ASSERT(shape.taps % 16 == 0);
    ASSERT(shape.taps <= Polyphase::taps_max);
    ASSERT(sound.size() >= shape.taps);
    ASSERT(sound.size() - shape.taps >= (out.size() - 1) * shape.down / shape.up);
    HWY_DYNAMIC_DISPATCH(filter)(shape, sound.data(), out.data(), out.size());
}

}  // namespace media::kernels
#endif  // HWY_ONCE
