// Somebody who is sent receipts: a small HTTP server on a free port, in a thread of its own.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tools/pushsim/http1_session.h"
#include "tools/pushsim/ossl.h"

namespace pushsim {

inline constexpr std::string_view kTaken =
    "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{\"code\":\"0\",\"message\":\"success\"} ";
inline constexpr std::string_view kTakenInChunks =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "a\r\n{\"code\":\"0\r\n16\r\n\",\"message\":\"success\"}\r\n0\r\n\r\n";
inline constexpr std::string_view kTakenAndClosed =
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"code\":\"0\",\"message\":\"success\"}";

// Serves one connection after another on a free port.
class Receiver {
 public:
  explicit Receiver(SSL_CTX* context = nullptr) : context_(context) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 8);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Receiver() {
    release();
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string url(std::string_view scheme = "http") const {
    return std::string(scheme) + "://localhost:" + std::to_string(port_) + "/receipts?x=1";
  }
  // The answers to come; when they are used up, kTaken.
  void answer(std::vector<std::string_view> answers) {
    const std::lock_guard lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  // Until release() requests are read and not answered.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void wait_for_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return requests_.size() >= count; });
    EXPECT_GE(requests_.size(), count);
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() {
    const std::lock_guard lock(mutex_);
    return connections_;
  }

 private:
  void run() {
    while (true) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      {
        const std::lock_guard lock(mutex_);
        ++connections_;
      }
      serve(fd);
      ::close(fd);
    }
  }
  void serve(int fd) {
    SslPtr ssl;
    if (context_ != nullptr) {
      ssl.reset(SSL_new(context_));
      SSL_set_fd(ssl.get(), fd);
      if (SSL_accept(ssl.get()) != 1) return;
    }
    std::string text;
    while (read_some(fd, ssl.get(), text)) {
      Http1Head head;
      while (parse_http1_head(text, head) == ParseState::complete &&
             text.size() >= head.size + head.content_length) {
        const std::string_view reply = take(text.substr(0, head.size + head.content_length));
        text.erase(0, head.size + head.content_length);
        if (reply.empty()) return;
        write(fd, ssl.get(), reply);
        if (reply == kTakenAndClosed) return;
      }
    }
  }
  static bool read_some(int fd, SSL* ssl, std::string& text) {
    char piece[4096];
    const auto size = ssl != nullptr ? SSL_read(ssl, piece, sizeof piece)
                                     : static_cast<int>(::recv(fd, piece, sizeof piece, 0));
    if (size > 0) text.append(piece, static_cast<std::size_t>(size));
    return size > 0;
  }
  static void write(int fd, SSL* ssl, std::string_view text) {
    if (ssl != nullptr) {
      SSL_write(ssl, text.data(), static_cast<int>(text.size()));
    } else {
      ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }
  std::string_view take(std::string request) {
    std::unique_lock lock(mutex_);
    requests_.push_back(std::move(request));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (answers_.empty()) return kTaken;
    const std::string_view reply = answers_.front();
    answers_.erase(answers_.begin());
    return reply;
  }

  SSL_CTX* context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;
  std::vector<std::string_view> answers_;
  int connections_ = 0;
  bool held_ = false;
  std::thread thread_;
};

}  // namespace pushsim
