#include "tools/pushsim/server.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tools/pushsim/http1_session.h"
#include "tools/pushsim/http2_session.h"
#include "tools/pushsim/setup_error.h"

namespace pushsim {
namespace {

constexpr std::uint64_t kListenerId = 0;
constexpr std::uint64_t kSignalsId = 1;
constexpr std::uint64_t kFirstConnectionId = 2;

constexpr std::size_t kInputBytes = std::size_t{256} << 10;
constexpr std::size_t kRecordBytes = 16384;
constexpr int kReceivesPerTurn = 4;                          // then others have their turn
constexpr std::size_t kOutputHigh = std::size_t{256} << 10;  // nothing is produced above it
constexpr std::int32_t kLinger = -1;
constexpr std::chrono::seconds kLingerTime{2};

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, number);
  return set;
}

[[noreturn]] void fail_to_listen(const std::string& host, std::uint16_t port,
                                 std::string_view reason) {
  throw SetupError(fmt::format("--listen: cannot listen on {}:{} ({})", host, port, reason));
}

char* page_aligned(std::size_t bytes) {
  return static_cast<char*>(std::aligned_alloc(4096, bytes));
}

}  // namespace

void Server::Free::operator()(char* memory) const { std::free(memory); }

Server::Server(Service& service, const Clock& clock)
    : service_(service),
      clock_(clock),
      context_(make_tls_context(service.options().certificate_file, service.options().key_file,
                                service.options().http1_only)),
      next_id_(kFirstConnectionId),
      input_(page_aligned(kInputBytes)),
      plain_(page_aligned(kRecordBytes)) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  listen(service.options().host, service.options().port);
  watch(listener_, kListenerId);
  const sigset_t set = our_signals();
  signals_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  watch(signals_, kSignalsId);
}

Server::~Server() {
  for (const auto& [id, connection] : connections_) ::close(connection->fd);
  for (const int fd : {signals_, listener_, epoll_}) ::close(fd);
}

void Server::block_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

void Server::listen(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) fail_to_listen(host, port, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address(found, &::freeaddrinfo);
  listener_ = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener_, address->ai_addr, address->ai_addrlen) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0) {
    fail_to_listen(host, port, std::strerror(errno));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size);
  port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                            : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

void Server::watch(int fd, std::uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Server::run(const std::function<void()>& on_usr1) {
  std::array<epoll_event, 64> events;
  while (true) {
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count; ++i) {
      const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kListenerId) {
        accept_all();
      } else if (id == kSignalsId) {
        if (!take_signals(on_usr1)) {
          while (!connections_.empty()) settle(*connections_.begin()->second, Fate::close);
          service_.flush_log();
          return;
        }
      } else if (const auto found = connections_.find(id); found != connections_.end()) {
        serve(*found->second, events[static_cast<std::size_t>(i)].events);
      }
    }
    run_timers();
    service_.flush_log();
  }
}

void Server::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
      // No descriptor is left: the rest waits until a connection closes, and the loop does not
      // spin.
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);
      accepting_ = false;
    }
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>(context_.get());
    connection->id = next_id_++;
    connection->fd = fd;
    watch(fd, connection->id);
    connections_.emplace(connection->id, std::move(connection));
    service_.connection_opened();
  }
}

void Server::serve(Connection& connection, std::uint32_t events) {
  Fate fate = Fate::keep;
  if ((events & EPOLLOUT) != 0) fate = pump(connection);
  if (fate == Fate::keep && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
    fate = receive(connection);
  }
  settle(connection, fate);
}

Server::Fate Server::receive(Connection& connection) {
  for (int i = 0; i < kReceivesPerTurn; ++i) {
    const ssize_t size = ::recv(connection.fd, input_.get(), kInputBytes, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN ? Fate::keep : Fate::close;
    if (size == 0) return Fate::close;
    if (connection.closing) continue;
    connection.tls.feed({input_.get(), static_cast<std::size_t>(size)});
    Fate fate = take_input(connection);
    if (fate == Fate::keep) fate = pump(connection);
    if (fate != Fate::keep || static_cast<std::size_t>(size) < kInputBytes) return fate;
  }
  return Fate::keep;
}

void Server::begin_session(Connection& connection) {
  SetTimer timer = [this, id = connection.id](std::chrono::microseconds delay,
                                              std::int32_t request) {
    set_timer(delay, id, request);
  };
  if (connection.tls.is_h2()) {
    connection.session = std::make_unique<Http2Session>(service_, std::move(timer));
  } else {
    connection.session = std::make_unique<Http1Session>(service_, std::move(timer));
  }
}

Server::Fate Server::take_input(Connection& connection) {
  while (true) {
    const std::size_t size = connection.tls.read(plain_.get(), kRecordBytes);
    if (connection.session == nullptr && connection.tls.ready()) {
      begin_session(connection);
    }
    if (size == 0) break;
    if (!connection.session->receive({plain_.get(), size})) return Fate::cut;
  }
  if (connection.tls.state() == TlsChannel::State::ended) {
    flush(connection);  // an alert, if there is one
    return Fate::close;
  }
  return Fate::keep;
}

Server::Fate Server::pump(Connection& connection) {
  Session* session = connection.session.get();
  while (session != nullptr && !connection.closing) {
    if (connection.tls.out().size() - connection.sent >= kOutputHigh) break;
    to_send_.clear();
    if (!session->produce(to_send_, kOutputHigh)) return Fate::cut;
    if (to_send_.empty()) break;
    if (!connection.tls.write(to_send_)) return Fate::close;
  }
  const Fate fate = flush(connection);
  if (fate != Fate::keep) return fate;
  if (session != nullptr && !connection.closing && session->finished()) {
    begin_close(connection);
    return flush(connection);
  }
  return Fate::keep;
}

Server::Fate Server::flush(Connection& connection) {
  std::string& out = connection.tls.out();
  while (connection.sent < out.size()) {
    const ssize_t size = ::send(connection.fd, out.data() + connection.sent,
                                out.size() - connection.sent, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) {
      ask_for_room(connection, true);
      return Fate::keep;
    }
    if (size < 0) return Fate::close;
    connection.sent += static_cast<std::size_t>(size);
  }
  out.clear();
  connection.sent = 0;
  ask_for_room(connection, false);
  if (connection.closing) ::shutdown(connection.fd, SHUT_WR);
  return Fate::keep;
}

// To close while input is unread makes TCP reset the connection, which can take the last answers
// with it. So: our end is closed, and the client's input thrown away until it closes its own.
void Server::begin_close(Connection& connection) {
  connection.closing = true;
  connection.tls.close_notify();
  set_timer(kLingerTime, connection.id, kLinger);
}

void Server::settle(Connection& connection, Fate fate) {
  if (fate == Fate::keep) return;
  if (fate == Fate::cut) {
    const linger abort{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  }
  ::close(connection.fd);
  service_.connection_closed();
  connections_.erase(connection.id);
  if (!accepting_) watch(listener_, kListenerId);
  accepting_ = true;
}

void Server::ask_for_room(Connection& connection, bool wanted) {
  if (connection.waits_for_room == wanted) return;
  connection.waits_for_room = wanted;
  epoll_event event{};
  event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Server::set_timer(std::chrono::microseconds delay, std::uint64_t connection,
                       std::int32_t stream) {
  timers_.push({clock_.steady_us() + delay.count(), connection, stream});
}

void Server::run_timers() {
  if (timers_.empty()) return;
  const std::int64_t now = clock_.steady_us();
  std::vector<std::uint64_t> touched;
  while (!timers_.empty() && timers_.top().due_us <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    const auto found = connections_.find(timer.connection);
    if (found == connections_.end()) continue;
    if (timer.stream == kLinger) {
      settle(*found->second, Fate::close);
    } else {
      found->second->session->on_timer(timer.stream);
      touched.push_back(timer.connection);
    }
  }
  // Answers that are due together leave in one send.
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const std::uint64_t id : touched) {
    const auto found = connections_.find(id);
    if (found != connections_.end()) settle(*found->second, pump(*found->second));
  }
}

int Server::wait_ms() const {
  if (timers_.empty()) return -1;
  const std::int64_t left_us = timers_.top().due_us - clock_.steady_us();
  return static_cast<int>(std::clamp<std::int64_t>((left_us + 999) / 1000, 0, 60'000));
}

bool Server::take_signals(const std::function<void()>& on_usr1) {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGUSR1) return false;
    on_usr1();
  }
  return true;
}

}  // namespace pushsim
