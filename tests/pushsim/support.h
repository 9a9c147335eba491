// What pushsim's tests share: keys and bearer tokens, a clock of their own, and message bodies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pushsim/clock.h"
#include "tools/pushsim/options.h"
#include "tools/pushsim/ossl.h"
#include "tools/pushsim/service.h"

namespace pushsim {

class TestClock : public Clock {
 public:
  // 2026-11-24 10:00:00 at +08:00
  static constexpr std::int64_t kStartMs = 1795485600000;

  std::int64_t wall_ms() const override { return kStartMs + us_ / 1000; }
  std::int64_t steady_us() const override { return us_; }
  void advance(std::chrono::microseconds by) { us_ += by.count(); }

 private:
  std::int64_t us_ = 0;
};

// An RSA key of its own for each; 2048 bits, to be quick.
class SigningKey {
 public:
  SigningKey();
  std::string public_pem() const;
  // PS256 over the two texts, whatever the header says.
  std::string token(std::string_view header, std::string_view claims, int salt = 32) const;

 private:
  PkeyPtr key_;
};
const SigningKey& account_key();  // the one the tests' services trust

inline constexpr std::string_view kHeader = R"({"kid":"key-1","typ":"JWT","alg":"PS256"})";
std::string claims(std::int64_t issued_at, std::int64_t lifetime = 3600,
                   std::string_view issuer = "sub-1");
std::string good_bearer(const Clock& clock);

// A MARKETING message; `options` is the text of pushOptions.
std::string alert_body(const std::vector<std::string>& tokens, std::string_view options = "{}");
std::string alert_body_with(std::string_view notification, std::string_view options = "{}");

// A card update, and a message of a live view with everything its operation needs.
std::string form_body(const std::string& token, std::int64_t form_id, std::int64_t version,
                      std::string_view options = "{}");
std::string live_view_body(const std::vector<std::string>& tokens, std::int64_t activity_id,
                           int operation, std::string_view event = "TAXI",
                           std::optional<std::int64_t> version = {},
                           std::string_view options = "{}");

// A service with a clock and a way to send.
class Bench {
 public:
  explicit Bench(Options options = {})
      : service(options, account_key().public_pem(), clock), bearer(good_bearer(clock)) {}

  Answer post(std::string_view body, std::string_view push_type = "0");
  static std::string code_of(const Answer& answer);

  TestClock clock;
  Service service;
  std::string bearer;
};

}  // namespace pushsim
