// See test_world.hpp.
#include "edges/sip/test_world.hpp"

#include <future>

#include "base/clock.hpp"
#include "base/hash.hpp"

namespace sip::testing {

World::World(Options options) {
    base::start_crypto();
    options.port = sip_port;
    options.secrets = secrets;
    log_ =
        std::make_unique<journal::MemoryLog>(journal::MemoryLogOptions{.complete_at_once = false});
    disk_ = std::thread{[this] {
        while (!over_) {
            if (!disk_waits_) log_->complete_all();
            ++disk_rounds_;
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }};
    edge_ = std::make_unique<Edge>(options);
    media::Options sound;
    sound.port_min = 45000;
    sound.port_max = 47999;
    sound.workers = 1;
    sound.on_event = [this](const media::Event& event) { edge_->on_media(event); };
    engine_ = std::make_unique<media::Engine>(sound);
    actors::HouseOptions rules;
    rules.threads = 2;
    rules.now = base::wall_now;
    house_ = std::make_unique<actors::House>(*log_, *edge_, rules);
    house_->start();
    const auto started = edge_->start(*house_, *engine_);
    if (!started.ok()) throw started.error();  // a test that cannot listen has nothing to test
}

// A disk that looked before may still be at it: only its next round has seen the flag.
void World::hold_disk() {
    disk_waits_ = true;
    for (const unsigned round = disk_rounds_; disk_rounds_ == round;) std::this_thread::yield();
}

World::~World() {
    release_disk();
    edge_->stop();
    house_.reset();
    engine_.reset();
    edge_.reset();
    over_ = true;
    disk_.join();
}

actors::Answer World::send(const StreamId& to, const std::string& by,
                           schema::CommandUnion command) {
    std::promise<actors::Answer> answered;
    house_->send(to, by, std::move(command),
                 [&](const actors::Answer& answer) { answered.set_value(answer); });
    return answered.get_future().get();
}

actors::View World::view(const StreamId& stream) {
    std::promise<actors::View> seen;
    house_->view(stream, [&](const actors::View& view) { seen.set_value(view); });
    return seen.get_future().get();
}

void World::add_user(const std::string& name, const std::string& label,
                     const std::string& password) {
    schema::CreateUserT user;
    user.password = "x";
    user.may_dial_numbers = true;
    ASSERT(send({StreamKind::user, name}, "server", actors::command(std::move(user))).ok());
    if (label.empty()) return;
    schema::AddPhoneT phone;
    phone.label = label;
    phone.ha1 = secrets->seal(base::digest_ha1(name + "-" + label, "partyline", password));
    ASSERT(send({StreamKind::user, name}, "server", actors::command(std::move(phone))).ok());
}

void World::add_conference(const std::string& id, const std::string& host) {
    const auto hash_of = [&](const char* pin) {
        const base::Hash hash = secrets->keyed_pin(id, pin);
        return schema::Hash{hash.a, hash.b, hash.c, hash.d};
    };
    schema::CreateConferenceT conference;
    conference.title = "Test";
    conference.host_pin = hash_of("1111");
    conference.guest_pin = hash_of("2222");
    conference.dial_policy = schema::DialPolicy::everyone;
    ASSERT(
        send({StreamKind::conference, id}, "user/" + host, actors::command(std::move(conference)))
            .ok());
    schema::ClaimNumberT number;
    number.owner = "conference/" + id;
    ASSERT(send({StreamKind::number, id}, "server", actors::command(std::move(number))).ok());
}

std::string World::enroll(TestPhone& phone, const std::string& account,
                          const std::string& password) {
    Exchange with = phone.exchange(account, "");
    return phone.authorized(with, "REGISTER", password,
                            "Contact: <" + phone.contact(account) + ">\r\nExpires: 600\r\n");
}

Exchange World::dial_in(TestPhone& phone, const std::string& account, const std::string& password,
                        const std::string& conference, const std::string& pin) {
    Exchange call = phone.exchange(account, conference);
    const std::string answer =
        phone.authorized(call, "INVITE", password, "", "application/sdp", sdp(46000));
    ASSERT(status(answer) == 200);
    phone.acknowledge(call, answer);
    ASSERT(soon([&] { return leg().phase == schema::LegPhase::asking_pin; }));
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50));  // CollectKeys comes after the state
    for (const char digit : pin + "#") {
        phone.request(call, "INFO", "", "application/dtmf-relay",
                      std::string{"Signal="} + digit + "\r\nDuration=100\r\n");
        ASSERT(status(phone.final_response(call)) == 200);
    }
    return call;
}

schema::CallLegStateT World::leg() {
    const auto names = log_->list_streams("call_leg/", "", 1000);
    ASSERT(names.ok());
    for (const std::string& name : names.value()) {
        auto one = state<schema::CallLegStateT>(*parse_stream(name));
        if (one.phase != schema::LegPhase::ended && one.phase != schema::LegPhase::none) return one;
    }
    return {};
}

schema::SeatT World::seat_of(const std::string& conference, const std::string& user) {
    for (const auto& seat :
         state<schema::ConferenceStateT>({StreamKind::conference, conference}).seats) {
        if (seat.user == user) return seat;
    }
    return {};
}

}  // namespace sip::testing
