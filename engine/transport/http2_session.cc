#include "engine/transport/http2_session.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "engine/base/mutant.h"
#include "engine/transport/http_date.h"
#include "engine/transport/session.h"

namespace herald::transport {
namespace {

// 9 bytes of frame header and this make one TLS record of 16384.
constexpr std::size_t kDataBytes = 16375;

constexpr std::int32_t kStreamWindow = 2 << 20;  // answers are at most 1 MiB
constexpr std::int32_t kConnectionWindow = 16 << 20;

nghttp2_nv header(std::string_view name, std::string_view value, std::uint8_t flags) {
  // nghttp2 copies names and values unless told not to, and does not write to them.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), flags};
}

class Http2Session final : public Session {
 public:
  Http2Session(SessionHost& host, ByteStream& stream, const base::Clock& clock,
               const Timing& timing)
      : host_(host), stream_(stream), clock_(clock), timing_(timing), heard_(clock.boot()) {}
  ~Http2Session() override { nghttp2_session_del(session_); }
  bool start();

  std::uint32_t streams_max() const override {
    return std::min(kStreamsMax, nghttp2_session_get_remote_settings(
                                     session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
  }
  bool has_room() const override { return bodies_open_ == 0 && has_window(); }
  // A body that is begun while the socket has room waits for a window.
  bool starved() const override {
    return !has_window() || (bodies_open_ > 0 && stream_.accepts_more());
  }
  bool over() const override {
    return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  }
  bool submit(const Request& request, Exchange& exchange) override;
  void generate() override;
  Result<void> receive(std::span<const std::uint8_t> bytes) override;
  void finish() override {}  // a stream's answer ends with END_STREAM, or not at all
  Result<void> cancel(Exchange& exchange) override;
  base::BootTime next_event(bool busy) const override;
  Result<void> on_time(base::BootTime now, bool busy) override;

 private:
  struct Callbacks;  // nghttp2's, noexcept: they only forward
  friend struct Callbacks;

  bool submit_get(const Request& request, Exchange& exchange);
  bool has_window() const { return nghttp2_session_get_remote_window_size(session_) > 0; }
  void leave(Exchange& exchange);
  void end(Exchange& exchange, End how) {
    leave(exchange);
    host_.on_end(exchange, how);
  }

  SessionHost& host_;
  ByteStream& stream_;
  const base::Clock& clock_;
  const Timing& timing_;
  nghttp2_session* session_ = nullptr;
  std::vector<Exchange*> ending_;  // their last body byte is in the frame being written
  std::uint32_t bodies_open_ = 0;  // begun and not handed over
  std::uint32_t resets_sent_ = 0;
  base::BootTime heard_;
  bool ping_out_ = false;
  base::BootTime pinged_{};
};

// Called by nghttp2; `user` is the session, a stream's own data its exchange.
struct Http2Session::Callbacks {
  static Exchange* exchange(nghttp2_session* session, std::int32_t stream) noexcept {
    return static_cast<Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept {
    auto& self = *static_cast<Http2Session*>(user);
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
    if (!of->count_field(name_size, value_size)) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::string_view field{reinterpret_cast<const char*>(name), name_size};
    if (field == ":status") {
      const char* text = reinterpret_cast<const char*>(value);
      std::from_chars(text, text + value_size, of->status);
    } else if (field == "date") {
      of->date = parse_http_date({reinterpret_cast<const char*>(value), value_size});
    }
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                     const std::uint8_t* bytes, std::size_t size, void*) noexcept {
    if (Exchange* of = exchange(session, stream)) {
      of->take_answer(reinterpret_cast<const char*>(bytes), size);
    }
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
    auto& self = *static_cast<Http2Session*>(user);
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        // Streams are opened by the peer's own limits, so not before they are known (I52).
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.host_.on_usable();
        break;
      case NGHTTP2_GOAWAY:
        // Streams above the last one are closed by nghttp2 as REFUSED_STREAM.
        self.host_.on_going();
        if constexpr (base::mutant(base::Mutant::goaway_resends_all)) {
          for (std::int32_t stream = 1; stream <= frame->goaway.last_stream_id; stream += 2) {
            if (Exchange* of = exchange(session, stream)) self.end(*of, End::refused);
          }
        }
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
    Exchange* of = exchange(session, stream);
    if (of == nullptr || !of->open) return 0;
    End how = End::reset;
    // A whole answer counts, even if the server then resets the rest of our body (RFC 9113 8.1).
    if (of->complete && of->status != 0) {
      how = End::answered;
    } else if (code == NGHTTP2_REFUSED_STREAM) {
      how = End::refused;
    }
    static_cast<Http2Session*>(user)->end(*of, how);
    return 0;
  }

  // A request that nghttp2 gave up before its stream was opened, after a GOAWAY for one.
  static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* user) noexcept {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (Exchange* of = self.host_.open_exchange(frame->hd.stream_id)) self.end(*of, End::lost);
    return 0;
  }
};

bool Http2Session::start() {
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
  if (made != 0) return false;

  const std::array<nghttp2_settings_entry, 3> settings{{
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderListBytesMax},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  return true;
}

bool Http2Session::submit_get(const Request& request, Exchange& exchange) {
  const std::array<nghttp2_nv, 5> headers{{
      header(":method", "GET", NGHTTP2_NV_FLAG_NONE),
      header(":scheme", "https", NGHTTP2_NV_FLAG_NONE),
      header(":authority", request.authority, NGHTTP2_NV_FLAG_NONE),
      header(":path", request.path, NGHTTP2_NV_FLAG_NONE),
      header("cache-control", "no-cache", NGHTTP2_NV_FLAG_NONE),
  }};
  exchange.body_done = true;  // it has none
  exchange.stream =
      nghttp2_submit_request(session_, nullptr, headers.data(), headers.size(), nullptr, &exchange);
  return exchange.stream >= 0;
}

bool Http2Session::submit(const Request& request, Exchange& exchange) {
  if (request.method == Method::get) return submit_get(request, exchange);
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
  // Stream ids are used up (RFC 9113 5.1.1) or memory is: this connection is done.
  if (exchange.stream < 0) return false;
  ++bodies_open_;
  return true;
}

void Http2Session::generate() {
  while (stream_.accepts_more()) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;  // an error shows again in the next mem_recv, or as a request's deadline
    stream_.write({bytes, static_cast<std::size_t>(size)});
    for (Exchange* exchange : ending_) exchange->end = stream_.written();
    ending_.clear();
  }
}

Result<void> Http2Session::receive(std::span<const std::uint8_t> bytes) {
  heard_ = clock_.boot();
  ping_out_ = false;  // whatever came, the peer lives
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (taken >= 0) return {};
  return Error{Errc::unreachable, fmt::format("the peer breaks HTTP/2: {}",
                                              nghttp2_strerror(static_cast<int>(taken)))};
}

// It may serve another stream before nghttp2 has closed this one.
void Http2Session::leave(Exchange& exchange) {
  if (!exchange.body_done) --bodies_open_;
  exchange.body_done = true;
  nghttp2_session_set_stream_user_data(session_, exchange.stream, nullptr);
  ending_.erase(std::remove(ending_.begin(), ending_.end(), &exchange), ending_.end());
}

Result<void> Http2Session::cancel(Exchange& exchange) {
  // RST_STREAM goes before any DATA of the stream, so the body is not looked at again.
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, exchange.stream, NGHTTP2_CANCEL);
  leave(exchange);
  // RST_STREAM is rationed by servers: go before 1000 of them make the peer close.
  if (++resets_sent_ >= kResetsMax) host_.on_going();
  return {};
}

base::BootTime Http2Session::next_event(bool busy) const {
  if (!busy) return base::BootTime::max();
  return ping_out_ ? pinged_ + timing_.ping : heard_ + timing_.quiet;
}

Result<void> Http2Session::on_time(base::BootTime now, bool busy) {
  if (ping_out_ && now - pinged_ >= timing_.ping) {
    return Error{Errc::unreachable, "the peer is silent: no answer to PING"};
  }
  // An idle connection was quiet because nobody asked: the peer has its time from the PING on.
  if (!ping_out_ && busy && now - heard_ >= timing_.quiet) {
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    ping_out_ = true;
    pinged_ = now;
  }
  return {};
}

}  // namespace

std::unique_ptr<Session> make_http2_session(SessionHost& host, ByteStream& stream,
                                            const base::Clock& clock, const Timing& timing) {
  auto session = std::make_unique<Http2Session>(host, stream, clock, timing);
  if (!session->start()) return nullptr;
  return session;
}

}  // namespace herald::transport
