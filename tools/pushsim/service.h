// The send service without a network: a request comes in, an answer goes out, and what was accepted
// is in the account before the answer exists. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pushsim/accounts.h"
#include "tools/pushsim/body.h"
#include "tools/pushsim/clock.h"
#include "tools/pushsim/faults.h"
#include "tools/pushsim/illegal_tokens.h"
#include "tools/pushsim/image_check.h"
#include "tools/pushsim/jwt.h"
#include "tools/pushsim/options.h"
#include "tools/pushsim/rate.h"
#include "tools/pushsim/receipts.h"
#include "tools/pushsim/rules.h"

namespace pushsim {

// What of a request's head matters here; views last for the call.
struct RequestHead {
  std::string_view method;
  std::string_view path;
  std::string_view authorization;
  std::string_view push_type;
};

struct Answer {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";  // empty: none
  std::string_view location;
  Fault fault = Fault::none;  // what the connection has to do instead of, or while, answering
  std::chrono::microseconds delay{0};
  bool counted = false;      // its tokens are in the account
  std::uint32_t tokens = 0;  // those accepted
  std::uint64_t ticket = 0;  // of Accounts: goes back with request_ended
};

struct Pair {
  std::uint64_t requests = 0;
  std::uint64_t tokens = 0;
};

struct ServiceCounters {
  std::uint64_t received = 0;        // whole requests; each is also one of the next seven
  std::uint64_t accepted = 0;        // 80000000
  std::uint64_t partial = 0;         // 80100000
  std::uint64_t refused = 0;         // any other answer of the service's own
  std::uint64_t errors = 0;          // by --error
  std::uint64_t not_processed = 0;   // by a fault that comes before counting
  std::uint64_t revokes = 0;         // whatever was answered
  std::uint64_t image_checks = 0;    // the same
  std::uint64_t probes = 0;          // not received: they are no requests
  Pair revoked;                      // those accepted
  std::map<int, Pair> by_push_type;  // counted requests and their accepted tokens
  std::map<std::string, std::uint64_t> by_code;
  std::map<int, std::uint64_t> by_status;
  std::array<std::uint64_t, kFaults> faults{};
  std::uint64_t tokens_received = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t in_flight_max = 0;
  Pair unanswered;  // counted, and no answer because of a fault
  Pair garbled;     // counted, and an answer that cannot be read
  Pair lost;        // counted, and the client was gone before the answer was handed over
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_closed = 0;
};

class Service {
 public:
  // `public_key_pem` as in the file of --jwk. Throws SetupError (key, log file).
  Service(const Options& options, std::string_view public_key_pem, const Clock& clock);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const Options& options() const { return options_; }
  // False: the body of a request is not looked at, so it need not be kept.
  bool wants_body() const { return !options_.sink; }

  // The fate of the next whole request. A goaway may be put off by the connection.
  FaultChoice draw_fault() { return plan_.draw(); }
  // `GET /`: somebody asks for the Date. It needs no credentials, no fault befalls it, and it is no
  // request of the account.
  static bool is_probe(const RequestHead& head) { return head.method == "GET" && head.path == "/"; }
  Answer answer_probe();
  Answer handle(const RequestHead& head, std::string_view body, const FaultChoice& choice);

  // A connection tells what became of requests.
  void request_began();
  // Answered, reset or cut: whatever it was, nothing more of it comes.
  void request_ended(const Answer& answer);
  void answer_not_delivered(const Answer& answer, bool by_fault);
  void connection_opened() { ++counters_.connections_accepted; }
  void connection_closed() { ++counters_.connections_closed; }

  std::string_view date_header();
  void flush_log();

  const ServiceCounters& counters() const { return counters_; }
  const Accounts& accounts() const { return accounts_; }
  const Account& account() const { return accounts_.devices(); }
  // From now on every accepted token has a receipt. Null: none has.
  void send_receipts_to(ReceiptSink* sink);
  const ReceiptSink* receipts() const { return receipts_; }
  const JwtVerifier& verifier() const { return verifier_; }

 private:
  Answer process(const RequestHead& head, std::string_view body);
  Answer send(const Message& message);
  bool is_revoke_path(std::string_view path) const;
  Answer revoke(const RequestHead& head, std::string_view body);
  bool is_image_path(std::string_view path) const;
  Answer check_image(const RequestHead& head, std::string_view body);
  // An answer if the bearer token is not good.
  std::optional<Answer> refuse_bearer(const RequestHead& head, bool path_fits);
  ImageVerdict verdict_on_images(const Message& message) const;
  // Empty, or the reason for which every token of such a message is refused.
  std::string_view refused_altogether(const Message& message) const;
  bool is_marketing(const Message& message) const;
  void hash_tokens();
  void make_receipts(const Message& message);
  Answer coded(std::string_view code, std::string_view text);
  Answer coded(std::string_view code);
  Answer plain(int status);
  Answer not_processed(const FaultChoice& choice);
  void disturb(Answer& answer, Fault fault);
  std::string next_request_id();
  void log_accepted(const Message& message, std::span<const std::string_view> tokens);

  Options options_;
  const Clock& clock_;
  JwtVerifier verifier_;
  FaultPlan plan_;
  RateLimiter rate_;
  Accounts accounts_;
  IllegalTokens illegal_;
  ImageCheck images_;
  ReceiptSink* receipts_ = nullptr;
  ServiceCounters counters_;
  std::FILE* log_ = nullptr;
  bool log_dirty_ = false;
  std::string send_path_;

  BodyReader reader_;
  // Of the request at hand, kept for their memory.
  const SendBody* body_ = nullptr;
  std::vector<std::uint64_t> hashes_;

  std::uint64_t requests_numbered_ = 0;
  std::string last_request_id_;
  std::string log_fields_;  // of the line at hand, kept for its memory
  std::string date_;
  std::int64_t date_second_ = -1;
};

}  // namespace pushsim
