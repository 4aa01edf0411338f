// Runs the house on one thread in virtual time, and quickly: a simulated world puts ten thousands
// of calls a second through it. The order is that of CAF's test scheduler, so that both make the
// same journal: who gets mail first runs first, and goes on until its mailbox is empty.
//
// Thread: one. Memory: what is under way; mail is used again. Time: moves by advance().
#include <deque>
#include <map>
#include <optional>

#include "actors/house_schedule.hpp"
#include "base/assert.hpp"

namespace actors {
namespace {

/// Mail in a mailbox, or an errand or a note for the directory.
struct Node {
    Mail mail;  // a note's stream, too
    std::function<void()> errand;
    std::optional<Note> note;
    Node* next = nullptr;
};

class RunQueue final : public Schedule {
    struct Box {
        virtual ~Box() = default;
        virtual void handle(Node* node) = 0;  // takes it
        virtual void keep(bool) {}            // must live until it has had its turn
        Node* first = nullptr;
        Node* last = nullptr;
        bool queued = false;  // waits for its turn, or has it
    };

    struct Entity final : Mailbox, Box, std::enable_shared_from_this<Entity> {
        Entity(RunQueue& queue_in, const StreamId& stream)
            : queue(queue_in), host(stream, *queue.around_, *this) {}
        void put(Post post) override {
            Node* node = queue.fresh();
            node->mail.post = std::move(post);
            queue.enqueue(*this, node);
        }
        void handle(Node* node) override {
            if (!host.gone()) host.on(node->mail.post);
            queue.used(node);
        }
        void keep(bool on) override {
            // Not under the feet of its own member: it may be the last to know itself.
            const auto until_here = on ? nullptr : std::move(kept);
            if (on) kept = shared_from_this();
        }
        RunQueue& queue;
        Host host;
        std::shared_ptr<Entity> kept;  // itself, while it is queued
    };

    struct DirectoryBox final : Box {
        explicit DirectoryBox(RunQueue& queue_in) : queue(queue_in) {}
        void handle(Node* node) override {
            if (node->note) {
                queue.router_->noted(node->mail.stream, *node->note);
                return queue.used(node);
            }
            if (!node->errand) {
                Mailbox& to = queue.router_->resident(node->mail.to());
                return queue.enqueue(static_cast<Entity&>(to), node);
            }
            const auto errand = std::move(node->errand);
            queue.used(node);
            errand();
        }
        RunQueue& queue;
    };

public:
    explicit RunQueue(const HouseOptions& options) : base_(options.now), directory_(*this) {}
    ~RunQueue() override {
        RunQueue::abandon();
        for (Node* node = free_; node != nullptr;) delete std::exchange(node, node->next);
    }
    RunQueue(const RunQueue&) = delete;
    RunQueue& operator=(const RunQueue&) = delete;

    void serve(Surroundings& around, Router& router) override {
        around_ = &around;
        router_ = &router;
    }
    Instant now() const override { return base_() + elapsed_; }

    void post(Mail mail) override {
        Node* node = fresh();
        node->mail = std::move(mail);
        enqueue(directory_, node);
    }
    void errand(std::function<void()> errand) override {
        Node* node = fresh();
        node->errand = std::move(errand);
        enqueue(directory_, node);
    }
    void note(const StreamId& stream, const Note& note) override {
        Node* node = fresh();
        node->mail.stream = stream;
        node->note = note;
        enqueue(directory_, node);
    }
    void after(Duration wait, std::function<void()> errand) override {
        const Duration due{elapsed_.us + std::max<std::int64_t>(0, wait.us)};
        timers_.emplace(due, std::move(errand));
    }
    std::shared_ptr<Mailbox> open(const StreamId& stream) override {
        const auto entity = std::make_shared<Entity>(*this, stream);
        queue_up(*entity);  // as CAF has it: its turn comes with its birth, its mail at once
        return entity;
    }

    void end() override { abandon(); }

    bool runs_itself() const override { return false; }
    void run() override {
        while (!jobs_.empty()) step();
    }
    void run_shuffled(Prng& prng) override {
        while (!jobs_.empty()) {
            std::swap(jobs_.front(), jobs_[prng.below(jobs_.size())]);
            step();
        }
    }
    void advance(Duration by) override {
        const Duration end = elapsed_ + by;
        for (;;) {
            run();
            if (abandoned_ || timers_.empty() || timers_.begin()->first > end) break;
            const auto first = timers_.begin();
            elapsed_ = std::max(elapsed_, first->first);
            errand(std::move(first->second));
            timers_.erase(first);
        }
        elapsed_ = end;
        run();
    }
    Instant next_due() override {
        if (!jobs_.empty()) return now();
        if (timers_.empty()) return {};
        return base_() + std::max(elapsed_, timers_.begin()->first);
    }

    void abandon() override {
        abandoned_ = true;
        timers_.clear();
        std::deque<Box*> last;
        last.swap(jobs_);
        for (Box* job : last) rest(*job);
    }

private:
    [[nodiscard]] Node* fresh() {
        if (free_ == nullptr) return new Node;
        Node* node = free_;
        free_ = node->next;
        return node;
    }
    void used(Node* node) {
        node->mail.post = GoToSleep{};  // lets go of what it held
        node->errand = nullptr;
        node->note.reset();
        node->next = free_;
        free_ = node;
    }

    void enqueue(Box& box, Node* node) {
        if (abandoned_) return used(node);
        node->next = nullptr;
        (box.first == nullptr ? box.first : box.last->next) = node;
        box.last = node;
        if (!box.queued) queue_up(box);
    }
    void queue_up(Box& box) {
        box.queued = true;
        box.keep(true);
        jobs_.push_back(&box);
    }

    void step() {
        Box& box = *jobs_.front();
        jobs_.pop_front();
        if (Node* node = box.first) {
            box.first = node->next;
            box.handle(node);
        }
        if (box.first != nullptr && !abandoned_) {
            jobs_.push_front(&box);
        } else {
            rest(box);
        }
    }

    /// Nothing to do any more; an entity that has left may end here.
    void rest(Box& box) {
        while (box.first != nullptr) {  // an abandoned house's
            Node* node = box.first;
            box.first = node->next;
            used(node);
        }
        box.queued = false;
        box.keep(false);
    }

    std::function<Instant()> base_;
    Duration elapsed_{};
    Surroundings* around_ = nullptr;
    Router* router_ = nullptr;
    DirectoryBox directory_;
    std::deque<Box*> jobs_;
    std::multimap<Duration, std::function<void()>> timers_;
    Node* free_ = nullptr;
    bool abandoned_ = false;
};

}  // namespace

std::unique_ptr<Schedule> run_queue_schedule(const HouseOptions& options) {
    return std::make_unique<RunQueue>(options);
}

}  // namespace actors
