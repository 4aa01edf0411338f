// Wires agent, gate, registrar, calls and texts to the house; see edge.hpp.
#include "edges/sip/edge.hpp"

#include <future>

#include "edges/sip/calls.hpp"
#include "edges/sip/registrar.hpp"
#include "edges/sip/target.hpp"
#include "edges/sip/texts.hpp"

namespace sip {
namespace {

constexpr Duration farewell_patience = seconds(3);  // for the answers to our BYEs when we stop
constexpr Duration farewell_look = milliseconds(20);
// Calls, and requests that wait for a slow disk: some 10 kB each.
constexpr std::size_t peers_max = 20'000;

template <class... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

struct Edge::Inside : AgentEvents {
    enum class Life : std::uint8_t { fresh, running, stopped };

    const Options options;
    Loop loop;
    std::unique_ptr<Desk> desk;  // made and destroyed on the loop's thread or while it does not run
    std::unique_ptr<Gate> gate;
    std::unique_ptr<Registrar> registrar;
    std::unique_ptr<Calls> calls;
    std::unique_ptr<Texts> texts;
    Life life = Life::fresh;
    std::mutex life_mutex;  // start and stop exclude each other

    explicit Inside(Options given) : options(std::move(given)) {
        desk = std::make_unique<Desk>(loop, options, *this);
        gate = std::make_unique<Gate>(*desk);
        registrar = std::make_unique<Registrar>(*desk, *gate);
        calls = std::make_unique<Calls>(*desk, *gate);
        texts = std::make_unique<Texts>(*desk, *gate);
    }

    void perform(const actors::Effect& effect);
    void begin_stop();
    void await_silence(Instant give_up_at);

    void on_request(RequestId request, PeerId peer, const Request& message) override;
    void on_malformed(const Source& source, int status) override;
    void on_confirmed(PeerId peer, const std::string& sdp) override {
        calls->on_confirmed(peer, sdp);
    }
    void on_progress(PeerId peer, int status) override { calls->on_progress(peer, status); }
    void on_answered(PeerId peer, const std::string& sdp) override {
        calls->on_answered(peer, sdp);
    }
    void on_failed(PeerId peer, int status) override { calls->on_failed(peer, status); }
    void on_cancelled(PeerId peer) override { calls->on_cancelled(peer); }
    void on_ended(PeerId peer, bool timed_out) override { calls->on_ended(peer, timed_out); }
    void on_delivered(PeerId peer, int status) override { texts->on_delivered(peer, status); }
};

// ---- requests

void Edge::Inside::on_malformed(const Source& source, int status) {
    desk->counters.malformed.add();
    desk->log_stranger("a request that breaks the rules of SIP from " + source.text() +
                       ", answered " + std::to_string(status));
}

void Edge::Inside::on_request(RequestId request, PeerId peer, const Request& message) {
    // A trunk speaks for many callers; what it may do is bounded by its calls.
    const bool trunk =
        trunk_from(options.trunks, message.source.ip, message.source.port) != nullptr;
    const bool in_call = message.method == Method::info || message.method == Method::update;
    const bool too_much = (!trunk && !desk->admission.request(message.source.ip, loop.now())) ||
                          desk->agent.peers() > peers_max;
    if (too_much || (desk->stopping && !in_call)) {
        desk->counters.overload_refused.add();
        return desk->respond(request, message.method, Response{.status = 503, .retry_after = "5"});
    }
    switch (message.method) {
        case Method::invite: return calls->on_invite(request, peer, message);
        case Method::register_: return registrar->on_register(request, message);
        case Method::message: return texts->on_message(request, message);
        case Method::info: return calls->on_info(request, peer, message);
        case Method::update: return calls->on_update(request, peer, message);
        case Method::options:
            return desk->respond(request, Method::options,
                                 Response{.status = 200, .accept = "application/sdp, text/plain"});
    }
}

// ---- effects

void Edge::Inside::perform(const actors::Effect& effect) {
    std::visit(Overloaded{
                   [](const actors::Tell&) {},  // the house keeps these to itself
                   [this](const actors::AnswerCall& e) { calls->answer(e); },
                   [this](const actors::RefuseCall& e) { calls->refuse(e); },
                   [this](const actors::DialCall& e) { calls->dial(e); },
                   [this](const actors::EndCall& e) { calls->end(e); },
                   [this](const actors::PlayPrompts& e) { calls->play(e); },
                   [this](const actors::CollectKeys& e) { calls->collect(e); },
                   [this](const actors::UpdateRoom& e) { calls->update_room(e); },
                   [this](const actors::AnnounceRoom& e) { calls->announce(e); },
                   [this](const actors::OfferText& e) { texts->offer(e); },
               },
               effect);
}

// ---- life

void Edge::Inside::begin_stop() {
    desk->stopping = true;
    calls->end_all();
    await_silence(loop.now() + farewell_patience);
}

void Edge::Inside::await_silence(Instant give_up_at) {
    if (desk->agent.peers() == 0 || loop.now() >= give_up_at)
        return desk->agent.close([this] { loop.finish(); });
    loop.after(farewell_look, [this, give_up_at] { await_silence(give_up_at); });
}

Edge::Edge(Options options) : inside_(std::make_unique<Inside>(std::move(options))) {}

Edge::~Edge() { stop(); }

Done<std::string> Edge::start(actors::House& house, media::Engine& engine) {
    const std::lock_guard lock{inside_->life_mutex};
    ASSERT(inside_->life == Inside::Life::fresh);
    const Options& o = inside_->options;
    if (!media::parse_address(o.bind_ip, o.port))
        return fail("sip: bind address " + o.bind_ip + " is no IPv4 address");
    const std::string shown = o.advertised_ip.empty() ? o.bind_ip : o.advertised_ip;
    if (!media::parse_address(shown, o.port) || shown == "0.0.0.0") {
        return fail("sip: advertised address " + shown +
                    " is none that phones could reach; set an IPv4 address");
    }
    if (o.secrets == nullptr) return fail(std::string{"sip: the server's key is not loaded"});
    inside_->desk->house = &house;
    inside_->desk->engine = &engine;
    std::promise<bool> opened;
    inside_->loop.start(
        [this, &opened] {
            const bool open = inside_->desk->agent.open();
            if (!open) inside_->loop.finish();
            opened.set_value(open);
        },
        [] {});
    if (!opened.get_future().get()) {
        inside_->loop.join();
        inside_->life = Inside::Life::stopped;
        return fail("sip: cannot listen on " + o.bind_ip + ":" + std::to_string(o.port) +
                    "; another program has the port, or the address is not this machine's");
    }
    inside_->life = Inside::Life::running;
    log_info("listening on " + o.bind_ip + ":" + std::to_string(o.port) + ", UDP and TCP");
    return {};
}

void Edge::stop() {
    const std::lock_guard lock{inside_->life_mutex};
    if (inside_->life != Inside::Life::running) return;
    inside_->life = Inside::Life::stopped;
    inside_->loop.post([inside = inside_.get()] { inside->begin_stop(); });
    inside_->loop.join();
}

void Edge::perform(const actors::Effect& effect, const actors::EffectKey&) {
    inside_->loop.post([inside = inside_.get(), effect] { inside->perform(effect); });
}

void Edge::on_media(const media::Event& event) {
    inside_->loop.post([inside = inside_.get(), event] { inside->calls->on_media(event); });
}

std::optional<std::string> Edge::codec_of(const std::string& leg) const {
    return inside_->desk->codecs.of(leg);
}

Statistics Edge::statistics() const { return inside_->desk->counters.snapshot(); }

}  // namespace sip
