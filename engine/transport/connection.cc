#include "engine/transport/connection.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

#include "engine/transport/exchange.h"

namespace herald::transport {
namespace {

// 9 bytes of frame header and this make one TLS record of 16384.
constexpr std::size_t kDataBytes = 16375;

constexpr std::int32_t kStreamWindow = 2 << 20;  // answers are at most 1 MiB
constexpr std::int32_t kConnectionWindow = 16 << 20;
constexpr std::uint32_t kHeaderListBytesMax = 64 << 10;  // I49
constexpr std::size_t kHeaderFieldsMax = 100;            // I49
constexpr std::size_t kHeaderFieldOverhead = 32;         // RFC 9113 6.5.2

nghttp2_nv header(std::string_view name, std::string_view value, std::uint8_t flags) {
  // nghttp2 copies names and values unless told not to, and does not write to them.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), flags};
}

}  // namespace

// Called by nghttp2; `user` is the connection, a stream's own data its exchange.
struct Connection::Callbacks {
  static Exchange* exchange(nghttp2_session* session, std::int32_t stream) noexcept {
    return static_cast<Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept {
    auto& self = *static_cast<Connection*>(user);
    auto& exchange = *static_cast<Exchange*>(source->ptr);
    const std::size_t copied = exchange.copy_body(to, std::min(room, kDataBytes));
    if (exchange.exhausted()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      exchange.body_done = true;
      --self.bodies_open_;
      self.ending_.push_back(&exchange);
    }
    return static_cast<ssize_t>(copied);
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) noexcept {
    Exchange* of = exchange(session, frame->hd.stream_id);
    if (of == nullptr) return 0;
    of->header_bytes += name_size + value_size + kHeaderFieldOverhead;
    if (++of->fields > kHeaderFieldsMax || of->header_bytes > kHeaderListBytesMax) {
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    const std::string_view field{reinterpret_cast<const char*>(name), name_size};
    if (field == ":status") {
      const char* text = reinterpret_cast<const char*>(value);
      std::from_chars(text, text + value_size, of->status);
    }
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                     const std::uint8_t* bytes, std::size_t size, void*) noexcept {
    Exchange* of = exchange(session, stream);
    if (of == nullptr || of->oversize) return 0;
    if (of->answer.size() + size > kAnswerBytesMax) {
      of->oversize = true;
      return 0;
    }
    of->answer.append(reinterpret_cast<const char*>(bytes), size);
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    auto& self = *static_cast<Connection*>(user);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        // Streams are opened by the peer's own limits, so not before they are known (I52).
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 && self.state_ == State::connecting) {
          self.state_ = State::open;
          self.opened_ = true;
          self.opened_at_ = self.clock_.boot();
        }
        break;
      case NGHTTP2_GOAWAY:
        // Streams above the last one are closed by nghttp2 as REFUSED_STREAM.
        self.peer_going_ = true;
        break;
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          if (Exchange* of = exchange(session, frame->hd.stream_id)) of->complete = true;
        }
        break;
      default:
        break;
    }
    return 0;
  }

  static int on_stream_close(nghttp2_session* session, std::int32_t stream, std::uint32_t code,
                             void* user) noexcept {
    auto& self = *static_cast<Connection*>(user);
    Exchange* of = exchange(session, stream);
    if (of == nullptr || !of->open) return 0;
    End how = End::reset;
    // A whole answer counts, even if the server then resets the rest of our body (RFC 9113 8.1).
    if (of->complete && of->status != 0) {
      how = End::answered;
      self.has_answered_ = true;
    } else if (code == NGHTTP2_REFUSED_STREAM) {
      how = End::refused;
    }
    self.finish(*of, how);
    return 0;
  }

  // A request that nghttp2 gave up before its stream was opened, after a GOAWAY for one.
  static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) noexcept {
    auto& self = *static_cast<Connection*>(user);
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    for (const auto& of : self.exchanges_) {
      if (of->open && of->stream == frame->hd.stream_id) self.finish(*of, End::lost);
    }
    return 0;
  }
};

Connection::Connection(Owner& owner, StreamFactory& factory, base::Executor& executor,
                       const base::Clock& clock, const Timing& timing)
    : owner_(owner),
      clock_(clock),
      timing_(timing),
      timer_(executor),
      close_timer_(executor),
      heard_(clock.boot()),
      idle_since_(heard_),
      connect_deadline_(heard_ + timing.connect) {
  stream_ = factory.connect(*this);
  arm();
}

Connection::~Connection() {
  if (session_ != nullptr) nghttp2_session_del(session_);
}

void Connection::on_open() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_stream_close);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, Callbacks::on_not_sent);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_max_settings(option, 32);
  nghttp2_option_set_max_outbound_ack(option, 1000);
  const int made = nghttp2_session_client_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (made != 0) return close({Errc::unreachable, "no memory for an HTTP/2 session"});

  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderListBytesMax},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  generate();
  flush();
}

std::uint32_t Connection::stream_limit() const {
  return std::min(kStreamsMax, nghttp2_session_get_remote_settings(
                                   session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
}

bool Connection::has_window() const { return nghttp2_session_get_remote_window_size(session_) > 0; }

bool Connection::can_take() const {
  return is_open() && bodies_open_ == 0 && streams_open_ < stream_limit() && has_window() &&
         stream_->accepts_more();
}

std::uint32_t Connection::free_streams() const {
  if (!is_open()) return 0;
  const std::uint32_t limit = stream_limit();
  return limit > streams_open_ ? limit - streams_open_ : 0;
}

bool Connection::blocked_by_peer() const {
  if (!is_open()) return false;
  // A body that is begun while the socket has room waits for a window.
  return streams_open_ >= stream_limit() || !has_window() ||
         (bodies_open_ > 0 && stream_->accepts_more());
}

void Connection::submit(const Request& request, void* tag) {
  assert(can_take());
  if (spare_.empty()) {
    exchanges_.push_back(std::make_unique<Exchange>());
    spare_.push_back(exchanges_.back().get());
  }
  Exchange& exchange = *spare_.back();
  exchange.tag = tag;
  exchange.body = request.body;
  exchange.part = exchange.at = 0;
  exchange.body_done = exchange.complete = exchange.oversize = false;
  exchange.open = true;
  exchange.end = 0;
  exchange.status = 0;
  exchange.fields = exchange.header_bytes = 0;
  exchange.answer.clear();
  exchange.deadline = clock_.boot() + timing_.request;

  std::array<char, 20> length{};
  const auto length_end =
      std::to_chars(length.data(), length.data() + length.size(), request.body_bytes()).ptr;
  // nghttp2 never lets a peer index `authorization` (RFC 7541 7.1.3), so its 700 bytes go out each
  // time. The length differs from request to request and would only push others out of the table.
  const std::array<nghttp2_nv, 8> headers{{
      header(":method", "POST", NGHTTP2_NV_FLAG_NONE),
      header(":scheme", "https", NGHTTP2_NV_FLAG_NONE),
      header(":authority", request.authority, NGHTTP2_NV_FLAG_NONE),
      header(":path", request.path, NGHTTP2_NV_FLAG_NONE),
      header("content-type", "application/json", NGHTTP2_NV_FLAG_NONE),
      header("authorization", request.authorization, NGHTTP2_NV_FLAG_NONE),
      header("push-type", request.push_type, NGHTTP2_NV_FLAG_NONE),
      header("content-length",
             {length.data(), static_cast<std::size_t>(length_end - length.data())},
             NGHTTP2_NV_FLAG_NO_INDEX),
  }};
  nghttp2_data_provider body{{.ptr = &exchange}, Callbacks::read_body};
  exchange.stream =
      nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), &body, &exchange);
  spare_.pop_back();
  ++streams_open_;
  ++bodies_open_;
  if (exchange.stream < 0) {
    // Stream ids are used up (RFC 9113 5.1.1) or memory is: this connection is done.
    peer_going_ = true;
    finish(exchange, End::lost);
    close_timer_.arm(clock_.boot(), [this] { after_input(); });
    return;
  }
  deadlines_.push_back({exchange.deadline, &exchange, exchange.stream});
  if (!timer_.armed() || next_event() < timer_at_) arm();
  generate();
}

void Connection::generate() {
  in_nghttp2_ = true;
  while (stream_->accepts_more()) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;  // an error shows again in the next mem_recv, or as a request's deadline
    stream_->write({bytes, static_cast<std::size_t>(size)});
    for (Exchange* exchange : ending_) exchange->end = stream_->written();
    ending_.clear();
  }
  in_nghttp2_ = false;
}

void Connection::flush() {
  if (state_ != State::closed) stream_->flush();
}

void Connection::on_data(std::span<const std::uint8_t> bytes) {
  if (state_ == State::closed) return;
  heard_ = clock_.boot();
  ping_out_ = false;  // whatever came, the peer lives
  in_nghttp2_ = true;
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  in_nghttp2_ = false;
  if (taken < 0) {
    return close({Errc::unreachable, fmt::format("the peer breaks HTTP/2: {}",
                                                 nghttp2_strerror(static_cast<int>(taken)))});
  }
  after_input();
}

// Sends what nghttp2 has to say, tells what ended, and closes when there is nothing left to say.
void Connection::after_input() {
  if (state_ == State::closed) return;
  generate();
  flush();
  deliver();
  if (state_ == State::closed) return;
  const bool over =
      nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  if (over || ((peer_going_ || state_ == State::draining) && streams_open_ == 0)) {
    return close({Errc::unreachable, "the peer closed the session"});
  }
  owner_.on_capacity(*this);
}

void Connection::on_drained() { after_input(); }

void Connection::finish(Exchange& exchange, End how) {
  exchange.how = how;
  exchange.may_have_left = exchange.end != 0 && stream_->may_have_left(exchange.end);
  if (!exchange.body_done) --bodies_open_;
  exchange.body_done = true;
  exchange.open = false;
  // It may serve another stream before nghttp2 has closed this one.
  nghttp2_session_set_stream_user_data(session_, exchange.stream, nullptr);
  ending_.erase(std::remove(ending_.begin(), ending_.end(), &exchange), ending_.end());
  ended_.push_back(&exchange);
}

void Connection::deliver() {
  assert(!in_nghttp2_);
  for (std::size_t i = 0; i < ended_.size(); ++i) {
    Exchange& exchange = *ended_[i];
    --streams_open_;
    owner_.on_ended(*this, exchange.tag,
                    {exchange.how, exchange.may_have_left, exchange.status, exchange.oversize,
                     exchange.answer});
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

void Connection::on_closed(const Error& error) { close(error); }

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
  base::BootTime next = base::BootTime::max();
  if (state_ == State::connecting) next = connect_deadline_;
  if (!deadlines_.empty()) {
    next = std::min(next, deadlines_.front().when);
    next = std::min(next, ping_out_ ? pinged_ + timing_.ping : heard_ + timing_.quiet);
  }
  return next;
}

void Connection::arm() {
  const base::BootTime next = next_event();
  if (next == base::BootTime::max()) return;
  timer_at_ = std::max(next, clock_.boot() + std::chrono::milliseconds{1});
  timer_.arm(timer_at_, [this] { on_timer(); });
}

void Connection::on_timer() {
  const base::BootTime now = clock_.boot();
  if (state_ == State::connecting) {
    if (now >= connect_deadline_) {
      return close({Errc::unreachable,
                    fmt::format("no HTTP/2 connection within {} ms", timing_.connect.count())});
    }
    return arm();
  }
  expire_requests(now);
  if (ping_out_ && now - pinged_ >= timing_.ping) {
    return close({Errc::unreachable, "the peer is silent: no answer to PING"});
  }
  // An idle connection was quiet because nobody asked: the peer has its time from the PING on.
  if (!ping_out_ && streams_open_ > 0 && now - heard_ >= timing_.quiet) {
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    ping_out_ = true;
    pinged_ = now;
  }
  arm();
  after_input();
}

void Connection::expire_requests(base::BootTime now) {
  while (!deadlines_.empty()) {
    const Deadline next = deadlines_.front();
    Exchange& exchange = *next.exchange;
    if (exchange.open && exchange.stream == next.stream) {
      if (next.when > now) return;
      // It ends now, not when RST_STREAM leaves: the socket may be full for good. RST_STREAM goes
      // before any DATA of the stream, so the body is not looked at again.
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, next.stream, NGHTTP2_CANCEL);
      finish(exchange, End::deadline);
      // RST_STREAM is rationed by servers: go before 1000 of them make the peer close.
      if (++resets_sent_ >= kResetsMax) drain();
    }
    deadlines_.pop_front();
  }
}

}  // namespace herald::transport
