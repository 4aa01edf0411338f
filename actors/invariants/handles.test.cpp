#include "actors/invariants/handles.hpp"

#include <doctest.h>

using actors::Handle;
using actors::Handles;
using actors::PerStream;

TEST_CASE("a name keeps its handle until it is forgotten, and each kind has its own names") {
    Handles handles;
    const Handle leg = handles.of(StreamKind::call_leg, "a");
    CHECK(leg);
    CHECK(handles.of(StreamKind::call_leg, "a") == leg);
    CHECK(handles.find(StreamKind::call_leg, "a") == leg);
    CHECK(handles.name(leg) == "a");
    CHECK(handles.of(StreamKind::guard, "a") != leg);
    CHECK_FALSE(handles.find(StreamKind::call_leg, "b"));
    handles.forget(leg);
    CHECK_FALSE(handles.knows(leg));
    CHECK_FALSE(handles.find(StreamKind::call_leg, "a"));
    handles.forget(leg);  // once more changes nothing
    const Handle again = handles.of(StreamKind::call_leg, "a");
    CHECK(again.index == leg.index);
    CHECK(again != leg);
}

TEST_CASE("who takes a forgotten one's place finds nothing of it") {
    Handles handles;
    PerStream<int> tried;
    const Handle first = handles.of(StreamKind::call_leg, "a");
    CHECK(tried.find(first) == nullptr);
    tried[first] = 3;
    CHECK(*tried.find(first) == 3);
    handles.forget(first);
    const Handle second = handles.of(StreamKind::call_leg, "b");
    CHECK(second.index == first.index);
    CHECK(tried.find(second) == nullptr);
    CHECK(tried[second] == 0);
    CHECK(tried.find(first) == nullptr);
    tried.forget(second);
    CHECK(tried.find(second) == nullptr);
}

TEST_CASE("streams are listed in the order of their names, whatever order they came in") {
    Handles handles;
    for (const char* name : {"c", "a", "b", "d"})
        static_cast<void>(handles.of(StreamKind::conference, name));
    handles.forget(handles.find(StreamKind::conference, "b"));
    static_cast<void>(handles.of(StreamKind::user, "b"));
    std::string names;
    for (const Handle one : handles.in_order(StreamKind::conference)) names += handles.name(one);
    CHECK(names == "acd");
}
