// One connection at the service that speaks HTTP/1.1, over the far end of a Wire.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tests/support/service_model.h"

namespace herald::test {

class Http1ServiceConnection final : public Wire::Peer {
 public:
  Http1ServiceConnection(ServiceModel& service, VirtualExecutor& executor, Wire& wire);
  ~Http1ServiceConnection() override;

 private:
  struct Request;

  void on_bytes(std::span<const std::uint8_t> bytes) override;
  void on_eof() override { gone_ = true; }
  bool read_head();
  void head_done();
  void body_done();
  void queue();
  void processed();
  void respond();
  void end_request();
  void cut();

  ServiceModel& service_;
  VirtualExecutor& executor_;
  Wire& wire_;
  std::string input_;
  std::unique_ptr<Request> request_;
  bool processed_ = false;  // its answer is due, or never
  bool close_after_ = false;
  bool gone_ = false;
};

}  // namespace herald::test
