#include "engine/transport/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "engine/transport/exchange.h"
#include "engine/transport/session.h"

namespace herald::transport {

struct Connection::Host final : SessionHost {
  explicit Host(Connection& connection) : self(connection) {}

  void on_usable() override {
    if (self.state_ != State::connecting) return;
    self.state_ = State::open;
    self.opened_ = true;
    self.opened_at_ = self.idle_since_ = self.clock_.boot();
  }
  void on_going() override { self.going_ = true; }
  void on_end(Exchange& exchange, End how) override {
    if (how == End::answered) self.has_answered_ = true;
    self.finish(exchange, how);
  }
  Exchange* open_exchange(std::int32_t stream) override {
    for (const auto& exchange : self.exchanges_) {
      if (exchange->open && exchange->stream == stream) return exchange.get();
    }
    return nullptr;
  }

  Connection& self;
};

Connection::Connection(Owner& owner, StreamFactory& factory, base::Executor& executor,
                       const base::Clock& clock, const Timing& timing)
    : owner_(owner),
      clock_(clock),
      timing_(timing),
      host_(std::make_unique<Host>(*this)),
      timer_(executor),
      close_timer_(executor),
      idle_since_(clock.boot()),
      connect_deadline_(idle_since_ + timing.connect) {
  stream_ = factory.connect(*this);
  arm();
}

Connection::~Connection() = default;

void Connection::on_open(Protocol protocol) {
  session_ = protocol == Protocol::http2 ? make_http2_session(*host_, *stream_, clock_, timing_)
                                         : make_http1_session(*host_, *stream_, clock_, timing_);
  if (session_ == nullptr) return close({Errc::unreachable, "no memory for an HTTP/2 session"});
  session_->generate();
  flush();
  arm();
  if (is_open()) owner_.on_capacity(*this);
}

bool Connection::can_take() const {
  return is_open() && streams_open_ < session_->streams_max() && session_->has_room() &&
         stream_->accepts_more();
}

std::uint32_t Connection::free_streams() const {
  if (!is_open()) return 0;
  const std::uint32_t limit = session_->streams_max();
  return limit > streams_open_ ? limit - streams_open_ : 0;
}

bool Connection::blocked_by_peer() const {
  return is_open() && (streams_open_ >= session_->streams_max() || session_->starved());
}

void Connection::submit(const Request& request, void* tag) {
  assert(can_take());
  if (spare_.empty()) {
    exchanges_.push_back(std::make_unique<Exchange>());
    spare_.push_back(exchanges_.back().get());
  }
  Exchange& exchange = *spare_.back();
  spare_.pop_back();
  const base::BootTime begun = request.begun == base::BootTime{} ? clock_.boot() : request.begun;
  exchange.begin(request, tag, begun, timing_.request);
  ++streams_open_;
  if (!session_->submit(request, exchange)) {
    going_ = true;
    finish(exchange, End::lost);
    close_timer_.arm(clock_.boot(), [this] { after_input(); });
    return;
  }
  deadlines_.push_back({exchange.deadline, &exchange, exchange.stream});
  arm();
  session_->generate();
}

void Connection::flush() {
  if (state_ != State::closed) stream_->flush();
}

void Connection::on_data(std::span<const std::uint8_t> bytes) {
  if (state_ == State::closed) return;
  if (const auto taken = session_->receive(bytes); !taken) return close(taken.error());
  after_input();
}

// Sends what the session has to say, tells what ended, and closes when there is nothing left to
// say.
void Connection::after_input() {
  if (state_ == State::closed) return;
  session_->generate();
  flush();
  deliver();
  if (state_ == State::closed) return;
  if (session_->over() || ((going_ || state_ == State::draining) && streams_open_ == 0)) {
    return close({Errc::unreachable, "the peer closed the session"});
  }
  if (streams_open_ == 0) arm();
  owner_.on_capacity(*this);
}

void Connection::finish(Exchange& exchange, End how) {
  exchange.how = how;
  exchange.may_have_left = exchange.end != 0 && stream_->may_have_left(exchange.end);
  exchange.open = false;
  ended_.push_back(&exchange);
}

void Connection::deliver() {
  for (std::size_t i = 0; i < ended_.size(); ++i) {
    Exchange& exchange = *ended_[i];
    --streams_open_;
    owner_.on_ended(*this, exchange.tag,
                    {exchange.how, exchange.may_have_left, exchange.status, exchange.oversize,
                     exchange.answer, exchange.begun, exchange.date});
    spare_.push_back(&exchange);
  }
  ended_.clear();
  if (streams_open_ == 0) idle_since_ = clock_.boot();
}

void Connection::drain() {
  if (state_ == State::open) state_ = State::draining;
  if (streams_open_ == 0) {
    close_timer_.arm(clock_.boot(), [this] { close({Errc::unreachable, "closed when idle"}); });
  }
}

void Connection::on_closed(const Error& error, bool finished) {
  if (finished && session_ != nullptr && state_ != State::closed) session_->finish();
  close(error);
}

void Connection::close(const Error& error) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  timer_.cancel();
  close_timer_.cancel();
  for (const auto& exchange : exchanges_) {
    if (exchange->open) finish(*exchange, End::lost);
  }
  deliver();
  stream_->close();
  owner_.on_closed(*this, error, opened_);
}

base::BootTime Connection::next_event() const {
  if (state_ == State::connecting) return connect_deadline_;
  base::BootTime next = session_->next_event(streams_open_ > 0);
  if (!deadlines_.empty()) next = std::min(next, deadlines_.front().when);
  return next;
}

// Going off too early costs less than moving it each time something changes.
void Connection::arm() {
  const base::BootTime next = next_event();
  if (next == base::BootTime::max() || (timer_.armed() && timer_at_ <= next)) return;
  timer_at_ = std::max(next, clock_.boot() + std::chrono::milliseconds{1});
  timer_.arm(timer_at_, [this] { on_timer(); });
}

void Connection::on_timer() {
  const base::BootTime now = clock_.boot();
  if (state_ == State::connecting) {
    if (now >= connect_deadline_) {
      return close({Errc::unreachable,
                    fmt::format("no usable connection within {} ms", timing_.connect.count())});
    }
    return arm();
  }
  if (const auto kept = expire_requests(now); !kept) return close(kept.error());
  if (const auto kept = session_->on_time(now, streams_open_ > 0); !kept) {
    return close(kept.error());
  }
  arm();
  after_input();
}

Result<void> Connection::expire_requests(base::BootTime now) {
  while (!deadlines_.empty()) {
    const Deadline next = deadlines_.front();
    Exchange& exchange = *next.exchange;
    if (exchange.open && exchange.stream == next.stream) {
      if (next.when > now) return {};
      // It ends now, not when RST_STREAM leaves: the socket may be full for good.
      const Result<void> kept = session_->cancel(exchange);
      finish(exchange, End::deadline);
      if (!kept) return kept.error();
      // The connection lives on, so what the byte stream holds of the request will yet leave.
      exchange.may_have_left = exchange.end != 0;
    }
    deadlines_.pop_front();
  }
  return {};
}

}  // namespace herald::transport
