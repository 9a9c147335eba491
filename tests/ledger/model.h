// The rules of the ledger, written the slow and plain way: a map of days for each device.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "engine/ledger/ledger.h"

namespace herald::ledger {

class Model {
 public:
  Verdict charge(Fingerprint fingerprint, const Charge& charge) {
    Device& device = devices_[fingerprint];
    if (device.gone) return Verdict::token_gone;
    if (charge.days.first < device.until) {
      if (device.inactive) return Verdict::inactive;
      if (charge.notification) return Verdict::notifications_off;
    }
    const base::Day base = std::max(device.base, charge.days.first);
    const std::set<base::Day> days{std::max(charge.days.first, base),
                                   std::max(charge.days.last(), base)};
    const int marketing_limit = std::min<int>(charge.marketing_limit, kMarketingMax);
    const int total_limit = std::min<int>(charge.total_limit, kTotalMax);
    const auto reached = [&](std::map<base::Day, int>& counts, int limit) {
      return std::any_of(days.begin(), days.end(),
                         [&](base::Day day) { return counts[day] >= limit; });
    };
    if (charge.marketing && reached(device.marketing, marketing_limit)) {
      return Verdict::over_marketing;
    }
    if (reached(device.total, total_limit)) return Verdict::over_total;
    move(device, base);
    for (const base::Day day : days) {
      device.total[day]++;
      if (charge.marketing) device.marketing[day]++;
    }
    return Verdict::charged;
  }

  void release(Fingerprint fingerprint, base::DaySet days, bool marketing) {
    const auto found = devices_.find(fingerprint);
    if (found == devices_.end()) return;
    Device& device = found->second;
    if (device.saturated) return;
    for (base::Day day = days.first; day <= days.last(); ++day) {
      if (day < device.base || day > device.base + 1) continue;
      device.total[day] = std::max(0, device.total[day] - 1);
      if (marketing) device.marketing[day] = std::max(0, device.marketing[day] - 1);
    }
  }

  void restore(Fingerprint fingerprint, base::DaySet days, bool marketing) {
    Device& device = devices_[fingerprint];
    move(device, std::max(device.base, days.last() - 1));
    for (base::Day day = std::max(days.first, device.base); day <= days.last(); ++day) {
      add(device, device.total[day], kTotalMax);
      if (marketing) add(device, device.marketing[day], kMarketingMax);
    }
  }

  void suppress(Fingerprint fingerprint, Suppression kind, base::Day until) {
    Device& device = devices_[fingerprint];
    if (kind == Suppression::none) {
      device.gone = false;
      device.until = kFirstDay;
    } else if (kind == Suppression::token_gone) {
      device.gone = true;
      device.until = kFirstDay;
    } else if (!device.gone && until >= device.until) {
      device.until = until;
      device.inactive = kind == Suppression::inactive;
    }
  }

  std::size_t devices() const { return devices_.size(); }

  DeviceState state(Fingerprint fingerprint) const {
    const auto found = devices_.find(fingerprint);
    if (found == devices_.end()) return {};
    const Device& device = found->second;
    DeviceState state{.base = device.base, .until = device.until, .saturated = device.saturated};
    for (int next = 0; next < 2; ++next) {
      state.total[next] = count(device.total, device.base + next);
      state.marketing[next] = count(device.marketing, device.base + next);
    }
    if (device.until > kFirstDay) {
      state.suppression = device.inactive ? Suppression::inactive : Suppression::notifications_off;
    }
    if (device.gone) state.suppression = Suppression::token_gone;
    return state;
  }

 private:
  struct Device {
    base::Day base = kFirstDay;
    std::map<base::Day, int> marketing;
    std::map<base::Day, int> total;
    bool gone = false;
    bool inactive = false;
    base::Day until = kFirstDay;
    bool saturated = false;
  };
  static void move(Device& device, base::Day base) {
    if (base > device.base + 1) device.saturated = false;
    device.base = base;
  }
  static void add(Device& device, int& count, std::uint32_t max) {
    if (count == static_cast<int>(max)) {
      device.saturated = true;
    } else {
      ++count;
    }
  }
  static std::uint32_t count(const std::map<base::Day, int>& counts, base::Day day) {
    const auto found = counts.find(day);
    return found == counts.end() ? 0 : static_cast<std::uint32_t>(found->second);
  }

  std::map<Fingerprint, Device> devices_;
};

}  // namespace herald::ledger
