// For the journal's own tests and benchmarks: directories that vanish, and histories with right
// chains.
//
// Thread: one. Memory: one hash per stream. Time: now is a counter.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "journal/codec.hpp"
#include "journal/log.hpp"
#include "schema/transition_generated.h"

namespace journal::testing {

// In memory where the machine offers it: what these tests ask does not depend on a real disk, only
// their duration does. Benchmarks want the disk.
enum class Where : std::uint8_t { memory, disk };

class TempDirectory {
public:
    explicit TempDirectory(Where where = Where::memory) {
        std::error_code error;
        const std::filesystem::path memory = "/dev/shm";
        const auto space = std::filesystem::space(memory, error);
        const bool fits = !error && space.available > (256u << 20);
        const std::filesystem::path parent =
            where == Where::memory && fits ? memory : std::filesystem::temp_directory_path();
        path_ = (parent / "journal-test-XXXXXX").string();
        ASSERT(::mkdtemp(path_.data()) != nullptr);
    }
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;
    /// Of the journal; not there yet.
    [[nodiscard]] std::string path() const { return path_ + "/data"; }
    [[nodiscard]] const std::string& outside() const { return path_; }

private:
    std::string path_;
};

/// Makes appends whose sequences, chains, times and epochs are right.
class History {
public:
    explicit History(std::uint64_t epoch = 1) : epoch_(epoch), begin_(epoch * 1'000'000'000) {}

    /// The next transition of `stream`: a message of `text`.
    [[nodiscard]] Append next(const std::string& stream, const std::string& text = "hello",
                              Durability durability = Durability::sync) {
        Head& head = heads_[stream];
        schema::TransitionT transition;
        transition.stream = stream;
        transition.sequence = head.sequence + 1;
        transition.epoch = epoch_;
        transition.command_id = {1, ++count_};
        transition.now = static_cast<std::int64_t>(1'795'000'000'000'000 + begin_ + count_);
        transition.by = "user/alice";
        transition.previous = {head.hash.a, head.hash.b, head.hash.c, head.hash.d};
        schema::SendMessageT command;
        command.text = text;
        command.client_id = "c" + std::to_string(count_);
        transition.command.Set(command);
        schema::MessageSentT sent;
        sent.from = "alice";
        sent.text = text;
        sent.client_id = command.client_id;
        sent.via = "web";
        sent.number = head.sequence + 1;
        schema::EventUnion event;
        event.Set(sent);
        transition.events.push_back(std::move(event));
        Append append{.stream = stream,
                      .sequence = transition.sequence,
                      .payload = encode(transition),
                      .durability = durability};
        head = {append.sequence, hash_of(append.payload)};
        return append;
    }

    [[nodiscard]] Head head(const std::string& stream) const {
        const auto at = heads_.find(stream);
        return at == heads_.end() ? Head{} : at->second;
    }
    /// Goes on from what a log has.
    void follow(const std::string& stream, const Head& head) { heads_[stream] = head; }
    void start_epoch(std::uint64_t epoch) { epoch_ = epoch; }

private:
    std::uint64_t epoch_;
    std::uint64_t begin_;  // microseconds: later starts are later
    std::uint64_t count_ = 0;
    std::map<std::string, Head> heads_;
};

/// Collects answers and waits for them.
class Answers {
public:
    [[nodiscard]] std::function<void(const Appended&)> take() {
        return [this](const Appended& answer) {
            const std::scoped_lock lock{mutex_};
            answers_.push_back(answer);
            changed_.notify_all();
        };
    }
    [[nodiscard]] std::vector<Appended> wait_for(std::size_t count) {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [&] { return answers_.size() >= count; });
        return answers_;
    }
    [[nodiscard]] std::vector<Appended> now() {
        const std::scoped_lock lock{mutex_};
        return answers_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Appended> answers_;
};

/// Appends and waits.
inline Appended append_and_wait(Log& log, Append append) {
    Answers answers;
    append.done = answers.take();
    log.append(std::move(append));
    return answers.wait_for(1).front();
}

}  // namespace journal::testing
