// A whole server for tests: the real house over a journal in memory, the real API, real sockets on
// loopback.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "actors/house.hpp"
#include "actors/vocabulary.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "edges/web/api.hpp"
#include "edges/web/server.hpp"
#include "journal/memory_log.hpp"
#include "journal/stored.hpp"

namespace web::testing {

struct NoPhones : actors::Outside {
    void perform(const actors::Effect&, const actors::EffectKey&) override { ++performed; }
    std::atomic<int> performed{0};
};

struct World {
    explicit World(ServerOptions server_options = {}, ApiOptions api_options = {}) {
        base::start_crypto();
        server_options.port = 0;
        actors::HouseOptions options;
        options.threads = 2;
        options.now = base::wall_now;
        house = std::make_unique<actors::House>(log, phones, options);
        house->start();
        api_options.cli_token = "token-of-the-command-line";
        api = std::make_unique<Api>(*house, log, base::Secrets::of_seed(7), api_options);
        server = std::make_unique<Server>(*api, server_options);
        const auto started = server->start();
        if (started.ok()) port = server->port();
    }
    ~World() {
        server.reset();
        api.reset();
        house.reset();
    }

    /// Makes a user whose password is "password of <name>"; hashed once for all, since argon2id
    /// takes its time.
    void add_user(const std::string& name, bool admin = false, bool may_dial_numbers = false) {
        schema::CreateUserT create;
        create.display_name = name;
        create.password = base::hash_password("password of " + name);
        create.admin = admin;
        create.may_dial_numbers = may_dial_numbers;
        ask({StreamKind::user, name}, "server", actors::command(std::move(create)));
    }

    /// A session without the sign-in, for tests of other things.
    std::string token_of(const std::string& name) {
        const std::string token = name + "." + base::hex(base::random_bytes(16));
        const base::Hash keyed = base::Secrets::of_seed(7)->keyed_token(token);
        schema::OpenSessionT open;
        open.token = journal::stored(keyed);
        open.client = "test";
        open.lasts_s = 3600;
        ask({StreamKind::user, name}, "server", actors::command(std::move(open)));
        return token;
    }

    actors::Answer ask(const StreamId& to, const std::string& by, schema::CommandUnion command) {
        std::promise<actors::Answer> promise;
        house->send(to, by, std::move(command),
                    [&](const actors::Answer& answer) { promise.set_value(answer); });
        return promise.get_future().get();
    }

    journal::MemoryLog log;
    NoPhones phones;
    std::unique_ptr<actors::House> house;
    std::unique_ptr<Api> api;
    std::unique_ptr<Server> server;
    std::uint16_t port = 0;
};

}  // namespace web::testing
