#include "tools/pushsim/accounts.h"

namespace pushsim {
namespace {

Scenario scenario_of(const Arrival& arrival) {
  if (arrival.message.form) return Scenario::form;
  if (arrival.message.live_view) return Scenario::live_view;
  return arrival.marketing ? Scenario::marketing : Scenario::none;
}

}  // namespace

Accounts::Accounts(const Options& options)
    : devices_({.marketing_limit = options.marketing_limit,
                .total_limit = options.total_limit,
                .test_limit = options.test_limit,
                .keep_tokens = options.keep_tokens,
                .expected_devices = options.expected_devices}),
      forms_(options.form_limit) {}

std::uint64_t Accounts::charge(const Arrival& arrival) {
  const Message& message = arrival.message;
  const bool of_card = message.form || message.live_view;
  keys_.clear();
  verdicts_.clear();
  if (of_card || verdicts_wanted_) verdicts_.assign(arrival.tokens.size(), Verdict::taken);
  std::uint64_t ticket = 0;
  if (of_card) {
    const std::int64_t card = message.form ? message.form->form_id : message.live_view->activity_id;
    for (const std::uint64_t hash : arrival.hashes) keys_.push_back(card_key(hash, card));
    std::uint64_t overlapping = 0;
    ticket = open_.begin(keys_, overlapping);
    (message.form ? overlapping_forms_ : overlapping_live_views_) += overlapping;
    charge_cards(arrival);
  }
  devices_.charge({.day = arrival.day,
                   .scenario = scenario_of(arrival),
                   .test = message.test,
                   .campaign = message.campaign,
                   .tokens = arrival.tokens,
                   .hashes = arrival.hashes,
                   .once = keys_,
                   .verdicts = verdicts_});
  return ticket;
}

void Accounts::charge_cards(const Arrival& arrival) {
  const Message& message = arrival.message;
  for (std::size_t i = 0; i < arrival.hashes.size(); ++i) {
    verdicts_[i] = message.form
                       ? forms_.charge(arrival.day, arrival.hashes[i], *message.form, message.test)
                       : live_views_.charge(arrival.day, arrival.wall_ms, arrival.hashes[i],
                                            *message.live_view, message.test);
  }
}

std::string Accounts::device_lines() const {
  std::string lines = devices_.device_lines();
  const auto names = [this](std::int32_t day) { return devices_.names(day); };
  forms_.counts().append_lines("form", names, lines);
  live_views_.counts().append_lines("live_view", names, lines);
  return lines;
}

}  // namespace pushsim
