// HTTP/2 (RFC 9113) over nghttp2: requests go to the Service, the faults of the wire are done here.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tools/pushsim/service.h"
#include "tools/pushsim/session.h"

namespace pushsim {

class Http2Session : public Session {
 public:
  Http2Session(Service& service, SetTimer set_timer);
  ~Http2Session() override;

  bool receive(std::string_view bytes) override;
  bool produce(std::string& out, std::size_t most) override;
  void on_timer(std::int32_t stream_id) override;
  // GOAWAY was sent and every stream is closed, or the protocol was broken.
  bool finished() const override;
  bool cut() const override { return cut_; }

 private:
  struct Stream {
    std::int32_t id = 0;
    std::string method;
    std::string path;
    std::string authorization;
    std::string push_type;
    std::string body;
    bool body_too_large = false;
    enum class Phase { receiving, held_back, answering } phase = Phase::receiving;
    Answer answer;
    std::size_t sent = 0;  // of the answer's body
    bool drip_due = false;
    bool handled = false;  // the service has seen it
  };

  static nghttp2_session_callbacks* callbacks();
  static int on_begin_headers(nghttp2_session*, const nghttp2_frame*, void*) noexcept;
  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                       const std::uint8_t*, std::size_t, std::uint8_t, void*) noexcept;
  static int on_data_chunk(nghttp2_session*, std::uint8_t, std::int32_t, const std::uint8_t*,
                           std::size_t, void*) noexcept;
  static int on_frame(nghttp2_session*, const nghttp2_frame*, void*) noexcept;
  static int on_stream_close(nghttp2_session*, std::int32_t, std::uint32_t, void*) noexcept;
  static ssize_t read_answer(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t,
                             std::uint32_t*, nghttp2_data_source*, void*) noexcept;

  Stream* find(std::int32_t id);
  void begin_stream(std::int32_t id);
  void add_header(Stream& stream, std::string_view name, std::string_view value);
  void add_body(Stream& stream, std::string_view bytes);
  int request_complete(Stream& stream);
  void carry_out(Stream& stream);
  void answer_now(Stream& stream);
  void go_away(std::int32_t last_stream_id);
  void announce_goaway();
  void end_stream(std::int32_t id, bool delivered);

  Service& service_;
  SetTimer set_timer_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<Stream>> spare_;  // ended ones, kept for their memory

  std::uint64_t requests_ = 0;
  std::int32_t handled_id_max_ = 0;   // of the streams the service has seen
  std::int32_t goaway_last_id_ = -1;  // set: streams above it are no longer looked at
  bool goaway_put_off_ = false;       // a fault waits for a request above all that were handled
  bool cut_ = false;
};

}  // namespace pushsim
