// What invariants are made of: a name, a sentence, the books they share, and how they complain.
// Only the invariants' own sources include it.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "actors/invariants/books.hpp"

namespace actors {

using SharedBooks = std::shared_ptr<Books>;

class Rule : public Invariant {
public:
    /// `kinds`: the entities whose transitions it watches; none named: all.
    Rule(SharedBooks books, std::string_view name, std::string_view about,
         std::initializer_list<StreamKind> kinds = {})
        : books_(std::move(books)), name_(name), about_(about) {
        for (const StreamKind kind : kinds) watched_ |= bit(kind);
        if (watched_ == 0) watched_ = ~0u;
    }
    std::string_view name() const override { return name_; }
    std::string_view about() const override { return about_; }
    void on(const Moment& moment, const Complain& complain) final {
        books_->see(moment);
        if ((watched_ & bit(moment.stream.kind)) != 0) watch(moment, complain);
        last_position_ = moment.position;
    }
    void end(bool settled, const Complain& complain) override {
        (void)settled;
        (void)complain;
    }

protected:
    virtual void watch(const Moment& moment, const Complain& complain) = 0;
    void say(const Complain& complain, const Moment& moment, std::string sentence) const {
        complain({std::string{name_}, moment.position, moment.stream.text(), std::move(sentence)});
    }
    /// About a stream that is not the one that just changed.
    void say(const Complain& complain, const std::string& stream, std::string sentence) const {
        complain({std::string{name_}, last_position_, stream, std::move(sentence)});
    }
    [[nodiscard]] const Books& books() const { return *books_; }
    /// The stream that just changed.
    [[nodiscard]] Handle here() const { return books_->here(); }

private:
    static std::uint32_t bit(StreamKind kind) { return 1u << static_cast<unsigned>(kind); }

    SharedBooks books_;
    std::string_view name_, about_;
    std::uint32_t watched_ = 0;
    journal::Position last_position_ = 0;
};

/// What takes longer than this while the server works is not late but lost.
inline constexpr Duration patience = seconds(30);

using Rules = std::vector<std::unique_ptr<Invariant>>;
void add_order_rules(Rules& rules, const SharedBooks& books);
void add_message_rules(Rules& rules, const SharedBooks& books);
void add_sound_rules(Rules& rules, const SharedBooks& books);
void add_door_rules(Rules& rules, const SharedBooks& books);
void add_host_rules(Rules& rules, const SharedBooks& books);
void add_leg_rules(Rules& rules, const SharedBooks& books);
void add_number_rules(Rules& rules, const SharedBooks& books);
void add_timer_rules(Rules& rules, const SharedBooks& books);

}  // namespace actors
