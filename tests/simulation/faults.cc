#include "tests/simulation/faults.h"

#include <array>
#include <utility>

namespace herald::simulation {
namespace {

using namespace test;
using Tokens = std::vector<std::string>;
using Wire = Plan::Wire;
using std::chrono::seconds;

constexpr bool kPauses = true;

// 80300007 with a list that has only the first two; none is taken.
Replies all_invalid_some_listed() {
  return [some = all_invalid()](const Tokens& tokens) {
    const auto listed = static_cast<std::ptrdiff_t>(std::min<std::size_t>(2, tokens.size()));
    Reply reply = some({tokens.begin(), tokens.begin() + listed});
    reply.taken.assign(tokens.size(), false);
    return reply;
  };
}

// 80300007 with a token of somebody else's: nothing of it is believed.
Replies all_invalid_outside() {
  return [some = all_invalid()](const Tokens& tokens) {
    Reply reply = some({"not-of-this-batch"});
    reply.taken.assign(tokens.size(), false);
    return reply;
  };
}

Plan processed_late(Duration after, Wire wire = Wire::answer) {
  Plan plan = on_wire(wire);
  plan.queued = after;
  return plan;
}

Plan many_headers() {
  Plan plan = answers(accepted());
  plan.more_headers = 200;
  return plan;
}

std::vector<AnswerFault> wire_kinds() {
  return {
      {"rst-before", on_wire(Wire::refuse_stream), Proof::refused, false, true},
      {"rst-after", resets(2), Proof::nothing},
      {"rst-cancel-untaken", resets(8, bare(503)), Proof::nothing},
      {"goaway-below", on_wire(Wire::goaway_below), Proof::refused, false, true},
      {"goaway-at", on_wire(Wire::goaway_at), Proof::as_taken},
      {"cut-in-body", on_wire(Wire::cut_in_body), Proof::nothing, true, true},
      {"cut-after-body", on_wire(Wire::cut), Proof::nothing, true, true},
      {"cut-after-body-untaken", on_wire(Wire::cut, bare(503)), Proof::nothing, true, true},
      {"silent", on_wire(Wire::silent), Proof::nothing},
      {"silent-untaken", on_wire(Wire::silent, bare(503)), Proof::nothing},
      {"late", answers_late(seconds{3}), Proof::as_taken},
      {"too-late", answers_late(seconds{45}), Proof::nothing},
      {"processed-late", processed_late(seconds{20}), Proof::as_taken},
      {"processed-too-late", processed_late(seconds{32}, Wire::silent), Proof::nothing},
      {"early-503", on_wire(Wire::answer_early, bare(503)), Proof::refused, false, true},
      {"early-403", on_wire(Wire::answer_early, bare(403)), Proof::refused, false, true, kPauses},
      {"chunked", in_form(Plan::Form::chunked), Proof::as_taken},
      {"until-close", in_form(Plan::Form::until_close), Proof::as_taken},
      {"cut-short", in_form(Plan::Form::cut_short), Proof::as_taken, false, true},
      {"many-headers", many_headers(), Proof::nothing, false, true},
  };
}

std::vector<AnswerFault> status_kinds() {
  return {
      {"500-taken", answers(bare(500, true)), Proof::nothing},
      {"500-untaken", answers(bare(500)), Proof::nothing},
      {"500-says-success", answers(coded_and_taken(500, "80000000")), Proof::nothing},
      {"500-says-refused", answers(coded(500, "80100001")), Proof::nothing},
      {"502", answers(html(502)), Proof::nothing},
      {"504", answers(bare(504, true)), Proof::nothing},
      {"408", answers(bare(408)), Proof::nothing},
      {"503", answers(bare(503)), Proof::refused},
      {"503-says-success", answers(coded_and_taken(503, "80000000")), Proof::as_taken},
      {"429", answers(bare(429)), Proof::refused},
      {"401", answers(bare(401)), Proof::refused, false, false, kPauses},
      {"403", answers(bare(403)), Proof::refused, false, false, kPauses},
      {"404", answers(bare(404)), Proof::refused, false, false, kPauses},
      {"413", answers(bare(413)), Proof::refused, false, false, kPauses},
      {"400", answers(bare(400)), Proof::refused, false, false, kPauses},
      {"302-taken", answers(bare(302, true)), Proof::nothing, false, false, kPauses},
      {"307-untaken", answers(bare(307)), Proof::nothing, false, false, kPauses},
  };
}

AnswerFault refusal(int status, std::string code) {
  return {code, answers(coded(status, code)), Proof::refused, false, false, kPauses};
}

std::vector<AnswerFault> code_kinds() {
  return {
      {"partly", answers(partly({0, 3, 5})), Proof::as_taken},
      {"partly-other-reason", answers(partly({1}, "aReasonOfTheFuture")), Proof::as_taken},
      {"partly-app-reason", answers(partly({0}, "noPushTypeRight")), Proof::as_taken, false, false,
       kPauses},
      {"partly-outside", answers(partly_outside()), Proof::only_refused},
      {"partly-wrong-counts", answers(partly_wrong_counts()), Proof::only_refused},
      {"partly-unreadable", answers(partly_unreadable()), Proof::nothing},
      {"80300007", answers(all_invalid()), Proof::refused, false, false, kPauses},
      {"80300007-some-listed", answers(all_invalid_some_listed()), Proof::refused, false, false,
       kPauses},
      {"80300007-outside", answers(all_invalid_outside()), Proof::nothing},
      {"80300007-app-reason", answers(all_invalid("noPushTypeRight")), Proof::refused, false, false,
       kPauses},
      refusal(400, "80300002"),
      refusal(400, "80300036"),
      refusal(400, "80300037"),
      refusal(400, "80100022"),
      refusal(400, "80100001"),
      refusal(200, "80100003"),
      refusal(400, "80100004"),
      refusal(400, "80300008"),
      refusal(400, "80300010"),
      refusal(400, "80300030"),
      refusal(401, "80200001"),
      refusal(401, "80200005"),
      {"80300029", answers(coded(400, "80300029")), Proof::refused},
      {"81000001", answers(coded_and_taken(500, "81000001")), Proof::nothing},
      {"81000001-untaken", answers(coded(200, "81000001")), Proof::nothing},
  };
}

std::vector<AnswerFault> unreadable_kinds() {
  return {
      {"html", answers(html()), Proof::nothing, false, false, kPauses},
      {"bad-json", answers(bad_json()), Proof::nothing, false, false, kPauses},
      {"duplicate-code", answers(duplicate_code()), Proof::nothing, false, false, kPauses},
      {"unknown-code", answers(coded_and_taken(200, "89999999")), Proof::nothing, false, false,
       kPauses},
      {"unknown-code-untaken", answers(coded(400, "89999998")), Proof::nothing, false, false,
       kPauses},
      {"oversize", answers(sized((1 << 20) + 100)), Proof::nothing, false, false, kPauses},
  };
}

}  // namespace

const std::vector<AnswerFault>& answer_faults() {
  static const std::vector<AnswerFault> kAll = [] {
    std::vector<AnswerFault> all;
    for (auto kinds : {wire_kinds(), status_kinds(), code_kinds(), unreadable_kinds()}) {
      for (AnswerFault& kind : kinds) all.push_back(std::move(kind));
    }
    return all;
  }();
  return kAll;
}

std::string_view name_of(WireFault fault) {
  static constexpr std::array<std::string_view, kWireFaults> kNames{
      "wire-cut",    "wire-closed", "wire-dark",   "wire-stalled", "no-streams",
      "one-stream",  "no-window",   "tiny-window", "goaway-idle",  "ping",
      "not-reached", "not-trusted", "never-opens"};
  return kNames[static_cast<std::size_t>(fault)];
}

bool makes_ambiguous(WireFault fault) {
  switch (fault) {
    case WireFault::cut:
    case WireFault::closed:
    case WireFault::dark:
    case WireFault::goaway:  // what was on its way to a server that has nothing left to do is lost
    case WireFault::stalled:
    case WireFault::no_window:
    case WireFault::tiny_window:
      return true;
    default:
      return false;
  }
}

bool needs_http2(WireFault fault) {
  return fault >= WireFault::no_streams && fault <= WireFault::pinged;
}

}  // namespace herald::simulation
