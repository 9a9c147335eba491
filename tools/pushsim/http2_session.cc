#include "tools/pushsim/http2_session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace pushsim {
namespace {

constexpr std::size_t kSpareMax = 64;
constexpr std::array<std::uint8_t, 8> kPingBeforeGoaway = {'g', 'o', 'a', 'w', 'a', 'y', '?', '?'};

Http2Session* self_of(void* user_data) { return static_cast<Http2Session*>(user_data); }

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

nghttp2_session_callbacks* Http2Session::callbacks() {
  static nghttp2_session_callbacks* const kCallbacks = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
    return made;
  }();
  return kCallbacks;
}

Http2Session::Http2Session(Service& service, SetTimer set_timer)
    : service_(service), set_timer_(std::move(set_timer)) {
  nghttp2_session_server_new(&session_, callbacks(), this);
  const Options& options = service.options();
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, options.frame_size},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 65536},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(options.connection_window));
}

Http2Session::~Http2Session() {
  while (!streams_.empty()) end_stream(streams_.begin()->first, false);
  nghttp2_session_del(session_);
}

bool Http2Session::receive(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) cut_ = true;
  return !cut_;
}

bool Http2Session::produce(std::string& out, std::size_t most) {
  while (out.size() < most) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) cut_ = true;
    if (size <= 0) break;
    out.append(text(data, static_cast<std::size_t>(size)));
  }
  return !cut_;
}

void Http2Session::on_timer(std::int32_t stream_id) {
  Stream* stream = find(stream_id);
  if (stream == nullptr) return;  // closed meanwhile
  if (stream->phase == Stream::Phase::held_back) {
    answer_now(*stream);
  } else if (stream->phase == Stream::Phase::answering) {
    stream->drip_due = true;
    nghttp2_session_resume_data(session_, stream_id);
  }
}

bool Http2Session::finished() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

int Http2Session::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame,
                                   void* user_data) noexcept {
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    self_of(user_data)->begin_stream(frame->hd.stream_id);
  }
  return 0;
}

int Http2Session::on_header(nghttp2_session* session, const nghttp2_frame* frame,
                            const std::uint8_t* name, std::size_t name_size,
                            const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                            void* user_data) noexcept {
  auto* stream =
      static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  if (stream != nullptr && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    self_of(user_data)->add_header(*stream, text(name, name_size), text(value, value_size));
  }
  return 0;
}

int Http2Session::on_data_chunk(nghttp2_session* session, std::uint8_t, std::int32_t stream_id,
                                const std::uint8_t* data, std::size_t size,
                                void* user_data) noexcept {
  auto* stream = static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, stream_id));
  if (stream != nullptr) self_of(user_data)->add_body(*stream, text(data, size));
  return 0;
}

int Http2Session::on_frame(nghttp2_session* session, const nghttp2_frame* frame,
                           void* user_data) noexcept {
  Http2Session* self = self_of(user_data);
  if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 &&
      std::memcmp(frame->ping.opaque_data, kPingBeforeGoaway.data(), 8) == 0) {
    // A round trip after the notice, so nothing the client sent before it knew is left out
    // (RFC 9113, 6.8).
    self->go_away(nghttp2_session_get_last_proc_stream_id(session));
    return 0;
  }
  const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (!of_request || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  auto* stream =
      static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, frame->hd.stream_id));
  return stream == nullptr ? 0 : self->request_complete(*stream);
}

int Http2Session::on_stream_close(nghttp2_session*, std::int32_t stream_id, std::uint32_t error,
                                  void* user_data) noexcept {
  self_of(user_data)->end_stream(stream_id, error == NGHTTP2_NO_ERROR);
  return 0;
}

Http2Session::Stream* Http2Session::find(std::int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2Session::begin_stream(std::int32_t id) {
  std::unique_ptr<Stream> stream;
  if (spare_.empty()) {
    stream = std::make_unique<Stream>();
  } else {
    stream = std::move(spare_.back());
    spare_.pop_back();
  }
  stream->id = id;
  nghttp2_session_set_stream_user_data(session_, id, stream.get());
  streams_.emplace(id, std::move(stream));
  service_.request_began();
}

void Http2Session::add_header(Stream& stream, std::string_view name, std::string_view value) {
  if (name == ":method") {
    stream.method = value;
  } else if (name == ":path") {
    stream.path = value;
  } else if (name == "authorization") {
    stream.authorization = value;
  } else if (name == "push-type") {
    stream.push_type = value;
  } else if (name == "content-length" && service_.wants_body()) {
    std::size_t size = 0;
    std::from_chars(value.data(), value.data() + value.size(), size);
    stream.body.reserve(std::min(size, kBodyBytesMax));
  }
}

void Http2Session::add_body(Stream& stream, std::string_view bytes) {
  if (!service_.wants_body() || stream.body_too_large) return;
  if (stream.body.size() + bytes.size() > kBodyBytesMax) {
    stream.body_too_large = true;
    stream.body.clear();
    return;
  }
  for (std::size_t done = 0; done < bytes.size(); done += kCopyPiece) {
    stream.body.append(bytes.substr(done, kCopyPiece));
  }
}

int Http2Session::request_complete(Stream& stream) {
  if (goaway_last_id_ >= 0 && stream.id > goaway_last_id_) return 0;
  const RequestHead head{stream.method, stream.path, stream.authorization, stream.push_type};
  if (Service::is_probe(head)) {
    stream.answer = service_.answer_probe();
    stream.handled = true;
    handled_id_max_ = std::max(handled_id_max_, stream.id);
    carry_out(stream);
    return 0;
  }
  FaultChoice choice = service_.draw_fault();
  if (choice.fault == Fault::goaway || (goaway_put_off_ && choice.fault == Fault::none)) {
    // GOAWAY says that nothing above its last id was processed. If a later stream was, this fault
    // waits for a request for which that is true.
    goaway_put_off_ = stream.id < handled_id_max_;
    choice.fault = goaway_put_off_ ? Fault::none : Fault::goaway;
  }
  stream.answer = service_.handle(head, stream.body, choice);
  if (stream.body_too_large) {
    stream.answer = {};
    stream.answer.status = 413;
    stream.answer.content_type = {};
  }
  stream.handled = true;
  if (choice.fault != Fault::goaway && choice.fault != Fault::refused) {
    handled_id_max_ = std::max(handled_id_max_, stream.id);
  }
  ++requests_;
  carry_out(stream);
  const std::uint64_t every = service_.options().goaway_every;
  if (every != 0 && requests_ == every && goaway_last_id_ < 0) announce_goaway();
  return cut_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

void Http2Session::carry_out(Stream& stream) {
  const auto reset = [&](std::uint32_t code) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, code);
  };
  switch (stream.answer.fault) {
    case Fault::refused:
      return reset(NGHTTP2_REFUSED_STREAM);
    case Fault::rst_before:
    case Fault::rst_after:
      return reset(NGHTTP2_INTERNAL_ERROR);
    case Fault::drop_before:
    case Fault::drop_after:
      cut_ = true;
      return;
    case Fault::never:
      return;
    case Fault::goaway:
      return go_away(std::max(0, stream.id - 2));
    case Fault::goaway_last:
      go_away(std::max(stream.id, handled_id_max_));
      break;
    default:
      break;
  }
  if (stream.answer.delay.count() == 0) return answer_now(stream);
  stream.phase = Stream::Phase::held_back;
  set_timer_(stream.answer.delay, stream.id);
}

void Http2Session::answer_now(Stream& stream) {
  stream.phase = Stream::Phase::answering;
  const Answer& answer = stream.answer;
  const std::string status = std::to_string(answer.status);
  const std::string length = std::to_string(answer.body.size());
  std::array<nghttp2_nv, 5> fields{};
  std::size_t count = 0;
  fields[count++] = field(":status", status);
  fields[count++] = field("date", service_.date_header());
  fields[count++] = field("content-length", length);
  if (!answer.content_type.empty()) fields[count++] = field("content-type", answer.content_type);
  if (!answer.location.empty()) fields[count++] = field("location", answer.location);
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = read_answer;
  nghttp2_submit_response(session_, stream.id, fields.data(), count,
                          answer.body.empty() ? nullptr : &provider);
}

ssize_t Http2Session::read_answer(nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                                  std::size_t room, std::uint32_t* flags,
                                  nghttp2_data_source* source, void* user_data) noexcept {
  auto& stream = *static_cast<Stream*>(source->ptr);
  std::size_t count = std::min(room, stream.answer.body.size() - stream.sent);
  if (stream.answer.fault == Fault::drip) {
    if (!stream.drip_due) {
      self_of(user_data)->set_timer_(kDripEvery, stream.id);
      return NGHTTP2_ERR_DEFERRED;
    }
    stream.drip_due = false;
    count = std::min<std::size_t>(count, 1);
  }
  std::copy_n(stream.answer.body.data() + stream.sent, count, buffer);
  stream.sent += count;
  if (stream.sent == stream.answer.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

void Http2Session::go_away(std::int32_t last_stream_id) {
  if (goaway_last_id_ >= 0) last_stream_id = std::min(last_stream_id, goaway_last_id_);
  goaway_last_id_ = last_stream_id;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream_id, NGHTTP2_NO_ERROR, nullptr, 0);
}

void Http2Session::announce_goaway() {
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kPingBeforeGoaway.data());
}

void Http2Session::end_stream(std::int32_t id, bool delivered) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  std::unique_ptr<Stream> stream = std::move(found->second);
  streams_.erase(found);
  if (stream->handled && !delivered) service_.answer_not_delivered(stream->answer, cut_);
  service_.request_ended(stream->answer);
  if (spare_.size() >= kSpareMax) return;
  // The strings keep their memory: a body of 118 KB is not allocated anew for every request.
  Stream fresh;
  for (std::string Stream::*text : {&Stream::method, &Stream::path, &Stream::authorization,
                                    &Stream::push_type, &Stream::body}) {
    ((*stream).*text).clear();
    std::swap(fresh.*text, (*stream).*text);
  }
  *stream = std::move(fresh);
  spare_.push_back(std::move(stream));
}

}  // namespace pushsim
