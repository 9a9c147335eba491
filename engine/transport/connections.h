// All connections of an app: those of its dispatcher's own thread, which are called directly, and
// those of other sender threads. With one sender thread there is only the first kind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/transport/connection_pool.h"
#include "engine/transport/remote_pool.h"

namespace herald::transport {

// One thread, the first place's, but for on_capacity() of the owner.
class Connections final : private ConnectionPool::Owner, private RemotePool::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // on_capacity() follows, unless it came from within collect() or close().
    virtual void on_ended(void* tag, const Ended& ended) = 0;
    virtual void on_unsent(void* tag) = 0;  // from within those: it was not sent, and may be
    virtual void on_capacity() = 0;         // any sender thread: look again, and collect()
  };

  // `others`: threads beside the first. `connections_max`: of all of them.
  Connections(Owner& owner, const Place& here, std::span<const Place> others,
              const base::Clock& clock, const Timing& timing, std::uint32_t connections_max);

  // Whether a request can go now. `much`: there is more than one to send, so others shall help.
  bool can_take(bool much);
  // To whom can_take() has just found.
  void submit(const Request& request, void* tag);
  // One of this thread that can take a request now, or null.
  Connection* ready_here() { return here_.ready(); }
  void flush();
  // What came back from other threads.
  void collect();

  // As of a ConnectionPool.
  std::uint32_t free_streams() const;
  void want();
  void close_idle() { here_.close_idle(); }  // others see to that themselves
  void retire();
  // Those of other threads end their requests later.
  void abort(const Error& error);
  // All have ended when it returns. No other thread may run any more.
  void close(const Error& error);
  const std::optional<ConnectionPool::Trouble>& trouble() const;

 private:
  void on_ended(void* tag, const Ended& ended) override { owner_.on_ended(tag, ended); }
  void on_unsent(void* tag) override { owner_.on_unsent(tag); }
  void on_capacity() override { owner_.on_capacity(); }
  void on_far_news() override { owner_.on_capacity(); }
  bool finds_remote();
  void ask_others();

  Owner& owner_;
  const base::Clock& clock_;
  ConnectionPool here_;
  std::vector<std::unique_ptr<RemotePool>> remotes_;
  std::size_t remote_turn_ = 0;   // who is asked first
  Connection* direct_ = nullptr;  // what can_take() found
  RemotePool* remote_ = nullptr;  // or that
  base::BootTime asked_{};        // others for connections
};

}  // namespace herald::transport
