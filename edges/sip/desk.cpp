// The services of desk.hpp.
#include "edges/sip/desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/hash.hpp"

namespace sip {
namespace {

constexpr unsigned stranger_lines_per_second = 5;
constexpr const char* server = "server";

}  // namespace

Desk::Desk(Loop& the_loop, const Options& the_options, AgentEvents& events)
    : options(the_options),
      loop(the_loop),
      agent(the_loop, the_options, events),
      admission(the_options.limits),
      digests(the_options.realm, base::random_bytes(32)) {}

void Desk::send(const StreamId& to, std::string by, schema::CommandUnion command,
                std::function<void(const actors::Answer&)> then) {
    send(actors::Envelope{random_command_id(), {}, house->now(), to, std::move(by)},
         std::move(command), std::move(then));
}

void Desk::send(actors::Envelope envelope, schema::CommandUnion command,
                std::function<void(const actors::Answer&)> then) {
    house->send(std::move(envelope), std::move(command),
                [&loop = loop, then = std::move(then)](const auto& answer) {
                    if (then) loop.post([then, answer] { then(answer); });
                });
}

void Desk::report(const StreamId& to, schema::CommandUnion command) {
    house->report(to, "server", std::move(command));
}

void Desk::view(const StreamId& stream, std::function<void(const actors::View&)> then) {
    house->view(stream, [&loop = loop, then = std::move(then)](const actors::View& view) {
        loop.post([then, copy = std::make_shared<const actors::View>(view)] { then(*copy); });
    });
}

void Desk::respond(RequestId request, Method method, const Response& response) {
    const auto status_class = static_cast<std::size_t>(std::clamp(response.status / 100, 1, 6));
    counters.requests[static_cast<std::size_t>(method)][status_class].add();
    agent.respond(request, response);
}

void Desk::strike(const Source& source, const std::string& reason) {
    counters.strangers_refused.add();
    if (!admission.strike(loop.now())) return;
    schema::StrikeT wish;
    wish.reason = reason;
    send({StreamKind::guard, "source:" + source.ip}, server, actors::command(std::move(wish)));
}

void Desk::check_guard(const std::string& name, std::function<void()> open,
                       std::function<void()> blocked) {
    if (!stream_name_allowed(name)) return open();
    send({StreamKind::guard, name}, server, actors::command(schema::CheckGuardT{}),
         [open = std::move(open), blocked = std::move(blocked)](const actors::Answer& answer) {
             answer.refusal == actors::Refusal::blocked ? blocked() : open();
         });
}

std::string Desk::advertised_ip() const {
    return options.advertised_ip.empty() ? options.bind_ip : options.advertised_ip;
}

std::string Desk::domain() const {
    return options.domain.empty() ? advertised_ip() : options.domain;
}

void Desk::log_stranger(const std::string& line) {
    if (log_lines_.take(stranger_lines_per_second, loop.now())) spdlog::warn("sip: {}", line);
}

void log_info(const std::string& line) { spdlog::info("sip: {}", line); }
void log_warning(const std::string& line) { spdlog::warn("sip: {}", line); }

}  // namespace sip
