// The event loop: a listening socket, connections, timers and signals, all in the calling thread.
// In: options and a service. Out: served requests until SIGTERM or SIGINT.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/pushsim/clock.h"
#include "tools/pushsim/service.h"
#include "tools/pushsim/session.h"
#include "tools/pushsim/tls.h"

namespace pushsim {

class Server {
 public:
  // Listens at once. Throws SetupError (address, certificate).
  Server(Service& service, const Clock& clock);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }

  // Serves until SIGTERM or SIGINT, then closes every connection. `on_usr1` is called at SIGUSR1.
  // The signals have to be blocked in the thread (block_signals).
  void run(const std::function<void()>& on_usr1);
  static void block_signals();

 private:
  struct Connection {
    explicit Connection(SSL_CTX* context) : tls(context) {}
    std::uint64_t id = 0;
    int fd = -1;
    TlsChannel tls;
    std::unique_ptr<Session> session;  // once the handshake is over
    std::size_t sent = 0;              // of tls.out()
    bool waits_for_room = false;       // the socket is full: EPOLLOUT is asked for
    bool closing = false;              // the last bytes are on their way, input is thrown away
  };
  struct Timer {
    std::int64_t due_us;
    std::uint64_t connection;
    std::int32_t stream;  // kLinger: the connection's own
    bool operator>(const Timer& other) const { return due_us > other.due_us; }
  };
  enum class Fate { keep, close, cut };

  void listen(const std::string& host, std::uint16_t port);
  void watch(int fd, std::uint64_t id);
  void accept_all();
  void serve(Connection& connection, std::uint32_t events);
  Fate receive(Connection& connection);
  void begin_session(Connection& connection);
  Fate take_input(Connection& connection);
  Fate pump(Connection& connection);
  Fate flush(Connection& connection);
  void begin_close(Connection& connection);
  void settle(Connection& connection, Fate fate);
  void ask_for_room(Connection& connection, bool wanted);
  void set_timer(std::chrono::microseconds delay, std::uint64_t connection, std::int32_t stream);
  void run_timers();
  int wait_ms() const;
  bool take_signals(const std::function<void()>& on_usr1);

  Service& service_;
  const Clock& clock_;
  SslCtxPtr context_;
  int epoll_ = -1;
  int listener_ = -1;
  bool accepting_ = true;
  int signals_ = -1;
  std::uint16_t port_ = 0;
  std::uint64_t next_id_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  struct Free {
    void operator()(char* memory) const;
  };
  std::unique_ptr<char[], Free> input_;  // page-aligned: see tls.cc on copies
  std::unique_ptr<char[], Free> plain_;
  std::string to_send_;
};

}  // namespace pushsim
