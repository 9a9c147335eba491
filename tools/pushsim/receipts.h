// What the receipts of pushsim say: a status for every accepted token, in the service's second
// format. Where they go is the poster's affair.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pushsim/message.h"
#include "tools/pushsim/verdict.h"

namespace pushsim {

// So many of all tokens get this result instead of 0, the same ones in every run.
struct ReceiptRule {
  int result = 0;
  double rate = 0;
};

// The result for a token: what its verdict says; if it was taken, the first rule that hits; else 0.
int receipt_result(Verdict verdict, const std::vector<ReceiptRule>& rules, std::uint64_t token_hash,
                   std::uint64_t seed);

// What the statuses of one request have in common.
struct ReceiptHead {
  const Message& message;
  std::string_view package;
  std::string_view request_id;
  std::int64_t timestamp_ms = 0;
};
std::string receipt_status(const ReceiptHead& head, std::string_view token, int result);

struct ReceiptTotals {
  std::uint64_t made = 0;  // statuses; each is one of the next four
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;  // the queue was full
  std::uint64_t failed = 0;   // given up after several tries, or at the end
  std::uint64_t queued = 0;   // or on its way
  std::uint64_t posts = 0;    // requests made, tries included
  std::uint64_t posts_failed = 0;
  std::map<int, std::uint64_t> by_result;  // of those made
};

// Takes statuses; never waits. One thread adds, any asks.
class ReceiptSink {
 public:
  virtual ~ReceiptSink() = default;
  virtual void add(int result, std::string status) = 0;
  virtual ReceiptTotals totals() const = 0;
};

}  // namespace pushsim
