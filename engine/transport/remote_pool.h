// The connections of an app on another sender thread than its dispatcher's. That one is "home", the
// other "far": TLS and framing, most of what a send costs, are done there.
//
//   home: hand() ──▶ to_far_ ──▶ far: submitted to a connection that can take it
//   home: collect() ◀── to_home_ ◀── far: how it ended; or unsent, as nothing could take it in time
//
// Each request comes back exactly once. What may be handed over is known without asking: far
// publishes how many streams there are and how much it has taken out of the queue. A side is woken
// once a burst, and not at all while it is at work. No lock and no allocation a request.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/transport/connection_pool.h"

namespace herald::transport {

// Handed over and not submitted yet, of one app and thread: so much keeps far at work until home
// has had its turn, and is what a crash leaves in doubt beside what is on its way.
inline constexpr std::size_t kHandedBytesMax = 512 << 10;
inline constexpr std::size_t kHandedCountsAsMin = 4 << 10;  // a small request: 128 of them
// Home looked at days, expiry and credentials when it handed a request over. It is not submitted
// later than this, but comes back.
inline constexpr std::chrono::milliseconds kHandedTime{100};

// A thread that connections are pinned to, and what belongs to it.
struct Place {
  base::Executor& executor;
  StreamFactory& streams;
  base::Random& random;
};

class RemotePool final : private ConnectionPool::Owner {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // Home, from within collect().
    virtual void on_ended(void* tag, const Ended& ended) = 0;
    virtual void on_unsent(void* tag) = 0;  // no byte of it left: as if it had not been handed over
    // Far: there is something to collect, or more can be handed over.
    virtual void on_far_news() = 0;
  };

  RemotePool(Owner& owner, const Place& place, const base::Clock& clock, const Timing& timing,
             std::uint32_t connections_max);
  ~RemotePool() override;

  // --- home's thread ---

  // Streams that requests could have, were nothing in the way.
  std::uint32_t free_streams() const;
  bool is_open() const { return streams_.load(std::memory_order_relaxed) > 0; }
  bool can_take();
  // Requires can_take(); the views of the request but `authorization` must live until it is back.
  void hand(const Request& request, void* tag);
  void flush();  // after the last of several
  void collect();
  void want() { order(kWant); }      // as of a pool
  void retire() { order(kRetire); }  // likewise
  // Nothing more is submitted, and all connections are closed; what was handed over comes back.
  void abort(const Error& error);
  // The same, and it is back when this returns. Neither thread may run any more.
  void close(const Error& error);

 private:
  struct Handed {
    Request request;
    std::string authorization;  // what the request's is a view of
    void* tag = nullptr;
    bool sent = false;  // what follows is how it ended
    Ended ended;
    std::string answer;  // keeps its capacity from request to request
  };
  using Queue = moodycamel::ConcurrentQueue<Handed*>;  // one producer, one consumer
  enum Order : std::uint32_t { kWant = 1, kRetire = 2, kAbort = 4 };

  static std::uint64_t counts_as(const Handed& handed);
  bool is_full() const {
    return handed_ - taken_.load(std::memory_order_seq_cst) >= kHandedBytesMax;
  }
  void order(Order what);
  void ring();

  // Far's.
  void on_bell();
  void work(bool wanted);
  Handed* next();
  void take(const Handed& handed);
  void send_home(Handed& handed);
  void publish();
  void on_ended(void* tag, const Ended& ended) override;
  void on_capacity() override { work(false); }

  Owner& owner_;
  base::Executor& far_;
  const base::Clock& clock_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for a bell after the end

  // --- home's ---
  std::vector<std::unique_ptr<Handed>> all_;  // no more than there were streams
  std::vector<Handed*> spare_;
  std::uint32_t out_ = 0;     // handed over and not back
  std::uint64_t handed_ = 0;  // so far, as counts_as() counts
  bool unflushed_ = false;
  Queue to_far_;
  moodycamel::ProducerToken to_far_token_{to_far_};

  // --- both: written by one, read by the other ---
  alignas(64) std::atomic<bool> ringing_{false};  // exchange, acq_rel: far sees what came before
  std::atomic<std::uint32_t> orders_{0};          // acq_rel: with abort_error_
  std::atomic<bool> stopped_{false};              // relaxed: far looks before each request
  Error abort_error_;
  // Both seq_cst: either home sees what was taken, or far sees that home waits.
  std::atomic<std::uint64_t> wake_at_;               // home waits until so much was taken
  alignas(64) std::atomic<std::uint64_t> taken_{0};  // of handed_, out of the queue
  std::atomic<std::uint32_t> streams_{0};            // relaxed: stands alone; news of it follow

  // --- far's ---
  alignas(64) ConnectionPool pool_;
  Queue to_home_;
  moodycamel::ProducerToken to_home_token_{to_home_};
  Handed* held_ = nullptr;  // the oldest, while no connection can take it
  std::uint64_t taken_sum_ = 0;
  bool news_ = false;
  base::Timer held_timer_;
  base::Timer idle_timer_;
};

}  // namespace herald::transport
