// An HTTP/2 client, nghttp2's, joined to a session of pushsim in memory. Timers fire when a test
// says so, so nothing waits.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/pushsim/support.h"
#include "tools/pushsim/http2_session.h"

namespace pushsim {

struct Seen {
  std::string date;
  std::string status;
  std::string body;
  bool ended = false;  // END_STREAM came
  bool closed = false;
  std::uint32_t error = 0;
};

class Wire {
 public:
  explicit Wire(const Options& options) : bench_(options) {
    session_ = std::make_unique<Http2Session>(
        bench_.service, [this](std::chrono::microseconds delay, std::int32_t stream) {
          timers_.push_back({delay, stream});
        });
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&client_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client_, 0, nullptr, 0);
  }
  ~Wire() { nghttp2_session_del(client_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Puts a request in line; exchange() carries it over.
  std::int32_t request(const std::string& body, std::string_view push_type = "0") {
    bodies_.push_back(std::make_unique<Source>(Source{body, 0, false}));
    nghttp2_data_provider provider{};
    provider.source.ptr = bodies_.back().get();
    provider.read_callback = read_body;
    const std::array<nghttp2_nv, 6> fields = {
        field(":method", "POST"),      field(":scheme", "https"),
        field(":authority", "x"),      field(":path", "/v3/1234567890/messages:send"),
        field("push-type", push_type), field("authorization", bench_.bearer)};
    return nghttp2_submit_request(client_, nullptr, fields.data(), fields.size(), &provider, this);
  }

  std::int32_t get(std::string_view path) {
    const std::array<nghttp2_nv, 4> fields{field(":method", "GET"), field(":scheme", "https"),
                                           field(":authority", "x"), field(":path", path)};
    return nghttp2_submit_request(client_, nullptr, fields.data(), fields.size(), nullptr, nullptr);
  }

  // As request(), but the last byte waits for finish().
  std::int32_t request_in_two(const std::string& body) {
    const std::int32_t stream = request(body);
    bodies_.back()->held = true;
    held_[stream] = bodies_.back().get();
    return stream;
  }
  void finish(std::int32_t stream) {
    held_[stream]->held = false;
    nghttp2_session_resume_data(client_, stream);
  }

  // Carries bytes both ways until neither side has more, or the server cuts the connection.
  void exchange() {
    std::string out;
    do {
      const std::uint8_t* data = nullptr;
      ssize_t size = 0;
      std::string in;
      while ((size = nghttp2_session_mem_send(client_, &data)) > 0) {
        in.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
      }
      if (!in.empty() && !session_->receive(in)) return;
      out.clear();
      session_->produce(out, std::size_t{1} << 20);
      note_goaway(out);
      nghttp2_session_mem_recv(client_, reinterpret_cast<const std::uint8_t*>(out.data()),
                               out.size());
    } while (!out.empty());
  }

  bool fire_timer() {
    if (timers_.empty()) return false;
    const auto [delay, stream] = timers_.front();
    timers_.erase(timers_.begin());
    delays_ += delay;
    session_->on_timer(stream);
    exchange();
    return true;
  }

  const Seen& seen(std::int32_t stream) { return seen_[stream]; }
  std::int32_t goaway_last_id() const { return goaway_last_id_; }
  std::chrono::microseconds waited() const { return delays_; }
  Http2Session& session() { return *session_; }
  void close() { session_.reset(); }
  const Accounts& accounts() const { return bench_.service.accounts(); }
  const ServiceCounters& counters() const { return bench_.service.counters(); }
  std::uint64_t accepted() const { return bench_.service.account().totals().accepted; }

 private:
  struct Source {
    std::string text;
    std::size_t sent;
    bool held;  // the last byte is
  };

  // From the frames themselves: a client without streams no longer looks at a second GOAWAY.
  void note_goaway(std::string_view frames) {
    const auto number = [&](std::size_t at, std::size_t bytes) {
      std::size_t value = 0;
      for (std::size_t i = 0; i < bytes; ++i) {
        value = value << 8 | static_cast<unsigned char>(frames[at + i]);
      }
      return value;
    };
    while (frames.size() >= 9) {
      if (frames[3] == NGHTTP2_GOAWAY) goaway_last_id_ = static_cast<std::int32_t>(number(9, 4));
      frames.remove_prefix(9 + number(0, 3));
    }
  }

  static nghttp2_nv field(std::string_view name, std::string_view value) {
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
            value.size(), NGHTTP2_NV_FLAG_NONE};
  }
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& body = *static_cast<Source*>(source->ptr);
    const std::size_t end = body.text.size() - (body.held ? 1 : 0);
    if (body.sent == end) return NGHTTP2_ERR_DEFERRED;
    const std::size_t count =
        body.text.copy(reinterpret_cast<char*>(to), std::min(room, end - body.sent), body.sent);
    body.sent += count;
    if (body.sent == body.text.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
  static Seen& of(void* self, std::int32_t stream) {
    return static_cast<Wire*>(self)->seen_[stream];
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* self) {
    if (std::string_view(reinterpret_cast<const char*>(name), name_size) == "date") {
      of(self, frame->hd.stream_id).date.assign(reinterpret_cast<const char*>(value), value_size);
    }
    if (std::string_view(reinterpret_cast<const char*>(name), name_size) == ":status") {
      of(self, frame->hd.stream_id).status.assign(reinterpret_cast<const char*>(value), value_size);
    }
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* self) {
    of(self, stream).body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS)) {
      of(self, frame->hd.stream_id).ended = true;
    }
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* self) {
    of(self, stream).closed = true;
    of(self, stream).error = error;
    return 0;
  }

  Bench bench_;
  std::vector<std::pair<std::chrono::microseconds, std::int32_t>> timers_;
  std::chrono::microseconds delays_{0};
  std::unique_ptr<Http2Session> session_;
  nghttp2_session* client_ = nullptr;
  std::vector<std::unique_ptr<Source>> bodies_;
  std::map<std::int32_t, Source*> held_;
  std::map<std::int32_t, Seen> seen_;
  std::int32_t goaway_last_id_ = -1;
};

}  // namespace pushsim
