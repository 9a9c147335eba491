#include "engine/ledger/accounts.h"

#include <algorithm>

namespace herald::ledger {
namespace {

const base::Surface& surface_of(std::span<const base::Surface> on, std::size_t token) {
  return on.size() == 1 ? on[0] : on[token];
}

SurfaceCharge charge_of(const Charged& charged) {
  return {charged.surface, charged.days, !charged.test};
}

}  // namespace

void Accounts::charge(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
                      const Charge& charge, const Scenario& scenario, base::WallTime now,
                      std::span<Verdict> out) {
  devices.charge(tokens, charge, out);
  if (!on.empty()) charge_surfaces(tokens, on, charge, scenario, now, out);
  if (scenario.test) charge_tests(tokens, on, charge, scenario, out);
}

void Accounts::charge(std::span<const Fingerprint> tokens, const Charge& charge,
                      const Scenario& scenario, Seen& seen, std::span<Verdict> out) {
  devices.charge(tokens, charge, seen, out);
  if (scenario.test) charge_tests(tokens, {}, charge, scenario, out);
}

// The order in which quotas are told is: suppressed, card or live view, total. So a device that has
// had its total is told of its card first.
void Accounts::charge_surfaces(std::span<const Fingerprint> tokens,
                               std::span<const base::Surface> on, const Charge& charge,
                               const Scenario& scenario, base::WallTime now,
                               std::span<Verdict> out) {
  std::vector<Fingerprint> back;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const SurfaceCharge surface{surface_of(on, i), charge.days, !scenario.test};
    const Surfaces::Key key = Surfaces::key(tokens[i], surface.surface);
    if (out[i] == Verdict::charged) {
      out[i] = surfaces.charge(key, surface, scenario.limits, now);
      if (out[i] != Verdict::charged) back.push_back(tokens[i]);
    } else if (out[i] == Verdict::over_total) {
      const Verdict verdict = surfaces.look(key, surface, scenario.limits, now);
      if (verdict != Verdict::charged) out[i] = verdict;
    }
  }
  devices.release(back, charge.days, charge.marketing);
}

// The last quota: the first tokens get what there is.
void Accounts::charge_tests(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
                            const Charge& charge, const Scenario& scenario,
                            std::span<Verdict> out) {
  const auto wanted = std::count(out.begin(), out.begin() + tokens.size(), Verdict::charged);
  std::uint32_t left =
      tests.take(scenario.project, charge.days, static_cast<std::uint32_t>(wanted));
  std::vector<Fingerprint> back;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (out[i] != Verdict::charged) continue;
    if (left > 0) {
      --left;
      continue;
    }
    out[i] = Verdict::over_test;
    back.push_back(tokens[i]);
    if (on.empty()) continue;
    const base::Surface& surface = surface_of(on, i);
    surfaces.release(Surfaces::key(tokens[i], surface), {surface, charge.days, false});
  }
  devices.release(back, charge.days, charge.marketing);
}

void Accounts::release(std::span<const Fingerprint> tokens, const Charged& charged) {
  devices.release(tokens, charged.days, charged.marketing);
  if (charged.surface) {
    for (const Fingerprint token : tokens) {
      surfaces.release(Surfaces::key(token, charged.surface), charge_of(charged));
    }
  }
  if (charged.test) {
    tests.give_back(charged.project, charged.days, static_cast<std::uint32_t>(tokens.size()));
  }
}

void Accounts::settle(std::span<const Fingerprint> tokens, const Charged& charged,
                      base::WallTime by) {
  if (!charged.surface) return;
  for (const Fingerprint token : tokens) {
    surfaces.settle(Surfaces::key(token, charged.surface), charge_of(charged), by);
  }
}

void Accounts::restore(std::span<const Fingerprint> tokens, const Charged& charged,
                       base::Day open) {
  if (charged.surface) {
    for (const Fingerprint token : tokens) {
      surfaces.restore(Surfaces::key(token, charged.surface), charge_of(charged));
    }
  }
  if (charged.days.last() < open) return;
  devices.restore(tokens, charged.days, charged.marketing);
  if (charged.test) {
    tests.restore(charged.project, charged.days, static_cast<std::uint32_t>(tokens.size()));
  }
}

}  // namespace herald::ledger
