#include "engine/dispatch/pacer.h"

#include <algorithm>
#include <cassert>

#include "engine/batch/batch.h"

namespace herald::dispatch {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kBurstSeconds = 0.05;
constexpr double kRecoveryPerSecond = 0.05;  // of the nominal rate
constexpr double kFloorShare = 0.01;         // of the nominal rate, and at least a request a second
// Requests in flight when the service starts to refuse are all refused: that is one sign, not many.
constexpr std::chrono::milliseconds kSlowDownInterval{100};
constexpr std::chrono::seconds kRecoveryInterval{1};

}  // namespace

Pacer::Pacer(std::uint32_t devices_per_second, base::BootTime now)
    : nominal_(devices_per_second), rate_(nominal_), credit_(0), refilled_(now) {
  credit_ = burst();
}

// One batch, or 50 ms, whichever is more. Spaced by this, no second holds more than its rate plus
// what a burst exceeds a batch by.
double Pacer::burst() const {
  return std::max(static_cast<double>(batch::kTokensMax), rate_ * kBurstSeconds);
}

double Pacer::floor() const {
  return std::min(nominal_, std::max(static_cast<double>(largest_), nominal_ * kFloorShare));
}

void Pacer::refill(base::BootTime now) {
  if (now <= refilled_) return;
  credit_ = std::min(burst(), credit_ + rate_ * Seconds{now - refilled_}.count());
  refilled_ = now;
}

bool Pacer::has(std::uint32_t devices, base::BootTime now) {
  refill(now);
  largest_ = std::max(largest_, devices);
  return credit_ >= devices;
}

void Pacer::take(std::uint32_t devices) {
  assert(credit_ >= devices);
  credit_ -= devices;
}

base::BootTime Pacer::when(std::uint32_t devices) const {
  const double missing = devices - credit_;
  if (missing <= 0) return refilled_;
  // A nanosecond more, so that rounding never wakes us just too early.
  return refilled_ +
         std::chrono::duration_cast<base::BootClock::duration>(Seconds{missing / rate_}) +
         std::chrono::nanoseconds{1};
}

void Pacer::on_slow_down(base::BootTime now) {
  refill(now);
  recovered_ = now;
  if (slowed_ != base::BootTime{} && now - slowed_ < kSlowDownInterval) return;
  slowed_ = now;
  rate_ = std::max(floor(), rate_ / 2);
  credit_ = std::min(credit_, burst());
}

void Pacer::on_accepted(base::BootTime now) {
  if (rate_ >= nominal_ || now - recovered_ < kRecoveryInterval) return;
  refill(now);
  recovered_ = now;
  rate_ = std::min(nominal_, rate_ + nominal_ * kRecoveryPerSecond);
}

}  // namespace herald::dispatch
