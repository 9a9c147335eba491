// What threads that charge one ledger at once cost each other: devices at random, blocks of 1000, 1
// to 8 threads in turn; and the lock of its tables alone, which each block takes once.
//   contention_bench [--devices N] [--runs N]    (default: 20 million, 5)
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/usage.h"
#include "engine/base/random.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/seen.h"

namespace herald::bench {
namespace {

constexpr std::size_t kBlock = 1000;
constexpr std::array<std::uint32_t, 4> kThreads{1, 2, 4, 8};
constexpr ledger::Charge kCharge{.days = {20781, false}, .notification = true, .total_limit = 3000};

struct Figures {
  std::vector<double> rate;  // things a second
  std::vector<double> cpu;   // seconds of CPU for one
  std::vector<double> waits;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

using Case = std::map<std::uint32_t, Figures>;  // by threads

// `work` is one thread's share of `things`.
void measure(Case& into, std::uint32_t threads, std::uint64_t things,
             const std::function<void(std::uint32_t thread)>& work) {
  const auto began = std::chrono::steady_clock::now();
  const Usage before = usage();
  std::vector<std::thread> all;
  for (std::uint32_t i = 0; i < threads; ++i) all.emplace_back(work, i);
  for (std::thread& each : all) each.join();
  const Usage after = usage();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  Figures& figures = into[threads];
  figures.rate.push_back(static_cast<double>(things) / took.count());
  figures.cpu.push_back((after.cpu_seconds - before.cpu_seconds) / static_cast<double>(things));
  figures.waits.push_back(static_cast<double>(after.waits - before.waits));
}

void print(const char* what, const Case& figures) {
  for (const auto& [threads, of] : figures) {
    fmt::print("{:<28} {} threads: {:8.2f} M/s, {:6.1f} ns of CPU each, slept {:.0f} times\n", what,
               threads, median(of.rate) / 1e6, median(of.cpu) * 1e9, median(of.waits));
  }
}

// The lock as engine/ledger takes it for every call.
struct TableLock {
  std::mutex gate;
  std::shared_mutex tables;

  std::shared_lock<std::shared_mutex> lock() {
    const std::lock_guard passed(gate);
    return std::shared_lock(tables);
  }
};

void run(std::uint64_t devices, std::uint32_t runs) {
  devices = devices / (kBlock * kThreads.back()) * (kBlock * kThreads.back());
  base::Random random(20781);
  std::vector<ledger::Fingerprint> picks(devices);
  for (auto& each : picks) each = random.next() | 1;
  ledger::Ledger ledger{devices};
  const auto charge = [&](std::uint32_t threads, std::uint32_t thread, ledger::Seen* seen) {
    const std::span all{picks};
    const std::uint64_t share = devices / threads;
    std::vector<ledger::Verdict> verdicts(kBlock);
    for (std::uint64_t at = share * thread; at < share * (thread + 1); at += kBlock) {
      if (seen != nullptr) {
        ledger.charge(all.subspan(at, kBlock), kCharge, *seen, verdicts);
      } else {
        ledger.charge(all.subspan(at, kBlock), kCharge, verdicts);
      }
    }
  };
  charge(1, 0, nullptr);  // faults the tables in
  Case charges;
  Case first;
  Case locks;
  TableLock lock;
  constexpr std::uint64_t kLocks = 400'000;
  std::uint32_t times = 1;
  for (std::uint32_t i = 0; i < runs; ++i) {
    for (const std::uint32_t threads : kThreads) {
      measure(charges, threads, devices, [&](std::uint32_t t) { charge(threads, t, nullptr); });
      ledger::Seen seen{ledger};
      measure(first, threads, devices, [&](std::uint32_t t) { charge(threads, t, &seen); });
      times += 2;
      measure(locks, threads, kLocks, [&](std::uint32_t) {
        for (std::uint64_t n = 0; n < kLocks / threads; ++n) (void)lock.lock();
      });
    }
  }
  // Every device was charged as often as it came, whoever charged it.
  for (std::size_t i = 0; i < picks.size(); i += kBlock) {
    if (ledger.find(picks[i]).total[0] == times) continue;
    fmt::print(stderr, "wrong answer: a device has {} charges of {}\n",
               ledger.find(picks[i]).total[0], times);
    std::exit(1);
  }
  print("charge, a device", charges);
  print("charge the first, a device", first);
  print("the lock of the tables", locks);
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  CLI::App app{"What threads that charge one ledger cost each other."};
  std::uint64_t devices = 20'000'000;
  std::uint32_t runs = 5;
  app.add_option("--devices", devices, "in the ledger")->check(CLI::Range(8000, 500'000'000));
  app.add_option("--runs", runs, "of each")->check(CLI::Range(1, 100));
  CLI11_PARSE(app, argc, argv);
  herald::bench::run(devices, runs);
  return 0;
}
