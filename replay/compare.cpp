#include "replay/compare.hpp"

#include <algorithm>

#include "journal/codec.hpp"
#include "replay/verify.hpp"
#include "schema/transition_generated.h"

namespace replay {
namespace {

constexpr std::size_t page = 512;

/// The streams of a journal in byte order of their names.
class Names {
public:
    explicit Names(const journal::Log& log) : log_(log) { turn(); }
    /// Empty at the end.
    [[nodiscard]] std::string front() const {
        return at_ < names_.size() ? names_[at_] : std::string{};
    }
    void next() {
        if (++at_ == page) turn();
    }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    void turn() {
        const std::string after = names_.empty() ? std::string{} : names_.back();
        auto names = log_.list_streams({}, after, page);
        failed_ = !names.ok();
        names_ = names.ok() ? std::move(names).value() : std::vector<std::string>{};
        at_ = 0;
    }
    const journal::Log& log_;
    std::vector<std::string> names_;
    std::size_t at_ = 0;
    bool failed_ = false;
};

std::string payload_at(const journal::Log& log, const std::string& stream, std::uint64_t sequence) {
    const auto record = log.read_stream(stream, sequence, 1);
    return record.ok() && !record.value().empty() ? record.value()[0].payload : std::string{};
}

std::string json_at(const journal::Log& log, const std::string& stream, std::uint64_t sequence) {
    const auto transition = journal::decode_transition(payload_at(log, stream, sequence));
    return transition.ok() ? journal::to_json(transition.value()) : std::string{};
}

// Each transition has the hash of the one before: where two are the same, so is all before them.
std::uint64_t first_unlike(const journal::Log& one, const journal::Log& other,
                           const std::string& stream, std::uint64_t common) {
    std::uint64_t same = 0, unlike = common + 1;
    while (unlike - same > 1) {
        const std::uint64_t middle = same + (unlike - same) / 2;
        (payload_at(one, stream, middle) == payload_at(other, stream, middle) ? same : unlike) =
            middle;
    }
    return unlike <= common ? unlike : 0;
}

class Comparer {
public:
    Comparer(const journal::Log& one, const journal::Log& other) : one_(one), other_(other) {}

    Done<std::string> stream(const std::string& name) {
        const auto head = one_.head(name), other_head = other_.head(name);
        if (!head.ok() || !other_head.ok()) return fail(name + ": cannot be read");
        const bool same = head.value().sequence == other_head.value().sequence &&
                          head.value().hash == other_head.value().hash;
        if (same) return void(++found.same), Done<std::string>{};
        ++found.differing;
        if (found.differences.size() >= differences_max) return {};
        StreamDifference different{.stream = name,
                                   .sequence_one = head.value().sequence,
                                   .sequence_other = other_head.value().sequence};
        const std::uint64_t common = std::min(different.sequence_one, different.sequence_other);
        different.first = first_unlike(one_, other_, name, common);
        if (different.first != 0) {
            different.one = json_at(one_, name, different.first);
            different.other = json_at(other_, name, different.first);
        }
        if (common != 0) {
            const auto state = state_at(one_, name), other_state = state_at(other_, name);
            if (!state.ok()) return fail(state.error());
            if (!other_state.ok()) return fail(other_state.error());
            different.fields = changes(state.value().state, other_state.value().state);
        }
        found.differences.push_back(std::move(different));
        return {};
    }

    Comparison found;

private:
    const journal::Log& one_;
    const journal::Log& other_;
};

}  // namespace

Result<Comparison, std::string> compare(
    const journal::Log& one, const journal::Log& other,
    const std::function<void(std::uint64_t streams)>& on_progress) {
    Names names{one}, other_names{other};
    Comparer comparer{one, other};
    for (std::uint64_t streams = 1;; ++streams) {
        if (names.failed() || other_names.failed())
            return fail(std::string{"the names of the streams cannot be read"});
        const std::string left = names.front(), right = other_names.front();
        if (left.empty() && right.empty()) return std::move(comparer.found);
        const std::string name = left.empty()    ? right
                                 : right.empty() ? left
                                                 : std::min(left, right);
        if (auto done = comparer.stream(name); !done.ok()) return fail(done.error());
        if (left == name) names.next();
        if (right == name) other_names.next();
        if (on_progress && streams % 1024 == 0) on_progress(streams);
    }
}

}  // namespace replay
