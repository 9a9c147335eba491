// simulate: runs seeds, says what they broke, and what they came to.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>

#include "tests/simulation/run.h"

namespace herald::simulation {
namespace {

struct Totals {
  Figures figures;
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
};

// False when it broke something.
bool judge(const RunResult& result, const std::string& command, Totals& totals) {
  ++totals.runs;
  totals.figures.add(result.figures);
  if (result.violations.empty()) return true;
  ++totals.failed;
  fmt::print("FAILED {}\n", command);
  for (const std::string& violation : result.violations) fmt::print("  {}\n", violation);
  return false;
}

void print(const Totals& totals, double took) {
  const Figures& all = totals.figures;
  fmt::print("{} runs, {} failed, in {:.1f} s: {:.1f} a second\n", totals.runs, totals.failed, took,
             static_cast<double>(totals.runs) / took);
  fmt::print("{} records, {} requests, {} steps\n", all.records, all.requests, all.steps);
  fmt::print("{} deaths, {} of them in a recovery, {} with batches reserved and unanswered\n",
             all.crashes, all.crashes_in_recovery, all.crashes_with_requests);
  fmt::print("ambiguous batches a death: {:.2f} in the mean, {} at most\n",
             all.crashes == 0
                 ? 0.0
                 : static_cast<double>(all.batches_in_doubt) / static_cast<double>(all.crashes),
             all.batches_in_doubt_most);
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (all.outcomes[i] > 0) fmt::print("{} {}, ", all.outcomes[i], kOutcomeNames[i]);
  }
  fmt::print("\nhits:");
  for (const auto& [kind, count] : all.hits) fmt::print(" {} {}", kind, count);
  fmt::print("\n");
}

// Every kind of fault was hit, or the seeds are too few to say anything.
bool all_kinds_hit(const Figures& figures) {
  bool all = true;
  const auto look = [&](const std::string& kind) {
    if (figures.hits.count(kind) != 0) return;
    fmt::print("never hit: {}\n", kind);
    all = false;
  };
  for (const AnswerFault& kind : answer_faults()) look(kind.name);
  for (std::size_t i = 0; i < kWireFaults; ++i) {
    look(std::string{name_of(static_cast<WireFault>(i))});
  }
  for (const char* kind : {"store-failure-ends-the-process", "operator-pauses", "wall-step",
                           "clock-jump", "killed-in-a-write", "resumed", "resumed-after-death"}) {
    look(kind);
  }
  return all;
}

// A small run, and the same with a death at each of its steps.
void every_step(std::uint64_t seed, Totals& totals) {
  const Scenario scenario = Scenario::small(seed);
  const RunResult whole = Run{scenario, {}}.go();
  if (!judge(whole, fmt::format("tools/simulate --every-step --seed {}", seed), totals)) return;
  for (std::uint64_t step = 1; step < whole.figures.steps; ++step) {
    const RunResult result = Run{scenario, {.kill_at_step = step}}.go();
    const std::string command =
        fmt::format("tools/simulate --every-step --seed {} --kill-at {}", seed, step);
    if (!judge(result, command, totals)) return;
  }
}

int run(int argc, char** argv) {
  CLI::App app{"Simulates campaigns on virtual time, one seed a run, with faults and deaths"};
  std::uint64_t seeds = 500;
  std::uint64_t first = 1;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> kill_at;
  std::uint64_t twice = 0;
  bool trace = false;
  bool steps = false;
  bool all_kinds = false;
  bool keep_going = false;
  app.add_option("--seeds", seeds, "how many");
  app.add_option("--first", first, "the first of them");
  app.add_option("--seed", seed, "this one only");
  app.add_option("--twice", twice, "run so many of them twice, and compare what happened");
  app.add_flag("--trace", trace, "print what happens");
  app.add_flag("--every-step", steps, "small runs, with a death at every step of each");
  app.add_option("--kill-at", kill_at, "with --every-step: only at this one");
  app.add_flag("--all-kinds", all_kinds, "fail when a kind of fault was never hit");
  app.add_flag("--keep-going", keep_going, "after a failure, too");
  CLI11_PARSE(app, argc, argv);
  if (seed) {
    first = *seed;
    seeds = 1;
  }

  Totals totals;
  bool same = true;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t at = first; at < first + seeds && (keep_going || totals.failed == 0); ++at) {
    if (steps && !kill_at) {
      every_step(at, totals);
      continue;
    }
    const Scenario scenario = steps ? Scenario::small(at) : Scenario{at};
    if (trace) fmt::print("{}", scenario.describe());
    const RunOptions options{.prints = trace, .kill_at_step = kill_at};
    const RunResult result = Run{scenario, options}.go();
    judge(result, fmt::format("tools/simulate --seed {} --trace", at), totals);
    if (trace) fmt::print("trace {:016x}\n", result.hash);
    if (at - first >= twice) continue;
    if (Run{Scenario{at}, {}}.go().hash == result.hash) continue;
    same = false;
    fmt::print("FAILED seed {} runs differently the second time\n", at);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  print(totals, took.count());
  const bool hit = !all_kinds || all_kinds_hit(totals.figures);
  return totals.failed == 0 && same && hit ? 0 : 1;
}

}  // namespace
}  // namespace herald::simulation

int main(int argc, char** argv) {
  testing::InitGoogleTest();  // the doubles tell it what they find
  return herald::simulation::run(argc, argv);
}
