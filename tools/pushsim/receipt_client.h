// One connection to a receiver of receipts, http or https, for one request at a time. It waits, so
// it has a thread of its own.
#pragma once

#include <netdb.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/pushsim/ossl.h"

namespace pushsim {

struct ReceiptUrl {
  bool tls = false;
  std::string host;  // of this machine: localhost, 127.x.y.z or ::1
  std::uint16_t port = 0;
  std::string path;
};

// Throws SetupError naming what would be legal. Another machine's address is not: what pushsim
// makes up is for whoever tests with it, and for nobody else.
ReceiptUrl parse_receipt_url(const std::string& text);

class ReceiptClient {
 public:
  // `ca_file` empty: the machine's trust store. Throws SetupError naming the file.
  ReceiptClient(ReceiptUrl url, const std::string& ca_file);
  ~ReceiptClient();
  ReceiptClient(const ReceiptClient&) = delete;
  ReceiptClient& operator=(const ReceiptClient&) = delete;

  // True: answered 200 with code "0". `callback_id` empty: no such header.
  bool post(std::string_view body, std::string_view callback_id);

  // Any thread: what waits gives up, now and from now on.
  void give_up() { given_up_ = true; }

  static constexpr std::chrono::seconds kTimeout{5};

 private:
  bool connect();
  bool connect_to(const addrinfo& address);
  bool start_tls();
  void disconnect();
  bool send_all(std::string_view bytes);
  // Appends what comes; false at the end or after the time-out.
  bool receive(std::string& to);
  bool read_answer();
  bool wait_for(short events);

  ReceiptUrl url_;
  SslCtxPtr context_;  // none for http
  SslPtr ssl_;
  int fd_ = -1;
  std::chrono::steady_clock::time_point deadline_;
  std::atomic<bool> given_up_{false};  // a flag alone: no order with anything else is needed
};

}  // namespace pushsim
