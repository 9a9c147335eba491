#include "tools/pushsim/receipt_poster.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "tools/pushsim/callback_id.h"
#include "tools/pushsim/files.h"

namespace pushsim {
namespace {

std::string key_for(const ReceiptOptions& options) {
  if (options.secret_file.empty()) return {};
  std::string secret = read_file(options.secret_file);
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return receipt_key(secret, options.secret_form, options.secret_file);
}

}  // namespace

ReceiptPoster::ReceiptPoster(const ReceiptOptions& options, const Clock& clock)
    : options_(options),
      clock_(clock),
      key_(key_for(options)),
      client_(parse_receipt_url(options.url), options.ca_file),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "receipts");
}

ReceiptPoster::~ReceiptPoster() { finish(std::chrono::milliseconds{0}); }

void ReceiptPoster::add(int result, std::string status) {
  {
    const std::lock_guard lock(mutex_);
    ++totals_.made;
    ++totals_.by_result[result];
    if (queue_.size() >= options_.queue_max) {
      ++totals_.dropped;
      return;
    }
    queue_.push_back(std::move(status));
    if (queue_.size() > 1) return;  // the thread knows of those before
  }
  changed_.notify_all();
}

ReceiptTotals ReceiptPoster::totals() const {
  const std::lock_guard lock(mutex_);
  ReceiptTotals totals = totals_;
  totals.queued = totals.made - totals.delivered - totals.dropped - totals.failed;
  return totals;
}

void ReceiptPoster::finish(std::chrono::milliseconds most) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most, [this] { return queue_.empty() && !busy_; });
    stop_ = true;
  }
  client_.give_up();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ReceiptPoster::run() {
  while (true) {
    const std::vector<std::string> batch = take_batch();
    if (batch.empty()) return;
    const bool delivered = post(batch);
    const std::lock_guard lock(mutex_);
    (delivered ? totals_.delivered : totals_.failed) += batch.size();
    busy_ = false;
    if (stop_) {
      totals_.failed += queue_.size();
      queue_.clear();
    }
    if (queue_.empty()) changed_.notify_all();
  }
}

// Empty: it is time to stop.
std::vector<std::string> ReceiptPoster::take_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
  std::vector<std::string> batch;
  if (stop_) {
    totals_.failed += queue_.size();
    queue_.clear();
    return batch;
  }
  const std::size_t count = std::min(queue_.size(), kStatusesPerPost);
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  busy_ = true;
  return batch;
}

bool ReceiptPoster::post(const std::vector<std::string>& batch) {
  std::string body = R"({"statuses":[)";
  for (const std::string& status : batch) {
    if (&status != &batch.front()) body += ',';
    body += status;
  }
  body += "]}";
  for (int tries = 0; tries < kTries; ++tries) {
    if (tries > 0 && !pause(tries)) return false;
    // Signed anew for every try: a receiver may remember nonces.
    const std::string id = key_.empty()
                               ? std::string()
                               : callback_id(key_, options_.user, clock_.wall_ms(), random_uuid());
    const bool delivered = client_.post(body, id);
    const std::lock_guard lock(mutex_);
    ++totals_.posts;
    if (delivered) return true;
    ++totals_.posts_failed;
  }
  return false;
}

// False: it is time to stop.
bool ReceiptPoster::pause(int tries_made) {
  auto time = options_.first_pause;
  for (int i = 1; i < tries_made; ++i) time *= 3;
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stop_; });
}

}  // namespace pushsim
