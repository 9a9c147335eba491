// The command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/pushsim/callback_id.h"
#include "tools/pushsim/faults.h"
#include "tools/pushsim/keygen.h"
#include "tools/pushsim/rate.h"
#include "tools/pushsim/receipts.h"
#include "tools/pushsim/rules.h"

namespace pushsim {

struct ReceiptOptions {
  std::string url;  // empty: no receipts
  std::string ca_file;
  std::string user;
  std::string secret_file;
  SecretForm secret_form = SecretForm::base64;
  std::string package = "com.example.demo";
  std::size_t queue_max = 200'000;             // statuses
  std::chrono::milliseconds first_pause{100};  // after a failed try; the next ones are longer
  std::vector<ReceiptRule> rules;
};

struct Options {
  // Where it listens, and as whom
  std::string host = "127.0.0.1";
  std::uint16_t port = 8443;
  std::string port_file;
  std::string certificate_file;
  std::string key_file;
  std::string public_key_file;
  std::string project = "1234567890";
  std::string issuer;
  std::string client_id;

  // The account
  std::uint32_t marketing_limit = 2;
  std::uint32_t form_limit = 2;
  std::uint32_t total_limit = 3000;
  std::uint32_t test_limit = 1000;
  std::chrono::minutes utc_offset{480};
  std::chrono::milliseconds clock_skew{0};
  std::vector<std::string> entitlements;
  std::vector<int> push_types_without_right;
  std::vector<std::string> events_without_right;
  bool keep_tokens = false;
  std::size_t expected_devices = 0;
  bool sink = false;

  // What it writes
  std::string dump_file;
  std::string dump_devices_file;
  std::string log_file;
  bool log_tokens = false;

  // How it behaves
  std::chrono::microseconds latency{0};
  std::uint64_t tokens_per_second = 0;
  RateWindow rate_window = RateWindow::fixed;
  SizeRule size_rule = SizeRule::body_without_tokens;
  bool always_status_200 = false;
  bool verify_images = false;
  std::uint32_t streams_max = 1000;
  // Large, so that flow control is no limit unless somebody asks for it.
  std::uint32_t stream_window = 16U << 20;
  std::uint32_t connection_window = 64U << 20;
  std::uint32_t frame_size = 16384;
  bool http1_only = false;
  std::uint64_t goaway_every = 0;
  std::uint64_t seed = 1;
  double illegal_rate = 0;
  std::vector<FaultRule> faults;
  ReceiptOptions receipts;
};

struct CommandLine {
  std::optional<int> exit_status;       // set: there is nothing to do (--help, or a mistake told)
  std::optional<KeygenOptions> keygen;  // `pushsim keygen`
  Options options;                      // otherwise
};

// Prints help or what is wrong with the command line. Throws SetupError for values out of range.
CommandLine parse_command_line(int argc, const char* const* argv);

// "rst-after:0.01" and "503:0.1"; throw SetupError naming what would be legal.
FaultRule parse_fault(const std::string& text);
FaultRule parse_error(const std::string& text);
// "2:0.01"
ReceiptRule parse_receipt(const std::string& text);

}  // namespace pushsim
