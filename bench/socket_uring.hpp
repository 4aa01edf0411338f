// The same by io_uring: multishot receives into provided buffers, one submit for all sends.
//
// Thread: one. Memory: made in the constructor. Time: move() is called every 20 ms.
#pragma once

#if defined(PARTYLINE_URING)
#include <liburing.h>
#include <sys/mman.h>

#include "bench/socket_ways.hpp"

namespace sockets {

class Uring final : public Way {
public:
    struct Options {
        bool shared = false, connected = false;
        unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    };
    Uring(std::size_t legs, Options options) : options_(options), legs_(legs), sends_(legs) {
        io_uring_params parameters{};
        parameters.flags = options.flags | IORING_SETUP_CQSIZE;
        parameters.cq_entries = 4 * buffer_count;
        check(io_uring_queue_init_params(4'096, &ring_, &parameters) == 0, "io_uring");
        provide_buffers();
        const std::size_t sockets = options.shared ? 1 : legs;
        for (std::size_t i = 0; i < sockets; ++i) {
            fds_.push_back(bound(server_port + i, options.connected, i));
            if (options.shared) set(fds_[0], SOL_SOCKET, SO_RCVBUF, 4 << 20);
            if (options.shared) set(fds_[0], SOL_SOCKET, SO_SNDBUF, 4 << 20);
        }
        wanted_.msg_namelen = sizeof(sockaddr_in);
        for (std::size_t i = 0; i < sockets; ++i) ask(i);
        prepare_sends();
        (void)io_uring_submit(&ring_);
    }
    ~Uring() override {
        for (const int fd : fds_) close(fd);
        io_uring_queue_exit(&ring_);
        munmap(buffers_, ring_bytes());
    }

    std::size_t move() override {
        // The kernel completes some tens of packets per call, then wants to be asked again.
        std::size_t got = 0;
        for (std::size_t more = 1; more > 0; got += more) {
            (void)io_uring_get_events(&ring_);
            more = reap();
        }
        for (std::size_t i = 0; i < legs_; ++i) {
            io_uring_sqe* entry = io_uring_get_sqe(&ring_);
            io_uring_prep_sendmsg(entry, fds_[options_.shared ? 0 : i], &sends_[i].message,
                                  MSG_DONTWAIT);
            entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
            entry->user_data = sent;
        }
        check(io_uring_submit(&ring_) >= 0, "submit");
        return got;
    }

private:
    static constexpr std::size_t buffer_count = 4'096, buffer_bytes = 256;
    static constexpr std::uint64_t sent = ~std::uint64_t{0};
    struct Send {
        sockaddr_in to;
        std::array<iovec, 2> pieces;
        msghdr message;
    };

    [[nodiscard]] static std::size_t ring_bytes() {
        return buffer_count * (sizeof(io_uring_buf) + buffer_bytes);
    }
    void provide_buffers() {
        void* memory =
            mmap(nullptr, ring_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        check(memory != MAP_FAILED, "mmap");
        buffers_ = static_cast<io_uring_buf_ring*>(memory);
        bytes_ = static_cast<std::uint8_t*>(memory) + buffer_count * sizeof(io_uring_buf);
        io_uring_buf_reg registration{};
        registration.ring_addr = reinterpret_cast<std::uint64_t>(buffers_);
        registration.ring_entries = buffer_count;
        check(io_uring_register_buf_ring(&ring_, &registration, 0) == 0, "buf_ring");
        io_uring_buf_ring_init(buffers_);
        for (std::size_t i = 0; i < buffer_count; ++i) give(i, static_cast<int>(i));
        io_uring_buf_ring_advance(buffers_, buffer_count);
    }
    void give(std::size_t id, int offset) {
        io_uring_buf_ring_add(buffers_, bytes_ + id * buffer_bytes, buffer_bytes,
                              static_cast<std::uint16_t>(id), io_uring_buf_ring_mask(buffer_count),
                              offset);
    }
    void ask(std::size_t socket) {
        io_uring_sqe* entry = io_uring_get_sqe(&ring_);
        io_uring_prep_recvmsg_multishot(entry, fds_[socket], &wanted_, 0);
        entry->flags |= IOSQE_BUFFER_SELECT;
        entry->buf_group = 0;
        entry->user_data = socket;
    }
    void prepare_sends() {
        for (std::size_t i = 0; i < legs_; ++i) {
            sends_[i].to = at(phones_port + i);
            sends_[i].pieces = {{{payload_.data(), 12}, {payload_.data(), packet_bytes - 12}}};
            sends_[i].message = {.msg_iov = sends_[i].pieces.data(), .msg_iovlen = 2};
            if (options_.connected) continue;
            sends_[i].message.msg_name = &sends_[i].to;
            sends_[i].message.msg_namelen = sizeof(sockaddr_in);
        }
    }
    std::size_t reap() {
        std::size_t got = 0;
        unsigned seen = 0, head = 0;
        io_uring_cqe* entry = nullptr;
        io_uring_for_each_cqe(&ring_, head, entry) {
            ++seen;
            if (entry->user_data == sent) continue;
            if (entry->flags & IORING_CQE_F_BUFFER) {
                give(entry->flags >> IORING_CQE_BUFFER_SHIFT, static_cast<int>(got));
                ++got;
            }
            if (!(entry->flags & IORING_CQE_F_MORE)) ask(entry->user_data);
        }
        io_uring_cq_advance(&ring_, seen);
        io_uring_buf_ring_advance(buffers_, static_cast<int>(got));
        return got;
    }

    const Options options_;
    const std::size_t legs_;
    io_uring ring_{};
    io_uring_buf_ring* buffers_ = nullptr;
    std::uint8_t* bytes_ = nullptr;
    msghdr wanted_{};
    std::vector<int> fds_;
    std::vector<Send> sends_;
    Packet payload_{};
};

}  // namespace sockets
#endif
