#include "app/api_access.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>

#include "app/data_folder.hpp"
#include "base/clock.hpp"
#include "edges/web/api.hpp"
#include "journal/store.hpp"

namespace app {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

class OverHttp final : public ApiAccess {
public:
    OverHttp(Running running, std::string token)
        : running_(std::move(running)), token_(std::move(token)) {}

    Result<web::Response, std::string> call(const std::string& method, const std::string& path,
                                            const std::string& body) override {
        const std::size_t colon = running_.http.rfind(':');
        std::string ip = running_.http.substr(0, colon);
        if (ip == "0.0.0.0") ip = "127.0.0.1";
        boost::asio::io_context io;
        beast::tcp_stream stream{io};
        beast::error_code wrong;
        const auto address = boost::asio::ip::make_address(ip, wrong);
        const auto port = static_cast<std::uint16_t>(std::stoi(running_.http.substr(colon + 1)));
        if (!wrong) stream.socket().connect({address, port}, wrong);
        http::request<http::string_body> request{http::string_to_verb(method), path, 11};
        request.set(http::field::host, running_.http);
        request.set(http::field::authorization, "Bearer " + token_);
        request.set(http::field::content_type, "application/json");
        request.body() = body;
        request.prepare_payload();
        if (!wrong) http::write(stream, request, wrong);
        beast::flat_buffer buffer;
        http::response<http::string_body> response;
        if (!wrong) http::read(stream, buffer, response, wrong);
        if (wrong) {
            return fail("the server at " + running_.http + " (process " +
                        std::to_string(running_.pid) + ") does not answer: " + wrong.message());
        }
        return web::Response{.status = static_cast<int>(response.result_int()),
                             .body = response.body()};
    }

private:
    Running running_;
    std::string token_;
};

// There is no telephone here: what the rules want done outside cannot happen, and what they want of
// other entities does.
struct Nowhere final : actors::Outside {
    void perform(const actors::Effect&, const actors::EffectKey&) override {}
};

class InProcess final : public ApiAccess {
public:
    InProcess(std::unique_ptr<journal::Store> store, std::shared_ptr<const base::Secrets> secrets)
        : store_(std::move(store)),
          house_(*store_, nowhere_, {.threads = 1}),
          api_(house_, *store_, std::move(secrets), {}) {
        house_.start();
    }

    Result<web::Response, std::string> call(const std::string& method, const std::string& path,
                                            const std::string& body) override {
        const std::size_t question = path.find('?');
        web::Request request{
            .method = method, .path = path.substr(0, question), .body = body, .source = "cli"};
        if (question != std::string::npos) request.query = path.substr(question + 1);
        request.principal = web::command_line();
        const auto answer = std::make_shared<std::promise<web::Response>>();
        api_.handle(std::move(request),
                    [answer](web::Response response) { answer->set_value(std::move(response)); });
        return answer->get_future().get();
    }

private:
    Nowhere nowhere_;
    std::unique_ptr<journal::Store> store_;
    actors::House house_;
    web::Api api_;
};

}  // namespace

Result<std::unique_ptr<ApiAccess>, std::string> ApiAccess::open(const std::string& data) {
    auto folder = DataFolder::open(data);
    if (!folder.ok()) return fail(folder.error());
    if (const auto running = folder.value().running()) {
        auto token = folder.value().cli_token();
        if (!token.ok()) return fail(token.error());
        return std::unique_ptr<ApiAccess>{new OverHttp{*running, token.value()}};
    }
    auto secrets = base::Secrets::load(folder.value().key());
    if (!secrets.ok()) return fail(secrets.error());
    auto store = journal::Store::open(folder.value().journal());
    if (!store.ok()) return fail(store.error().sentence);
    base::wall_goes_on_from(journal::last_time(*store.value()));
    return std::unique_ptr<ApiAccess>{new InProcess{std::move(store).value(), secrets.value()}};
}

}  // namespace app
