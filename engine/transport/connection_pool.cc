#include "engine/transport/connection_pool.h"

#include <algorithm>

namespace herald::transport {
namespace {

constexpr std::chrono::milliseconds kReopenFirst{100};
constexpr std::chrono::milliseconds kReopenMax{5000};
constexpr std::chrono::seconds kIdleMax{60};
// A peer that greets and goes, again and again, would be asked as fast as packets travel.
constexpr std::chrono::seconds kStillbornMax{1};

}  // namespace

ConnectionPool::ConnectionPool(Owner& owner, StreamFactory& factory, base::Executor& executor,
                               const base::Clock& clock, base::Random& random, const Timing& timing,
                               std::uint32_t connections_max)
    : owner_(owner),
      factory_(factory),
      executor_(executor),
      clock_(clock),
      random_(random),
      timing_(timing),
      connections_max_(connections_max),
      reap_(executor),
      reopen_(executor) {}

Connection* ConnectionPool::ready() {
  for (const auto& connection : connections_) {
    if (connection->can_take()) return connection.get();
  }
  return nullptr;
}

std::uint32_t ConnectionPool::free_streams() const {
  std::uint32_t free = 0;
  for (const auto& connection : connections_) free += connection->free_streams();
  return free;
}

std::uint32_t ConnectionPool::requests_open() const {
  std::uint32_t open = 0;
  for (const auto& connection : connections_) open += connection->requests_open();
  return open;
}

void ConnectionPool::want() {
  if (reopen_.armed()) return;
  std::size_t usable = 0;
  for (const auto& connection : connections_) {
    if (connection->is_connecting()) return;
    if (connection->is_open() && !connection->blocked_by_peer()) ++usable;
  }
  if (usable == 0 && connections_.size() < connections_max_) open();
}

void ConnectionPool::open() {
  Connection::Owner& self = *this;
  connections_.push_back(std::make_unique<Connection>(self, factory_, executor_, clock_, timing_));
}

void ConnectionPool::flush() {
  for (const auto& connection : connections_) connection->flush();
}

void ConnectionPool::close_idle() {
  const base::BootTime now = clock_.boot();
  for (const auto& connection : connections_) {
    const bool idle = connection->is_open() && connection->requests_open() == 0;
    if (idle && now - connection->idle_since() >= kIdleMax) connection->drain();
  }
}

void ConnectionPool::retire() {
  for (const auto& connection : connections_) {
    if (connection->is_open()) connection->drain();
  }
}

void ConnectionPool::abort(const Error& error) {
  while (!connections_.empty()) connections_.back()->abort(error);
}

void ConnectionPool::on_ended(Connection&, void* tag, const Ended& ended) {
  if (ended.how == End::answered) {
    failures_ = 0;
    failing_since_.reset();
  }
  owner_.on_ended(tag, ended);
}

void ConnectionPool::on_capacity(Connection& connection) {
  if (connection.is_open()) trouble_.reset();
  owner_.on_capacity();
}

void ConnectionPool::on_closed(Connection& connection, const Error& error, bool opened) {
  const base::BootTime now = clock_.boot();
  const bool stillborn = !connection.has_answered() && now - connection.opened_at() < kStillbornMax;
  if (!opened || stillborn) {
    if (!failing_since_) failing_since_ = now;
    trouble_ = Trouble{error, *failing_since_, now};
    // Full jitter, so that many senders do not come back together.
    const auto limit = std::min(kReopenMax, kReopenFirst * (1u << std::min(failures_, 10u)));
    ++failures_;
    const auto wait = std::chrono::duration_cast<base::BootClock::duration>(limit * random_.unit());
    reopen_.arm(now + wait, [this] { owner_.on_capacity(); });
  } else {
    failures_ = 0;
    failing_since_.reset();
  }
  const auto gone = std::find_if(connections_.begin(), connections_.end(),
                                 [&](const auto& held) { return held.get() == &connection; });
  closed_.push_back(std::move(*gone));
  connections_.erase(gone);
  if (!reap_.armed()) reap_.arm(now, [this] { closed_.clear(); });
  owner_.on_capacity();
}

}  // namespace herald::transport
