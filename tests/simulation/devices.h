// The devices of a run: their tokens, and what a log or a service knows them by.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/ledger/fingerprint.h"
#include "tests/support/process.h"

namespace herald::simulation {

using DeviceIndex = std::uint32_t;
inline constexpr DeviceIndex kNoDevice = ~DeviceIndex{0};

class Devices {
 public:
  Devices(std::uint32_t count, const ledger::Fingerprinter& fingerprinter) {
    for (DeviceIndex i = 0; i < count; ++i) {
      tokens_.push_back(test::token_of(i));
      fingerprints_.push_back(fingerprinter(tokens_.back()));
      by_fingerprint_.emplace(fingerprints_.back(), i);
    }
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(tokens_.size()); }
  const std::string& token(DeviceIndex device) const { return tokens_[device]; }
  ledger::Fingerprint fingerprint(DeviceIndex device) const { return fingerprints_[device]; }
  DeviceIndex of(ledger::Fingerprint fingerprint) const {
    const auto found = by_fingerprint_.find(fingerprint);
    return found == by_fingerprint_.end() ? kNoDevice : found->second;
  }
  // Tokens end in their number.
  DeviceIndex of(std::string_view token) const {
    const std::size_t dash = token.rfind('-');
    if (dash == std::string_view::npos) return kNoDevice;
    const auto number = static_cast<DeviceIndex>(
        std::strtoul(std::string{token.substr(dash + 1)}.c_str(), nullptr, 10));
    return number < size() && tokens_[number] == token ? number : kNoDevice;
  }

 private:
  std::vector<std::string> tokens_;
  std::vector<ledger::Fingerprint> fingerprints_;
  std::unordered_map<ledger::Fingerprint, DeviceIndex> by_fingerprint_;  // never iterated
};

// Counts by device for the few days of a run.
class DayCounts {
 public:
  static constexpr base::Day kDays = 6;
  DayCounts(std::uint32_t devices, base::Day first) : first_(first), counts_(devices) {}

  std::uint16_t& at(DeviceIndex device, base::Day day) {
    return counts_[device][static_cast<std::size_t>(std::clamp(day - first_, 0, kDays - 1))];
  }
  std::uint16_t at(DeviceIndex device, base::Day day) const {
    return counts_[device][static_cast<std::size_t>(std::clamp(day - first_, 0, kDays - 1))];
  }
  base::Day first() const { return first_; }
  base::Day end() const { return first_ + kDays; }

 private:
  base::Day first_;
  std::vector<std::array<std::uint16_t, kDays>> counts_;
};

}  // namespace herald::simulation
