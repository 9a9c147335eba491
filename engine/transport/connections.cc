#include "engine/transport/connections.h"

#include <algorithm>

namespace herald::transport {
namespace {

// Others are asked for connections no more often: theirs may be on the way.
constexpr std::chrono::milliseconds kAskAgain{100};

// Of connections_max; the first have one more where it does not divide.
std::uint32_t share(std::uint32_t connections_max, std::size_t place, std::size_t places) {
  const auto all = static_cast<std::uint32_t>(places);
  return connections_max / all + (place < connections_max % all ? 1 : 0);
}

}  // namespace

Connections::Connections(Owner& owner, const Place& here, std::span<const Place> others,
                         const base::Clock& clock, const Timing& timing,
                         std::uint32_t connections_max)
    : owner_(owner),
      clock_(clock),
      here_(*this, here.streams, here.executor, clock, here.random, timing,
            share(connections_max, 0, 1 + others.size())) {
  for (std::size_t i = 0; i < others.size(); ++i) {
    const std::uint32_t most = share(connections_max, i + 1, 1 + others.size());
    if (most == 0) break;
    RemotePool::Owner& self = *this;
    remotes_.push_back(std::make_unique<RemotePool>(self, others[i], clock, timing, most));
  }
}

// Waking another thread costs as much as many small requests, so what this one can send by itself
// does not go there. Of what is more they have theirs first: handing it over takes no time.
bool Connections::can_take(bool much) {
  remote_ = nullptr;
  direct_ = nullptr;
  if (much) {
    if (finds_remote()) return true;
    ask_others();
  }
  direct_ = here_.ready();
  return direct_ != nullptr || (!much && finds_remote());
}

bool Connections::finds_remote() {
  for (std::size_t i = 0; i < remotes_.size(); ++i) {
    RemotePool& remote = *remotes_[(remote_turn_ + i) % remotes_.size()];
    if (remote.can_take()) {
      remote_turn_ = (remote_turn_ + i + 1) % remotes_.size();
      remote_ = &remote;
      return true;
    }
  }
  return false;
}

void Connections::submit(const Request& request, void* tag) {
  if (remote_ != nullptr) return remote_->hand(request, tag);
  for (const auto& remote : remotes_) remote->flush();  // they need not wait for this one
  direct_->submit(request, tag);
}

void Connections::flush() {
  for (const auto& remote : remotes_) remote->flush();
  here_.flush();
}

void Connections::collect() {
  for (const auto& remote : remotes_) remote->collect();
}

std::uint32_t Connections::free_streams() const {
  std::uint32_t free = here_.free_streams();
  for (const auto& remote : remotes_) free += remote->free_streams();
  return free;
}

void Connections::want() {
  here_.want();
  ask_others();
}

// Those whose streams are all taken, for more. Whether there is anything to connect to is found out
// here.
void Connections::ask_others() {
  const bool is_one_full = std::any_of(remotes_.begin(), remotes_.end(), [](const auto& remote) {
    return remote->free_streams() == 0;
  });
  if (!is_one_full || here_.streams() == 0) return;
  const base::BootTime now = clock_.boot();
  if (now - asked_ < kAskAgain) return;
  asked_ = now;
  for (const auto& remote : remotes_) {
    if (remote->free_streams() == 0) remote->want();
  }
}

void Connections::retire() {
  here_.retire();
  for (const auto& remote : remotes_) remote->retire();
}

void Connections::abort(const Error& error) {
  for (const auto& remote : remotes_) remote->abort(error);
  here_.abort(error);
}

void Connections::close(const Error& error) {
  here_.abort(error);
  for (const auto& remote : remotes_) remote->close(error);
}

const std::optional<ConnectionPool::Trouble>& Connections::trouble() const {
  static const std::optional<ConnectionPool::Trouble> kNone;
  const bool helped = std::any_of(remotes_.begin(), remotes_.end(),
                                  [](const auto& remote) { return remote->is_open(); });
  return helped ? kNone : here_.trouble();
}

}  // namespace herald::transport
