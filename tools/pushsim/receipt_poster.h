// Posts receipts from a thread of its own: statuses wait in a queue that has a limit, leave up to a
// hundred at a time, and are tried several times.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/pushsim/clock.h"
#include "tools/pushsim/options.h"
#include "tools/pushsim/receipt_client.h"
#include "tools/pushsim/receipts.h"

namespace pushsim {

class ReceiptPoster : public ReceiptSink {
 public:
  // Throws SetupError (URL, certificate, secret). `clock` has to be one that any thread may read.
  ReceiptPoster(const ReceiptOptions& options, const Clock& clock);
  ~ReceiptPoster() override;

  void add(int result, std::string status) override;
  ReceiptTotals totals() const override;

  // Goes on until nothing is queued, or for so long; what is left then has failed.
  void finish(std::chrono::milliseconds most);

  static constexpr std::size_t kStatusesPerPost = 100;  // the service's own limit
  static constexpr int kTries = 4;

 private:
  void run();
  std::vector<std::string> take_batch();
  bool post(const std::vector<std::string>& batch);
  bool pause(int tries_made);

  const ReceiptOptions options_;
  const Clock& clock_;
  std::string key_;  // empty: receipts are not signed
  ReceiptClient client_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;  // guarded, as all that follows
  ReceiptTotals totals_;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace pushsim
