// What goes wrong on purpose: which request meets which fault, decided by a seeded generator.
// One thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pushsim {

enum class Fault : std::uint8_t {
  none,
  // Not processed, not counted:
  refused,      // RST_STREAM(REFUSED_STREAM)
  goaway,       // GOAWAY with the last stream id below this request
  rst_before,   // RST_STREAM(INTERNAL_ERROR)
  drop_before,  // the TCP connection is cut
  redirect,     // 302
  error,        // --error: a status or a business code instead of processing
  // Processed and counted first:
  goaway_last,  // GOAWAY that includes this request, which is answered
  rst_after,    // RST_STREAM(INTERNAL_ERROR) instead of the answer
  drop_after,   // the TCP connection is cut instead of the answer
  late,         // answered three seconds later
  never,        // never answered
  badjson,      // 200 with half a JSON text
  dupkeys,      // 200 with `code` twice
  html,         // 200 with a page
  drip,         // the answer's body comes a byte every 100 ms
};
constexpr std::size_t kFaults = 16;

std::string_view fault_name(Fault fault);
// As in --fault; Fault::none for an unknown name.
Fault fault_named(std::string_view name);
std::string fault_names();  // for messages: "refused, goaway, ..."

constexpr bool counts_first(Fault fault) {
  return fault >= Fault::goaway_last || fault == Fault::none;
}
// The request counts, but nothing the client receives says so.
constexpr bool withholds_answer(Fault fault) {
  return fault == Fault::rst_after || fault == Fault::drop_after || fault == Fault::never;
}
// There is an answer, of whatever kind.
constexpr bool reaches_client(Fault fault) {
  return !withholds_answer(fault) && fault != Fault::refused && fault != Fault::goaway &&
         fault != Fault::rst_before && fault != Fault::drop_before;
}
// The request counts, and what the client receives cannot be trusted to say so.
constexpr bool garbles_answer(Fault fault) {
  return fault == Fault::badjson || fault == Fault::dupkeys || fault == Fault::html;
}

struct FaultRule {
  Fault fault = Fault::none;
  double rate = 0;
  std::string error;  // of Fault::error: an HTTP status or a business code
};

struct FaultChoice {
  Fault fault = Fault::none;
  std::string_view error;  // lives as long as the plan
};

class FaultPlan {
 public:
  FaultPlan(std::vector<FaultRule> rules, std::uint64_t seed)
      : rules_(std::move(rules)), state_(seed) {}

  // The fate of the next request: of the rules, in the order given, the first whose draw hits.
  FaultChoice draw();

 private:
  double next_uniform();

  std::vector<FaultRule> rules_;
  std::uint64_t state_;
};

}  // namespace pushsim
