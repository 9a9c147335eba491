// One connection at the service: an nghttp2 server session over the far end of a Wire.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "tests/support/service_model.h"

namespace herald::test {

class ServiceConnection final : public Wire::Peer {
 public:
  ServiceConnection(ServiceModel& service, VirtualExecutor& executor, Wire& wire);
  ~ServiceConnection() override;

  // SETTINGS with another limit of concurrent streams.
  void set_streams_max(std::uint32_t streams);
  void set_initial_window(std::uint32_t bytes);
  void goaway(std::int32_t last_stream);
  void ping();
  void send_raw(std::span<const std::uint8_t> bytes) { wire_.peer_send(bytes); }
  // WINDOW_UPDATE for the connection and each open stream.
  void open_windows(std::int32_t bytes);

 private:
  struct Stream;
  struct Callbacks;
  friend struct Callbacks;

  void on_bytes(std::span<const std::uint8_t> bytes) override;
  void on_eof() override { gone_ = true; }
  Stream& begin(std::int32_t id);
  void method_known(Stream& stream, const std::string& method);
  void headers_done(Stream& stream);
  void on_body(Stream& stream, std::string_view bytes);
  void body_done(Stream& stream);
  void queue(Stream& stream);
  void processed(Stream& stream);
  void answer(std::int32_t id);
  void respond(Stream& stream);
  void submit_goaway(std::int32_t last_stream);
  void pump();

  ServiceModel& service_;
  VirtualExecutor& executor_;
  Wire& wire_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams_;
  bool gone_ = false;
  bool cut_ = false;
  std::int32_t last_stream_ = INT32_MAX;  // what a GOAWAY said: later ones are not processed
};

}  // namespace herald::test
