// Result: a value, or the reason why there is none. No exception crosses a file.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/assert.hpp"

template <class E>
struct Fail {
    E error;
};

/// Makes the failing half of any Result whose error type is E: `return fail(Refusal::room_full);`
template <class E>
[[nodiscard]] Fail<E> fail(E error) {
    return Fail<E>{std::move(error)};
}

template <class T, class E>
class [[nodiscard]] Result {
public:
    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Result(Fail<E> failure) : held_(std::in_place_index<1>, std::move(failure.error)) {}

    [[nodiscard]] bool ok() const { return held_.index() == 0; }
    [[nodiscard]] const T& value() const& {
        ASSERT(ok());
        return std::get<0>(held_);
    }
    [[nodiscard]] T& value() & {
        ASSERT(ok());
        return std::get<0>(held_);
    }
    /// By value, so that `for (x : f().value())` has something to stand on.
    [[nodiscard]] T value() && {
        ASSERT(ok());
        return std::get<0>(std::move(held_));
    }
    [[nodiscard]] const E& error() const {
        ASSERT(!ok());
        return std::get<1>(held_);
    }

private:
    std::variant<T, E> held_;
};

/// A Result without a value: done, or why not.
template <class E>
class [[nodiscard]] Done {
public:
    Done() = default;
    Done(Fail<E> failure) : error_(std::move(failure.error)) {}
    [[nodiscard]] bool ok() const { return !error_.has_value(); }
    [[nodiscard]] const E& error() const {
        ASSERT(!ok());
        return *error_;
    }

private:
    std::optional<E> error_;
};
