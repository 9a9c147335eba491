#include "tests/support/service_connection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace herald::test {

struct ServiceConnection::Stream {
  std::int32_t id = 0;
  Arrival arrival;
  Plan plan;
  std::string body;
  bool arrived = false;  // counted as a request
  bool probe = false;
  bool ignored = false;
  bool answered = false;
  Reply reply;
  std::size_t sent = 0;  // of reply.body
};

namespace {

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

struct ServiceConnection::Callbacks {
  static ServiceConnection& self(void* user) noexcept {
    return *static_cast<ServiceConnection*>(user);
  }
  static Stream* find(void* user, std::int32_t id) noexcept {
    const auto found = self(user).streams_.find(id);
    return found == self(user).streams_.end() ? nullptr : found->second.get();
  }
  static int on_begin(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    if (find(user, frame->hd.stream_id) == nullptr) self(user).begin(frame->hd.stream_id);
    return 0;
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) noexcept {
    Stream* stream = find(user, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    const std::string_view key{reinterpret_cast<const char*>(name), name_size};
    const std::string text{reinterpret_cast<const char*>(value), value_size};
    if (key == ":method") self(user).method_known(*stream, text);
    if (key == "authorization") stream->arrival.authorization = text;
    if (key == "push-type") stream->arrival.push_type = text;
    if (key == ":path") stream->arrival.path = text;
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                     std::size_t size, void* user) noexcept {
    if (Stream* stream = find(user, id)) {
      self(user).on_body(*stream, {reinterpret_cast<const char*>(bytes), size});
    }
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Stream* stream = find(user, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) self(user).headers_done(*stream);
    const bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (last && (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS)) {
      self(user).body_done(*stream);
    }
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) noexcept {
    Stream* stream = find(user, id);
    if (stream == nullptr) return 0;
    if (stream->arrived) --self(user).service_.open_;
    self(user).streams_.erase(id);
    return 0;
  }
  static ssize_t read_answer(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                             std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const std::size_t size = std::min(room, stream.reply.body.size() - stream.sent);
    std::memcpy(to, stream.reply.body.data() + stream.sent, size);
    stream.sent += size;
    if (stream.sent == stream.reply.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
};

ServiceConnection::ServiceConnection(ServiceModel& service, VirtualExecutor& executor, Wire& wire)
    : service_(service), executor_(executor), wire_(wire) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::on_begin);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, service.settings.updates_windows ? 0 : 1);
  nghttp2_option_set_max_send_header_block_length(option, 1 << 20);
  nghttp2_session_server_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (!service.settings.sends_settings) return;
  const nghttp2_settings_entry entries[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, service.settings.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, service.settings.initial_window},
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries, 2);
  executor_.post([this, alive = wire_.weak_from_this()] {
    if (!alive.expired()) pump();
  });
}

ServiceConnection::~ServiceConnection() {
  nghttp2_session_del(session_);
  for (const auto& [id, stream] : streams_) service_.open_ -= stream->arrived ? 1 : 0;
}

void ServiceConnection::set_streams_max(std::uint32_t streams) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
  pump();
}

void ServiceConnection::set_initial_window(std::uint32_t bytes) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, bytes};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
  pump();
}

void ServiceConnection::goaway(std::int32_t last_stream) {
  submit_goaway(last_stream);
  pump();
}

void ServiceConnection::submit_goaway(std::int32_t last_stream) {
  last_stream_ = std::min(last_stream_, last_stream);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream_, NGHTTP2_NO_ERROR, nullptr, 0);
}

void ServiceConnection::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  pump();
}

void ServiceConnection::open_windows(std::int32_t bytes) {
  nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, 0, bytes);
  for (const auto& [id, stream] : streams_) {
    nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, id, bytes);
  }
  pump();
}

void ServiceConnection::on_bytes(std::span<const std::uint8_t> bytes) {
  if (gone_ || cut_) return;
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (taken < 0) cut_ = true;
  if (cut_) return wire_.cut();
  pump();
}

ServiceConnection::Stream& ServiceConnection::begin(std::int32_t id) {
  auto stream = std::make_unique<Stream>();
  stream->id = id;
  stream->ignored = id > last_stream_;
  return *(streams_[id] = std::move(stream));
}

// The first field there is.
void ServiceConnection::method_known(Stream& stream, const std::string& method) {
  stream.probe = method == "GET";
  stream.arrived = !stream.probe;
  if (stream.probe) {
    stream.plan = service_.on_probe;
    return;
  }
  EXPECT_EQ(method, "POST");
  stream.arrival = service_.arrive();
  stream.plan = service_.plan_for(stream.arrival.index);
}

void ServiceConnection::headers_done(Stream& stream) {
  if (stream.ignored) return;
  switch (stream.plan.wire) {
    case Plan::Wire::refuse_stream:
      stream.ignored = true;
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_REFUSED_STREAM);
      break;
    case Plan::Wire::goaway_below:
      stream.ignored = true;
      submit_goaway(std::max(0, stream.id - 2));
      break;
    case Plan::Wire::goaway_at:
      submit_goaway(stream.id);
      break;
    case Plan::Wire::answer_early:
      stream.reply = stream.plan.reply({});
      respond(stream);
      break;
    default:
      break;
  }
}

void ServiceConnection::on_body(Stream& stream, std::string_view bytes) {
  if (stream.plan.wire == Plan::Wire::cut_in_body) cut_ = true;
  if (!stream.ignored) stream.body += bytes;
}

void ServiceConnection::body_done(Stream& stream) {
  if (stream.ignored || cut_ || stream.plan.wire == Plan::Wire::answer_early) return;
  if (stream.probe) {
    stream.reply =
        service_.answer_probe(stream.arrival.path, !stream.arrival.authorization.empty());
  } else {
    stream.arrival.read(stream.body);
    if (stream.plan.queued > Duration{}) return queue(stream);
    stream.reply = service_.process(stream.arrival, stream.plan);
  }
  processed(stream);
}

void ServiceConnection::queue(Stream& stream) {
  executor_.run_at(executor_.boot() + stream.plan.queued,
                   [this, &service = service_, id = stream.id, arrival = stream.arrival,
                    plan = stream.plan, alive = wire_.weak_from_this()] {
                     Reply reply = service.process(arrival, plan);
                     if (alive.expired() || gone_ || cut_) return;
                     const auto found = streams_.find(id);
                     if (found == streams_.end()) return;
                     found->second->reply = std::move(reply);
                     processed(*found->second);
                     pump();
                   });
}

void ServiceConnection::processed(Stream& stream) {
  switch (stream.plan.wire) {
    case Plan::Wire::reset:
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, stream.plan.reset_code);
      return;
    case Plan::Wire::cut:
      cut_ = true;
      return;
    case Plan::Wire::silent:
      return;
    default:
      break;
  }
  executor_.run_at(executor_.boot() + service_.settings.thinks + stream.plan.delay,
                   [this, id = stream.id, alive = wire_.weak_from_this()] {
                     if (!alive.expired() && !gone_ && !cut_) answer(id);
                   });
}

void ServiceConnection::answer(std::int32_t id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  respond(*found->second);
  pump();
}

void ServiceConnection::respond(Stream& stream) {
  stream.answered = true;
  const std::string status = std::to_string(stream.reply.status);
  const std::string type = "application/json";
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < stream.plan.more_headers; ++i) {
    names.push_back(fmt::format("x-{}", i));
    values.emplace_back(stream.plan.header_bytes, 'v');
  }
  std::vector<nghttp2_nv> fields{field(":status", status), field("content-type", type)};
  const std::string date = service_.date();
  if (service_.sends_dates) fields.push_back(field("date", date));
  for (std::size_t i = 0; i < names.size(); ++i) fields.push_back(field(names[i], values[i]));
  nghttp2_data_provider body{{.ptr = &stream}, Callbacks::read_answer};
  nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), &body);
}

void ServiceConnection::pump() {
  if (gone_ || cut_) return;
  std::vector<std::uint8_t> all;  // in one piece, as a server gathers it
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;
    all.insert(all.end(), bytes, bytes + size);
  }
  if (!all.empty()) wire_.peer_send(all);
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) {
    cut_ = true;
    wire_.cut();
  }
}

}  // namespace herald::test
