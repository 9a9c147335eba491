// All that pushsim counts of accepted messages: devices and campaigns, cards, live views, and which
// of their requests overlap. In: a request's accepted tokens at its arrival. Out: a verdict a
// token, for the receipts, and totals. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/pushsim/account.h"
#include "tools/pushsim/form_account.h"
#include "tools/pushsim/live_view_account.h"
#include "tools/pushsim/message.h"
#include "tools/pushsim/open_cards.h"
#include "tools/pushsim/options.h"

namespace pushsim {

struct Arrival {
  const Message& message;
  bool marketing = false;  // the effective category
  std::int32_t day = 0;
  std::int64_t wall_ms = 0;
  std::span<const std::string_view> tokens;  // accepted ones
  std::span<const std::uint64_t> hashes;
};

class Accounts {
 public:
  explicit Accounts(const Options& options);

  // Gives what answered() wants when the request is over; 0 for types without cards.
  std::uint64_t charge(const Arrival& arrival);
  // Of the last charge, a verdict a token; empty unless they are wanted, or of cards.
  std::span<const Verdict> verdicts() const { return verdicts_; }
  void want_verdicts() { verdicts_wanted_ = true; }
  void answered(std::uint64_t ticket) { open_.end(ticket); }

  Account& devices() { return devices_; }
  const Account& devices() const { return devices_; }
  const FormAccount& forms() const { return forms_; }
  const LiveViewAccount& live_views() const { return live_views_; }
  std::size_t open_requests() const { return open_.open(); }  // of cards and live views
  std::uint64_t overlapping_forms() const { return overlapping_forms_; }
  std::uint64_t overlapping_live_views() const { return overlapping_live_views_; }

  // day, device, class, card or activity or -, count; tab-separated.
  std::string device_lines() const;

 private:
  void charge_cards(const Arrival& arrival);

  bool verdicts_wanted_ = false;
  Account devices_;
  FormAccount forms_;
  LiveViewAccount live_views_;
  OpenCards open_;
  std::uint64_t overlapping_forms_ = 0;
  std::uint64_t overlapping_live_views_ = 0;
  // Of the request at hand, kept for their memory.
  std::vector<std::uint64_t> keys_;
  std::vector<Verdict> verdicts_;
};

}  // namespace pushsim
