#include "tools/pushsim/faults.h"

namespace pushsim {
namespace {

constexpr std::array<std::string_view, kFaults> kNames = {
    "none",    "refused",     "goaway",    "rst-before", "drop-before", "redirect",
    "error",   "goaway-last", "rst-after", "drop-after", "late",        "never",
    "badjson", "dupkeys",     "html",      "drip"};

}  // namespace

std::string_view fault_name(Fault fault) { return kNames[static_cast<std::size_t>(fault)]; }

Fault fault_named(std::string_view name) {
  for (std::size_t i = 1; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (kNames[i] == name && fault != Fault::error) return fault;
  }
  return Fault::none;
}

std::string fault_names() {
  std::string names;
  for (std::size_t i = 1; i < kFaults; ++i) {
    if (static_cast<Fault>(i) == Fault::error) continue;
    if (!names.empty()) names += ", ";
    names += kNames[i];
  }
  return names;
}

FaultChoice FaultPlan::draw() {
  FaultChoice choice;
  // Every rule draws for every request, so that one rule's rate does not shift another's hits.
  for (const FaultRule& rule : rules_) {
    if (next_uniform() < rule.rate && choice.fault == Fault::none) {
      choice = {rule.fault, rule.error};
    }
  }
  return choice;
}

double FaultPlan::next_uniform() {
  // SplitMix64: any seed will do, 0 too.
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-53;
}

}  // namespace pushsim
