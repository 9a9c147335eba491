// What the micro-benchmarks share: their two options, and the way cases take turns.
//
// This machine drifts, so only ratios of one run count: cases are interleaved at random, and the
// median of the repetitions is what to compare.
#pragma once

#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace herald::bench {

struct Options {
  std::uint64_t size;             // --size=N: devices, records
  std::uint64_t repetitions = 5;  // --repetitions=N
};

// Takes our options, leaves the rest to Google Benchmark, and ends the program on anything else.
inline Options parse(int argc, char** argv, std::uint64_t default_size) {
  Options options{default_size};
  std::vector<char*> rest{argv[0]};
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  rest.push_back(interleave.data());
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto number = [&](std::string_view name, std::uint64_t& value) {
      if (!argument.starts_with(name)) return false;
      const char* const end = argument.data() + argument.size();
      return std::from_chars(argument.data() + name.size(), end, value).ptr == end && value != 0;
    };
    if (number("--size=", options.size) || number("--repetitions=", options.repetitions)) continue;
    rest.push_back(argv[i]);
  }
  int count = static_cast<int>(rest.size());
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) std::exit(2);
  return options;
}

// Seconds for each of `count` things that an iteration does; shown as "34.5ns".
inline benchmark::Counter time_each(std::uint64_t count) {
  return {static_cast<double>(count),
          benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}

// Registers a case. A single repetition is that of the tests: one iteration tells them enough.
template <class Run>
benchmark::internal::Benchmark* add_case(const char* name, const Options& options, Run run) {
  auto* const added = benchmark::RegisterBenchmark(name, std::move(run));
  added->Repetitions(static_cast<int>(options.repetitions));
  if (options.repetitions == 1) added->Iterations(1);
  return added;
}

// A benchmark of a wrong answer is worth nothing: it ends the program.
inline void check(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "wrong answer: %s\n", what);
  std::exit(1);
}

}  // namespace herald::bench
