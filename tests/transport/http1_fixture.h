// One connection against a server that speaks HTTP/1.1 as the test scripts it, on virtual time.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/transport/connection.h"
#include "tests/support/memory_stream.h"
#include "tests/support/virtual_executor.h"

namespace herald::transport {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// Keeps what it is sent, and says what the test says.
class Script final : public test::Wire::Peer {
 public:
  explicit Script(test::Wire& wire) : wire_(wire) {}
  void on_bytes(std::span<const std::uint8_t> bytes) override {
    heard.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_eof() override { eof = true; }
  void say(std::string_view text) {
    wire_.peer_send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  std::string heard;
  bool eof = false;

 private:
  test::Wire& wire_;
};

// A machine that slept: time went by, and no timer went off yet.
class SleepyClock final : public base::Clock {
 public:
  explicit SleepyClock(const base::Clock& awake) : awake_(awake) {}
  base::WallTime wall() const override { return awake_.wall(); }
  base::BootTime boot() const override { return awake_.boot() + slept; }

  test::Duration slept{};

 private:
  const base::Clock& awake_;
};

class Http1 : public testing::Test, public Connection::Owner, public StreamFactory {
 protected:
  struct Heard {
    int tag;
    End how;
    bool may_have_left;
    int status;
    bool oversize;
    std::string body;
    base::BootTime when;
  };

  std::unique_ptr<ByteStream> connect(ByteStream::Handler& handler) override {
    wire_ = std::make_shared<test::Wire>(executor_, wire_settings_, handler);
    auto script = std::make_unique<Script>(*wire_);
    server_ = script.get();
    wire_->open(std::move(script), Protocol::http1);
    return std::make_unique<test::MemoryStream>(wire_);
  }
  void on_ended(Connection&, void* tag, const Ended& ended) override {
    heard_.push_back({static_cast<int>(static_cast<char*>(tag) - tags_), ended.how,
                      ended.may_have_left, ended.status, ended.oversize, std::string{ended.body},
                      executor_.boot()});
  }
  void on_capacity(Connection&) override { ++capacity_; }
  void on_closed(Connection&, const Error& error, bool opened) override {
    EXPECT_FALSE(closed_) << "said twice";
    EXPECT_EQ(connection_->requests_open(), 0u);
    EXPECT_TRUE(opened);
    closed_ = error;
    closed_at_ = executor_.boot();
  }

  void open() {
    closed_.reset();
    heard_.clear();
    connection_ = std::make_unique<Connection>(*this, *this, executor_, clock_, Timing{});
    executor_.run_for(milliseconds{20});
    ASSERT_TRUE(connection_->is_open());
    EXPECT_GT(capacity_, 0);
  }
  void submit(int tag, std::size_t tokens = 3) {
    ASSERT_TRUE(connection_->can_take());
    bodies_.push_back("\"token\"");
    for (std::size_t i = 1; i < tokens; ++i) bodies_.back() += ",\"token\"";
    connection_->submit({.path = "/v3/1/messages:send",
                         .authority = "push.example:8443",
                         .authorization = "Bearer x",
                         .push_type = "0",
                         .body = {R"({"target":{"token":[)", bodies_.back(), "]}}"}},
                        &tags_[static_cast<std::size_t>(tag)]);
    connection_->flush();
  }
  std::string request_text() const {
    const std::string body = R"({"target":{"token":[)" + bodies_.back() + "]}}";
    return "POST /v3/1/messages:send HTTP/1.1\r\nHost: push.example:8443\r\n"
           "Content-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nAuthorization: Bearer x\r\npush-type: 0\r\n\r\n" +
           body;
  }
  void pass(milliseconds time = milliseconds{20}) { executor_.run_for(time); }
  void say(std::string_view text) {
    server_->say(text);
    pass();
  }
  const Heard& only() {
    EXPECT_EQ(heard_.size(), 1u);
    static const Heard kNothing{};
    return heard_.empty() ? kNothing : heard_[0];
  }
  void expect_closed_by_us() {
    EXPECT_TRUE(closed_);
    pass();
    EXPECT_TRUE(server_->eof);
  }

  test::VirtualExecutor executor_;
  SleepyClock clock_{executor_};
  test::WireSettings wire_settings_;
  std::shared_ptr<test::Wire> wire_;
  Script* server_ = nullptr;
  std::deque<std::string> bodies_;
  char tags_[100] = {};
  std::vector<Heard> heard_;
  std::optional<Error> closed_;
  base::BootTime closed_at_{};
  int capacity_ = 0;
  std::unique_ptr<Connection> connection_;
};

}  // namespace herald::transport
