// One WebSocket: the wire of a session (session.hpp).
//
// Thread: its strand. Memory: Beast's buffers, and outbox_bytes_max of frames that the peer has not
// read.
#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>

#include "edges/web/inside.hpp"
#include "edges/web/session.hpp"

namespace web {
namespace {

namespace websocket = beast::websocket;

constexpr std::size_t frame_bytes_max = 64u << 10;

class SocketConnection : public Wire,
                         public Connection,
                         public std::enable_shared_from_this<SocketConnection> {
public:
    SocketConnection(Inside inside, PlacePtr place, Stream&& stream)
        : inside_(std::move(inside)),
          place_(std::move(place)),
          socket_(std::move(stream)),
          strand_(socket_.get_executor()),
          overdue_(strand_) {
        inside_->sockets.fetch_add(1, std::memory_order_relaxed);
    }
    ~SocketConnection() override {
        inside_->sockets.fetch_sub(1, std::memory_order_relaxed);
        strike_off(*inside_, this);
    }

    void start(const HttpRequest& request) {
        enlist(inside_, shared_from_this());
        alive_ = shared_from_this();
        session_ = std::make_shared<Session>(inside_->hub, weak_from_this(), place_->source());
        beast::get_lowest_layer(socket_).expires_never();  // the WebSocket has its own timeouts
        websocket::stream_base::timeout timeout{};
        timeout.handshake_timeout = std::chrono::seconds(5);
        timeout.idle_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
            span_of(inside_->options.idle_patience));
        timeout.keep_alive_pings = true;
        socket_.set_option(timeout);
        socket_.read_message_max(frame_bytes_max);
        socket_.auto_fragment(false);
        socket_.text(true);
        socket_.async_accept(request,
                             [self = shared_from_this()](Error error) { self->on_accept(error); });
    }

    void post(std::function<void()> task) override {
        web::post(*inside_, strand_, std::move(task));
    }

    bool send(std::string frame) override {
        if (outbox_bytes_ + frame.size() > inside_->options.outbox_bytes_max) return false;
        outbox_bytes_ += frame.size();
        outbox_.push_back(std::move(frame));
        write();
        return true;
    }

    void close(unsigned code, std::string_view reason) override {
        closing_ = true;
        close_reason_ = {static_cast<websocket::close_code>(code),
                         beast::string_view(reason.data(), reason.size())};
        write();
    }

    void cut() override {
        closing_ = true;
        overdue_.cancel();
        Error ignored;
        beast::get_lowest_layer(socket_).socket().close(ignored);
        if (alive_) asio::post(strand_, [self = std::move(alive_)] { self->session_->end(); });
    }

    void resume() override {
        if (!reading_) read();
    }

    void go_away() override {
        post([self = shared_from_this()] {
            self->session_->end();
            self->close(websocket::close_code::going_away, "stopping");
        });
    }
    void give_up() override {
        asio::post(strand_, [self = shared_from_this()] { self->cut(); });
    }

private:
    void on_accept(Error error) {
        if (error) return finish();
        overdue_.expires_after(span_of(inside_->options.hello_patience));
        overdue_.async_wait([weak = weak_from_this()](Error cancelled) {
            const auto self = weak.lock();
            if (self && !cancelled) self->session_->greeting_overdue();
        });
        read();
    }

    void read() {
        reading_ = true;
        socket_.async_read(buffer_, [self = shared_from_this()](Error error, std::size_t) {
            self->on_read(error);
        });
    }

    void on_read(Error error) {
        reading_ = false;
        if (error) return finish();
        if (!socket_.got_text() && !closing_) {
            session_->end();
            close(websocket::close_code::unknown_data, "binary");
        } else {
            const auto bytes = buffer_.cdata();
            session_->receive({static_cast<const char*>(bytes.data()), bytes.size()});
        }
        buffer_.consume(buffer_.size());
        // While closing one goes on reading, since the peer's answer to the close comes this way.
        if (closing_ || session_->takes_more()) read();
    }

    void write() {
        if (writing_) return;
        if (!outbox_.empty()) {
            writing_ = true;
            socket_.async_write(
                asio::buffer(outbox_.front()),
                [self = shared_from_this()](Error error, std::size_t) { self->on_write(error); });
        } else if (closing_ && !close_sent_) {
            close_sent_ = writing_ = true;
            socket_.async_close(close_reason_,
                                [self = shared_from_this()](Error) { self->finish(); });
        }
    }

    void on_write(Error error) {
        writing_ = false;
        if (error) return finish();
        outbox_bytes_ -= outbox_.front().size();
        outbox_.pop_front();
        write();
    }

    void finish() {
        session_->end();
        cut();
    }

    const Inside inside_;
    const PlacePtr place_;
    websocket::stream<Stream> socket_;
    const Strand strand_;
    asio::steady_timer overdue_;
    beast::flat_buffer buffer_{frame_bytes_max + 1024};
    std::shared_ptr<Session> session_;
    std::shared_ptr<SocketConnection>
        alive_;                       // until cut: while no read waits, nobody else holds it
    std::deque<std::string> outbox_;  // full (outbox_bytes_max): the reader is too slow and is cut
    std::size_t outbox_bytes_ = 0;
    bool reading_ = false, writing_ = false, closing_ = false, close_sent_ = false;
    websocket::close_reason close_reason_;
};

}  // namespace

void start_socket(const Inside& inside, PlacePtr place, Stream&& stream,
                  const HttpRequest& request) {
    std::make_shared<SocketConnection>(inside, std::move(place), std::move(stream))->start(request);
}

}  // namespace web
