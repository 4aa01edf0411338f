#include "journal/codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/assert.hpp"
#include "journal/schema_map.hpp"
#include "schema/transition_generated.h"

namespace journal {

namespace {

constexpr char transition_identifier[] = "PLTR";
constexpr char snapshot_identifier[] = "PLSN";
// Union in table in vector in table: the vocabulary is at most this deep, with room to grow.
constexpr flatbuffers::uoffset_t depth_max = 16;

flatbuffers::FlatBufferBuilder& builder_of_this_thread() {
    thread_local flatbuffers::FlatBufferBuilder builder{4096};
    builder.Clear();
    return builder;
}

// The same bytes as schema::Transition::Pack makes, which allocates twice for the events on the
// way: of a handful of small tables that was a tenth of the time.
flatbuffers::Offset<schema::Transition> packed(flatbuffers::FlatBufferBuilder& builder,
                                               const schema::TransitionT& one) {
    constexpr std::size_t events_mostly = 8;
    const std::size_t count = one.events.size();
    if (count == 0 || count > events_mostly) return schema::Transition::Pack(builder, &one);
    using flatbuffers::Offset;
    const auto text = [&](const std::string& of) {
        return of.empty() ? Offset<flatbuffers::String>{} : builder.CreateString(of);
    };
    const auto stream = text(one.stream);
    const auto by = text(one.by);
    const auto command = one.command.Pack(builder);
    std::array<schema::Event, events_mostly> types{};
    for (std::size_t i = 0; i < count; ++i) types[i] = one.events[i].type;
    const auto event_types = builder.CreateVector(types.data(), count);
    std::array<Offset<void>, events_mostly> events;
    for (std::size_t i = 0; i < count; ++i) events[i] = one.events[i].Pack(builder);
    const auto event_tables = builder.CreateVector(events.data(), count);
    return schema::CreateTransition(builder, stream, one.sequence, one.epoch, &one.command_id,
                                    &one.cause_id, one.now, by, &one.previous, one.command.type,
                                    command, event_types, event_tables, one.behaviour);
}

std::string bytes_of(const flatbuffers::FlatBufferBuilder& builder) {
    return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

// FlatBuffers reads 64-bit words in place: they must lie on eight bytes, wherever the payload came
// from.
class Aligned {
public:
    explicit Aligned(std::string_view payload) : bytes_(payload.size()) {
        if (reinterpret_cast<std::uintptr_t>(payload.data()) % 8 == 0) {
            data_ = reinterpret_cast<const std::uint8_t*>(payload.data());
            return;
        }
        copy_.resize((payload.size() + 7) / 8);
        std::memcpy(copy_.data(), payload.data(), payload.size());
        data_ = reinterpret_cast<const std::uint8_t*>(copy_.data());
    }
    [[nodiscard]] const std::uint8_t* data() const { return data_; }
    [[nodiscard]] std::size_t size() const { return bytes_; }

private:
    std::size_t bytes_;
    const std::uint8_t* data_ = nullptr;
    std::vector<std::uint64_t> copy_;
};

template <class Root>
const Root* verified(const Aligned& bytes, const char* identifier, std::int32_t object) {
    flatbuffers::Verifier::Options limits;
    limits.max_depth = depth_max;
    limits.max_tables = static_cast<flatbuffers::uoffset_t>(bytes.size() / 8 + 1);
    flatbuffers::Verifier verifier{bytes.data(), bytes.size(), limits};
    if (!verifier.VerifyBuffer<Root>(identifier)) return nullptr;
    const Root* root = flatbuffers::GetRoot<Root>(bytes.data());
    const auto& table = *reinterpret_cast<const flatbuffers::Table*>(root);
    if (!unpacks_safely(table, object, bytes.size())) return nullptr;
    return root;
}

// A little-endian number at `at`, wherever that lies in memory; nothing beyond the end.
template <class Number>
std::optional<Number> number_at(std::string_view bytes, std::uint64_t at) noexcept {
    if (at > bytes.size() || bytes.size() - at < sizeof(Number)) return std::nullopt;
    Number number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return flatbuffers::EndianScalar(number);
}

bool complete(const schema::TransitionT& transition) {
    return !transition.stream.empty() && transition.sequence > 0 &&
           transition.command.value != nullptr &&
           std::all_of(transition.events.begin(), transition.events.end(),
                       [](const schema::EventUnion& event) { return event.value != nullptr; });
}

}  // namespace

std::string encode(const schema::TransitionT& transition) {
    ASSERT(complete(transition));
    flatbuffers::FlatBufferBuilder& builder = builder_of_this_thread();
    builder.Finish(packed(builder, transition), transition_identifier);
    ASSERT(builder.GetSize() <= transition_bytes_max);
    return bytes_of(builder);
}

std::string encode(const schema::SnapshotT& snapshot) {
    ASSERT(snapshot.state.value != nullptr);
    flatbuffers::FlatBufferBuilder& builder = builder_of_this_thread();
    builder.Finish(schema::Snapshot::Pack(builder, &snapshot), snapshot_identifier);
    ASSERT(builder.GetSize() <= snapshot_bytes_max);
    return bytes_of(builder);
}

Result<schema::TransitionT, Fault> decode_transition(std::string_view payload) {
    if (payload.size() < 8 || payload.size() > transition_bytes_max) return fail(Fault::corrupt);
    const Aligned bytes{payload};
    const auto* root =
        verified<schema::Transition>(bytes, transition_identifier, schema_map().transition);
    if (root == nullptr) return fail(Fault::corrupt);
    schema::TransitionT transition;
    root->UnPackTo(&transition);
    if (!complete(transition)) return fail(Fault::corrupt);
    return transition;
}

Result<schema::SnapshotT, Fault> decode_snapshot(std::string_view payload) {
    if (payload.size() < 8 || payload.size() > snapshot_bytes_max) return fail(Fault::corrupt);
    const Aligned bytes{payload};
    const auto* root =
        verified<schema::Snapshot>(bytes, snapshot_identifier, schema_map().snapshot);
    if (root == nullptr) return fail(Fault::corrupt);
    schema::SnapshotT snapshot;
    root->UnPackTo(&snapshot);
    if (snapshot.stream.empty() || snapshot.state.value == nullptr) return fail(Fault::corrupt);
    return snapshot;
}

std::string_view stream_of(std::string_view payload) noexcept {
    const auto table = number_at<std::uint32_t>(payload, 0);
    if (!table) return {};
    const auto to_vtable = number_at<std::int32_t>(payload, *table);
    if (!to_vtable) return {};
    // Before the start it wraps to far beyond the end.
    const auto vtable = static_cast<std::uint64_t>(std::int64_t{*table} - *to_vtable);
    const auto vtable_bytes = number_at<std::uint16_t>(payload, vtable);
    if (!vtable_bytes || *vtable_bytes < schema::Transition::VT_STREAM + 2) return {};
    const auto field = number_at<std::uint16_t>(payload, vtable + schema::Transition::VT_STREAM);
    if (!field || *field == 0) return {};
    const std::uint64_t place = std::uint64_t{*table} + *field;
    const auto to_string = number_at<std::uint32_t>(payload, place);
    if (!to_string) return {};
    const auto length = number_at<std::uint32_t>(payload, place + *to_string);
    const std::uint64_t begin = place + *to_string + 4;
    if (!length || payload.size() - begin < *length) return {};
    return payload.substr(begin, *length);
}

base::Hash hash_of(std::string_view payload) { return base::blake2b(payload); }

void hashes_of(std::span<const std::string_view> payloads, std::span<base::Hash> hashes) {
    base::blake2b_each(payloads, hashes);
}

Durability durability_of(const schema::TransitionT& transition) {
    const bool relaxed =
        !transition.events.empty() &&
        std::all_of(transition.events.begin(), transition.events.end(), [](const auto& event) {
            return schema_map().is_relaxed(static_cast<std::int64_t>(event.type));
        });
    return relaxed ? Durability::relaxed : Durability::sync;
}

}  // namespace journal
