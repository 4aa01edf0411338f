// Any lines as the frames of a signed-in client, on a real house in one thread: the session answers
// each, and in the end lets everything go.
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "actors/vocabulary.hpp"
#include "base/assert.hpp"
#include "edges/web/json.hpp"
#include "edges/web/session.hpp"
#include "journal/memory_log.hpp"

namespace {

struct NoPhones : actors::Outside {
    void perform(const actors::Effect&, const actors::EffectKey&) override {}
};

/// Made once: alice and bob, who have a conversation.
struct World {
    World() {
        base::start_crypto();
        house.start();
        for (const char* name : {"alice", "bob"}) {
            schema::CreateUserT create;
            create.password = "x";
            house.send({StreamKind::user, name}, "server", actors::command(create),
                       [](const actors::Answer&) {});
        }
        const base::Hash keyed = base::Secrets::of_seed(1)->keyed_token("alice.token");
        schema::OpenSessionT open;
        open.token = schema::Hash(keyed.a, keyed.b, keyed.c, keyed.d);
        open.lasts_s = 1'000'000;
        house.send({StreamKind::user, "alice"}, "server", actors::command(open),
                   [](const actors::Answer&) {});
        schema::CreateConversationT talk;
        talk.members = {"alice", "bob"};
        house.send({StreamKind::conversation, "direct:alice:bob"}, "user/alice",
                   actors::command(talk), [](const actors::Answer&) {});
        house.run();
    }
    static actors::HouseOptions options() {
        actors::HouseOptions out;
        out.deterministic = true;
        out.now = [] { return Instant{1'800'000'000'000'000}; };
        return out;
    }
    journal::MemoryLog log;
    NoPhones phones;
    actors::House house{log, phones, options()};
    web::Api api{house, log, base::Secrets::of_seed(1), {}};
    web::Hub hub{api};
};

struct Line : web::Wire {
    void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
    bool send(std::string frame) override {
        ASSERT(web::parse_object(frame).ok());
        ++sent;
        return true;
    }
    void close(unsigned, std::string_view) override { closed = true; }
    void cut() override { closed = true; }
    void resume() override {}
    std::deque<std::function<void()>> tasks;
    std::size_t sent = 0;
    bool closed = false;
};

void settle(World& world, Line& line) {
    for (int i = 0; i < 4; ++i) {
        world.house.run();
        while (!line.tasks.empty()) {
            const auto task = std::move(line.tasks.front());
            line.tasks.pop_front();
            task();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
    static World& world = *new World;  // never gone: CAF's own statics would go before it
    auto line = std::make_shared<Line>();
    auto session = std::make_shared<web::Session>(world.hub, line, "192.0.2.7");
    session->receive(R"({"type":"hello","token":"alice.token"})");
    settle(world, *line);
    std::string_view rest(reinterpret_cast<const char*>(data), bytes);
    while (!rest.empty() && !line->closed) {
        const std::string_view frame = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), frame.size() + 1));
        const std::size_t before = line->sent;
        // The signed-out case ends the world of all later inputs: that one is not played.
        if (frame.find("sign_out") != std::string_view::npos ||
            frame.find("password") != std::string_view::npos)
            continue;
        session->receive(frame);
        settle(world, *line);
        const bool in_work = frame.find("messages") != std::string_view::npos ||
                             frame.find("users") != std::string_view::npos;
        ASSERT(line->sent > before || line->closed || in_work);
    }
    session->end();
    settle(world, *line);
    ASSERT(world.hub.presence.online() == 0);
    return 0;
}
