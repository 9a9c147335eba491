// Laying out batches of 1000 tokens: append, with and without something to escape, and compaction
// when a tenth of the tokens may not go out any more.
//   batch_bench [--repetitions=N]    (default: 5)
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/support.h"
#include "bench/tokens.h"
#include "engine/batch/batch.h"

namespace herald::bench {
namespace {

using batch::Batch;
using batch::Fate;
using batch::kTokensMax;
using Tokens = std::vector<std::string>;

void fill(Batch& batch, const Tokens& tokens, bool escape) {
  batch.reset();
  for (std::uint32_t i = 0; i < kTokensMax; ++i) batch.append(tokens[i], escape, i + 1, i);
}

// What the request body must hold, told by another way.
std::string wire_of(const Tokens& tokens, std::size_t step) {
  std::string wire;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (step != 0 && i % step == 0) continue;
    wire += wire.empty() ? "\"" : ",\"";
    for (const char c : tokens[i]) {
      if (c == '"' || c == '\\') wire += '\\';
      wire += c;
    }
    wire += '"';
  }
  return wire;
}

void append(benchmark::State& state, const Tokens& tokens, bool escape) {
  Batch batch;
  fill(batch, tokens, escape);
  check(batch.wire() == wire_of(tokens, 0), "the wire form is wrong");
  for (auto _ : state) {
    fill(batch, tokens, escape);
    benchmark::DoNotOptimize(batch.wire().data());
  }
  state.counters["token"] = time_each(kTokensMax);
}

void compact(benchmark::State& state, const Tokens& tokens) {
  constexpr std::size_t kStep = 10;
  std::vector<Fate> fates(kTokensMax, Fate{true, Outcome::accepted, Reason::none});
  for (std::size_t i = 0; i < kTokensMax; i += kStep) {
    fates[i] = {false, Outcome::over_quota, Reason::marketing};
  }
  Batch batch;
  fill(batch, tokens, false);
  batch.compact(fates);
  check(batch.wire() == wire_of(tokens, kStep), "the wire form is wrong");
  check(batch.drops().size() == kTokensMax / kStep, "drops are missing");
  for (auto _ : state) {
    state.PauseTiming();
    fill(batch, tokens, false);
    state.ResumeTiming();
    batch.compact(fates);
    benchmark::DoNotOptimize(batch.wire().data());
  }
  state.counters["token"] = time_each(kTokensMax);
}

int run(const Options& options) {
  const Tokens tokens = make_tokens(kTokensMax);
  Tokens escaped = tokens;
  for (std::string& token : escaped) token[50] = '"';
  add_case("append", options, [&](benchmark::State& state) { append(state, tokens, false); });
  add_case("append_escaped", options,
           [&](benchmark::State& state) { append(state, escaped, true); });
  add_case("compact", options, [&](benchmark::State& state) { compact(state, tokens); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) { return herald::bench::run(herald::bench::parse(argc, argv, 1)); }
