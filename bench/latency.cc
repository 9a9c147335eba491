// How long a single message takes at a steady rate: records are pushed through the public API, one
// a request, and each is timed from when it was due, not from when its turn came (so a stall counts
// for everyone who waited through it). Prints one JSON object.
//
//   latency --config herald.toml JOB.json [--records N] [--rate N] [--warm-up N]
//
// CPU is that of the process while the counted records ran, without what this program's waiting
// costs by itself: what one wait takes is measured before, with nothing pushed, and waits are
// counted.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/tokens.h"
#include "bench/usage.h"
#include "herald/config.h"
#include "herald/engine.h"
#include "herald/job.h"

namespace herald::bench {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds kLead{50};  // from the schedule's making to its first record

struct Shape {
  std::uint64_t records = 100'000;
  std::uint64_t rate = 10'000;  // a second
  std::uint64_t warm_up = 10'000;
};

// When each record is due: evenly spaced.
class Schedule {
 public:
  explicit Schedule(std::uint64_t rate) : start_(Steady::now() + kLead), rate_(rate) {}
  Steady::time_point due(std::uint64_t record) const {
    return start_ + nanoseconds{record * 1'000'000'000 / rate_};
  }
  // False when it is late already, and did not wait.
  bool wait_for(std::uint64_t record) const {
    if (due(record) <= Steady::now()) return false;
    const auto when = due(record).time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when);
    const timespec until{seconds.count(), nanoseconds{when - seconds}.count()};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    return true;
  }

 private:
  Steady::time_point start_;
  std::uint64_t rate_;
};

// Seconds of CPU that one wait takes.
double cost_of_wait(std::uint64_t rate) {
  const double before = usage().cpu_seconds;
  const Schedule schedule(rate);
  std::uint64_t waits = 0;
  for (std::uint64_t i = 0; i < rate; ++i) waits += schedule.wait_for(i) ? 1 : 0;
  if (waits == 0) throw std::runtime_error("the machine is too busy to keep the time");
  return (usage().cpu_seconds - before) / static_cast<double>(waits);
}

class Timing final : public OutcomeSink {
 public:
  Timing(const Schedule& schedule, std::uint64_t records)
      : schedule_(schedule), latencies_(records) {}

  void on_outcomes(std::span<const OutcomeRecord> records) noexcept override {
    const auto now = Steady::now();
    for (const OutcomeRecord& each : records) {
      if (each.outcome != Outcome::accepted) continue;
      latencies_[each.record - 1] = now - schedule_.due(each.record - 1);
      // Relaxed: read once the campaign has ended.
      accepted_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  std::uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }

  // Without the first so many, in order.
  std::vector<nanoseconds> sorted(std::uint64_t warm_up) const {
    std::vector<nanoseconds> rest(latencies_.begin() + static_cast<std::ptrdiff_t>(warm_up),
                                  latencies_.end());
    std::sort(rest.begin(), rest.end());
    return rest;
  }

 private:
  const Schedule& schedule_;
  std::vector<nanoseconds> latencies_;
  std::atomic<std::uint64_t> accepted_{0};
};

double percentile_us(const std::vector<nanoseconds>& sorted, double share) {
  const auto place =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return static_cast<double>(sorted[std::max<std::size_t>(place, 1) - 1].count()) / 1000;
}

struct Pushed {
  double cpu_before = 0;    // of the process, as the warm-up ended
  std::uint64_t waits = 0;  // since then; a record that was late already had none
};

Pushed push_all(AudienceFeed& feed, const Schedule& schedule, std::span<const std::string> tokens,
                std::uint64_t warm_up) {
  Pushed pushed;
  for (std::uint64_t i = 0; i < tokens.size(); ++i) {
    const bool waited = schedule.wait_for(i);
    if (i == warm_up) pushed = {usage().cpu_seconds, 0};
    if (waited) ++pushed.waits;
    feed.push(tokens[i]).value();
  }
  feed.finish();
  return pushed;
}

void print(const std::vector<nanoseconds>& sorted, double seconds, double cpu, double late) {
  fmt::print("{{\"requests\":{0},\"accepted\":{0},\"seconds\":{1:.3f},\"cpu_seconds\":{2:.4f},",
             sorted.size(), seconds, cpu);
  fmt::print(
      "\"figures\":{{\"p50_us\":{:.0f},\"p99_us\":{:.0f},\"p999_us\":{:.0f},\"max_us\":{:.0f},",
      percentile_us(sorted, 0.5), percentile_us(sorted, 0.99), percentile_us(sorted, 0.999),
      percentile_us(sorted, 1));
  fmt::print("\"late_share\":{:.3f}}}}}\n", late);
}

int run(const std::string& config_file, const std::string& job_file, const Shape& shape) {
  Job job = Job::load(job_file).value();
  job.policy.tokens_per_request = 1;
  const std::vector<std::string> tokens = make_tokens(shape.warm_up + shape.records);
  Engine engine = Engine::open(Config::load(config_file).value()).value();
  const double wait = cost_of_wait(shape.rate);

  AudienceFeed feed;
  const Schedule schedule(shape.rate);
  Timing timing(schedule, tokens.size());
  const Campaign campaign = engine.submit(job, feed, &timing).value();
  const Pushed pushed = push_all(feed, schedule, tokens, shape.warm_up);
  campaign.wait();
  const auto waits = static_cast<double>(pushed.waits);
  const double cpu = usage().cpu_seconds - pushed.cpu_before - wait * waits;
  const std::chrono::duration<double> seconds = Steady::now() - schedule.due(shape.warm_up);

  const std::uint64_t accepted = campaign.report().value().count(Outcome::accepted);
  if (timing.accepted() != tokens.size() || accepted != tokens.size()) {
    fmt::print(stderr, "latency: {} of {} were accepted\n", accepted, tokens.size());
    return 1;
  }
  if (cpu <= 0) {
    fmt::print(stderr, "latency: its waiting seems to cost more than everything: run it again\n");
    return 1;
  }
  print(timing.sorted(shape.warm_up), seconds.count(), cpu,
        1 - waits / static_cast<double>(shape.records));
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  CLI::App app{
      "Pushes records at a steady rate and prints how long each took from when it was due."};
  std::string config = "conf/herald.toml";
  std::string job;
  herald::bench::Shape shape;
  app.add_option("--config", config, "configuration");
  app.add_option("job", job, "job; its audience is not read")->required();
  app.add_option("--records", shape.records, "counted")->check(CLI::Range(1UL, 100'000'000UL));
  app.add_option("--rate", shape.rate, "a second")->check(CLI::Range(1UL, 1'000'000UL));
  app.add_option("--warm-up", shape.warm_up, "records before")
      ->check(CLI::Range(0UL, 100'000'000UL));
  CLI11_PARSE(app, argc, argv);
  prctl(PR_SET_TIMERSLACK, 1000UL);  // of 50 us, which would be most of a latency
  try {
    return herald::bench::run(config, job, shape);
  } catch (const std::exception& failed) {
    fmt::print(stderr, "latency: {}\n", failed.what());
    return 2;
  }
}
