#include "tools/herald/control_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "tools/herald/control_api.h"
#include "tools/herald/control_http.h"
#include "tools/herald/control_socket.h"

namespace herald::cli {

using Steady = std::chrono::steady_clock;

Result<std::unique_ptr<ControlServer>> ControlServer::start(const Config& config, Engine& engine) {
  auto listening = listen_on_control_socket(config.data_dir);
  if (!listening) return listening.error();
  store::Descriptor wake{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (wake.get() < 0) {
    return Error{Errc::disk, fmt::format("the control socket: {}", std::strerror(errno))};
  }
  return std::unique_ptr<ControlServer>{
      new ControlServer{config, engine, std::move(*listening), std::move(wake)}};
}

ControlServer::ControlServer(const Config& config, Engine& engine, store::Descriptor listening,
                             store::Descriptor wake)
    : config_(config), engine_(engine), listening_(std::move(listening)), wake_(std::move(wake)) {
  thread_ = std::thread{[this] { accept_all(); }};
  pthread_setname_np(thread_.native_handle(), "control");
}

ControlServer::~ControlServer() {
  remove_control_socket(config_.data_dir);
  closing_.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
  thread_.join();
  {
    std::unique_lock lock{mutex_};
    ended_.wait_for(lock, kFarewell, [this] { return active_ == 0; });
  }
  for (Connection& connection : connections_) {
    shutdown(connection.fd.get(), SHUT_RDWR);  // ends whatever it waits for
    connection.thread.join();
  }
}

void ControlServer::accept_all() {
  pollfd both[] = {{listening_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
  for (;;) {
    if (poll(both, 2, -1) < 0 && errno == EINTR) continue;
    if ((both[1].revents & POLLIN) != 0) return;
    accept_one();
  }
}

void ControlServer::accept_one() {
  store::Descriptor fd{accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (fd.get() < 0) {
    // Out of descriptors, it would be tried again at once.
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      pollfd wake{wake_.get(), POLLIN, 0};
      poll(&wake, 1, 100);
    }
    return;
  }
  if (!peer_is_ours(fd.get())) return;
  reap();
  {
    const std::lock_guard lock{mutex_};
    if (active_ == kConnectionsMax) {
      const Error busy{Errc::store_in_use,
                       "the control socket has as many connections as it takes"};
      (void)Wire{fd.get()}.send(http_answer(503, error_json(busy)),
                                Steady::now() + std::chrono::milliseconds{100});
      return;
    }
    ++active_;
  }
  Connection& connection = connections_.emplace_back();
  connection.fd = std::move(fd);
  connection.thread = std::thread{[this, &connection] { serve(connection); }};
  pthread_setname_np(connection.thread.native_handle(), "control-answer");
}

// Those that have ended, off the list.
void ControlServer::reap() {
  for (auto at = connections_.begin(); at != connections_.end();) {
    {
      const std::lock_guard lock{mutex_};
      if (!at->done) {
        ++at;
        continue;
      }
    }
    at->thread.join();
    at = connections_.erase(at);
  }
}

void ControlServer::serve(Connection& connection) {
  serve_request(connection.fd.get());
  shutdown(connection.fd.get(), SHUT_RDWR);
  const std::lock_guard lock{mutex_};
  connection.done = true;
  --active_;
  ended_.notify_all();
}

void ControlServer::serve_request(int fd) {
  Wire wire{fd};
  RequestReader reader;
  const auto until = Steady::now() + kRequestMax;
  std::array<char, 8 << 10> bytes;
  for (bool whole = false; !whole;) {
    const auto came = wire.receive(bytes, until);
    if (!came && Steady::now() >= until) {
      const Error late{Errc::usage, "the request did not come within 5 s"};
      (void)wire.send(http_answer(408, error_json(late)), Steady::now() + kRequestMax);
    }
    if (!came || *came == 0) return;
    whole = reader.take({bytes.data(), *came});
  }
  const auto send = [&](std::string_view piece) {
    return wire.send(piece, Steady::now() + kSilenceMax);
  };
  if (const auto& refusal = reader.refusal()) {
    (void)send(http_answer(refusal->status, error_json({Errc::usage, refusal->why})));
    return;
  }
  const ControlSeams on{engine_, config_.endpoint.request_timeout + std::chrono::seconds{5},
                        [this] { return closing_.load(std::memory_order_relaxed); }, send};
  (void)answer(*reader.request(), on);
}

std::unique_ptr<ControlServer> serve_control(const Config& config, Engine& engine,
                                             const Console& console) {
  auto server = ControlServer::start(config, engine);
  if (server) return std::move(*server);
  console.warn(server.error().what);
  return nullptr;
}

}  // namespace herald::cli
