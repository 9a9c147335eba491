#include "engine/transport/remote_pool.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace herald::transport {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kAnswerBytesKept = 64 << 10;  // the usual is 100
constexpr std::chrono::seconds kLookForIdle{60};

}  // namespace

RemotePool::RemotePool(Owner& owner, const Place& place, const base::Clock& clock,
                       const Timing& timing, std::uint32_t connections_max)
    : owner_(owner),
      far_(place.executor),
      clock_(clock),
      wake_at_(kNever),
      pool_(*this, place.streams, place.executor, clock, place.random, timing, connections_max),
      held_timer_(place.executor),
      idle_timer_(place.executor) {}

RemotePool::~RemotePool() { assert(out_ == 0); }

std::uint64_t RemotePool::counts_as(const Handed& handed) {
  return std::max(handed.request.body_bytes(), kHandedCountsAsMin);
}

// --- home ---

std::uint32_t RemotePool::free_streams() const {
  const std::uint32_t streams = streams_.load(std::memory_order_relaxed);
  return streams > out_ ? streams - out_ : 0;
}

bool RemotePool::can_take() {
  if (free_streams() == 0) return false;
  if (!is_full()) return true;
  wake_at_.store(handed_ - kHandedBytesMax / 2, std::memory_order_seq_cst);
  return !is_full();
}

void RemotePool::hand(const Request& request, void* tag) {
  if (spare_.empty()) {
    all_.push_back(std::make_unique<Handed>());
    spare_.push_back(all_.back().get());
  }
  Handed& handed = *spare_.back();
  spare_.pop_back();
  handed.authorization.assign(request.authorization);
  handed.request = request;
  handed.request.authorization = handed.authorization;
  handed.request.begun = clock_.boot();
  handed.tag = tag;
  handed.sent = false;
  ++out_;
  handed_ += counts_as(handed);
  to_far_.enqueue(to_far_token_, &handed);
  unflushed_ = true;
}

void RemotePool::flush() {
  if (std::exchange(unflushed_, false)) ring();
}

void RemotePool::collect() {
  for (Handed* back = nullptr; to_home_.try_dequeue_from_producer(to_home_token_, back);) {
    --out_;
    if (back->sent) {
      back->ended.body = back->answer;
      owner_.on_ended(back->tag, back->ended);
    } else {
      owner_.on_unsent(back->tag);
    }
    if (back->answer.capacity() > kAnswerBytesKept) std::string{}.swap(back->answer);
    spare_.push_back(back);
  }
}

void RemotePool::abort(const Error& error) {
  if (stopped_.exchange(true, std::memory_order_relaxed)) return;
  abort_error_ = error;
  order(kAbort);
}

void RemotePool::close(const Error& error) {
  stopped_.store(true, std::memory_order_relaxed);
  pool_.abort(error);
  work(false);
  collect();
}

void RemotePool::order(Order what) {
  orders_.fetch_or(what, std::memory_order_acq_rel);
  ring();
}

void RemotePool::ring() {
  if (ringing_.exchange(true, std::memory_order_acq_rel)) return;
  far_.post([this, alive = std::weak_ptr{alive_}] {
    if (!alive.expired()) on_bell();
  });
}

// --- far ---

void RemotePool::on_bell() {
  ringing_.exchange(false, std::memory_order_acq_rel);
  const std::uint32_t orders = orders_.exchange(0, std::memory_order_acq_rel);
  if ((orders & kAbort) != 0) pool_.abort(abort_error_);
  if ((orders & kRetire) != 0) pool_.retire();
  work((orders & kWant) != 0);
}

// Called from within the events of connections, too, where they are at their end.
void RemotePool::work(bool wanted) {
  const bool stopped = stopped_.load(std::memory_order_relaxed);
  while (Handed* handed = next()) {
    if (stopped || clock_.boot() >= handed->request.begun + kHandedTime) {
      take(*handed);
      send_home(*handed);
      continue;
    }
    Connection* connection = pool_.ready();
    if (connection == nullptr) {
      held_ = handed;
      wanted = true;
      break;
    }
    take(*handed);
    connection->submit(handed->request, handed);
  }
  if (wanted && !stopped) pool_.want();
  pool_.flush();
  if (held_ != nullptr && !held_timer_.armed()) {
    held_timer_.arm(held_->request.begun + kHandedTime, [this] { work(false); });
  }
  publish();
}

RemotePool::Handed* RemotePool::next() {
  Handed* handed = std::exchange(held_, nullptr);
  if (handed == nullptr) to_far_.try_dequeue_from_producer(to_far_token_, handed);
  return handed;
}

void RemotePool::take(const Handed& handed) {
  taken_sum_ += counts_as(handed);
  taken_.store(taken_sum_, std::memory_order_seq_cst);
  if (taken_sum_ < wake_at_.load(std::memory_order_seq_cst)) return;
  wake_at_.store(kNever, std::memory_order_seq_cst);  // what home may want since, it wants again
  owner_.on_far_news();
}

void RemotePool::on_ended(void* tag, const Ended& ended) {
  Handed& handed = *static_cast<Handed*>(tag);
  handed.sent = true;
  handed.ended = ended;
  handed.answer.assign(ended.body);
  send_home(handed);
}

void RemotePool::send_home(Handed& handed) {
  to_home_.enqueue(to_home_token_, &handed);
  news_ = true;
}

void RemotePool::publish() {
  const bool stopped = stopped_.load(std::memory_order_relaxed);
  const std::uint32_t streams = stopped ? 0 : pool_.streams();
  if (streams > streams_.load(std::memory_order_relaxed)) news_ = true;
  streams_.store(streams, std::memory_order_relaxed);
  if (streams > 0 && !idle_timer_.armed()) {
    idle_timer_.arm(clock_.boot() + kLookForIdle, [this] {
      pool_.close_idle();
      work(false);
    });
  }
  if (std::exchange(news_, false)) owner_.on_far_news();
}

}  // namespace herald::transport
