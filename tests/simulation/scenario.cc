#include "tests/simulation/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace herald::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::uint32_t below(base::Random& random, std::uint32_t end) {
  return static_cast<std::uint32_t>(random.next() % end);
}
bool one_in(base::Random& random, std::uint32_t n) { return random.next() % n == 0; }

template <class T, std::size_t n>
T one_of(base::Random& random, const std::array<T, n>& values) {
  return values[random.next() % n];
}

// Small numbers as often as large ones.
std::uint32_t log_between(base::Random& random, double low, double high) {
  return static_cast<std::uint32_t>(low * std::pow(high / low, random.unit()));
}

constexpr base::WallTime kMidnight{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} +
                                   hours{16}};  // at the service, +08:00

}  // namespace

Scenario::Scenario(std::uint64_t the_seed) : seed(the_seed), midnight(kMidnight) {
  base::Random random{seed};
  random.next();
  choose_service(random);
  choose_faults(random);
  choose_campaigns(random);
  // Drawn apart: a seed does the same with one thread as before there were several.
  base::Random threads{~seed};
  if (!one_in(threads, 3)) return;
  process.sender_threads = 2 + below(threads, 2);
  // So that one thread's connections are not enough.
  process.connections_max = process.sender_threads + below(threads, 3);
  process.rate = std::max(process.rate, 6000u);
  service.streams_max = 1 + below(threads, 4);
}

Scenario Scenario::small(std::uint64_t seed) {
  Scenario scenario;
  scenario.seed = seed;
  scenario.midnight = kMidnight;
  base::Random random{seed};
  random.next();
  scenario.devices = 60;
  scenario.limits = {.marketing = 2, .total = 3000};
  scenario.before_midnight = seconds{2};
  scenario.faults_last = minutes{2};
  scenario.process = {.seed = seed,
                      .rate = 200,
                      .connections_max = 2,
                      .memory = 1 << 20,
                      .sender_threads = seed % 2 == 0 ? 2u : 1u,
                      .recovers = true};
  scenario.store_latency = milliseconds{2};
  for (std::uint32_t i = 0; i < 3; ++i) {
    scenario.add_campaign(random, 10 * i, 40);
    scenario.campaigns.back().options.batch = 5;
    scenario.campaigns.back().options.marketing = true;
    scenario.campaigns.back().options.at_least_once = i == 1 && seed % 2 == 0;
    scenario.campaigns.back().at = milliseconds{300} * i;
    scenario.campaigns.back().expires.reset();
  }
  scenario.cut_audiences();
  scenario.answer_fault_rate = 0.15;
  for (std::size_t i = 0; i < simulation::answer_faults().size(); ++i) {
    if (one_in(random, 3)) scenario.answer_faults.push_back(i);
  }
  return scenario;
}

void Scenario::choose_service(base::Random& random) {
  protocol = one_in(random, 3) ? transport::Protocol::http1 : transport::Protocol::http2;
  devices = log_between(random, 200, 5000);
  limits.marketing = one_of(random, std::array{2u, 2u, 5u, 5u, 1u, 3u, 0u});
  limits.total = one_of(random, std::array{3000u, 3000u, 4u, 2u});
  before_midnight = milliseconds{below(random, 60'000)};
  service_ahead = milliseconds{static_cast<std::int64_t>(below(random, 9801)) - 4900};  // G is 5 s
  process.seed = random.next();
  process.recovers = true;
  process.rate = one_of(random, std::array{100'000u, 6000u, 6000u, 1000u, 300u});
  process.connections_max = 1 + below(random, 4);
  process.memory = one_in(random, 2)   ? 64 << 20
                   : one_in(random, 3) ? 0
                                       : 1 << (16 + below(random, 5));
  store_latency = one_in(random, 8) ? milliseconds{200} : milliseconds{below(random, 20)};
  service.protocol = protocol;
  service.streams_max = 1 + below(random, 20);
  service.wire.socket_bytes = std::size_t{1000} << below(random, 9);
  service.wire.latency = milliseconds{1 + below(random, 40)};
  if (one_in(random, 4)) service.initial_window = 200 + below(random, 5000);
}

// A fifth of the runs has no faults, and a fifth only deaths.
void Scenario::choose_faults(base::Random& random) {
  const std::uint32_t mood = below(random, 10);
  faults_last = seconds{40 + below(random, 60)};
  if (mood < 2) {
    in_turn = mood == 0;
    return;
  }
  crashes = mood < 4 || one_in(random, 2);
  steps_between_crashes = log_between(random, 30, 5000);
  operator_pauses = one_in(random, 4);
  store_fails = one_in(random, 5);
  wall_steps = one_in(random, 4);
  clock_jumps = !wall_steps && one_in(random, 6);
  if (mood < 4) return;
  answer_fault_rate = 0.4 * random.unit();
  const bool proven_only = one_in(random, 3);  // then nothing may be ambiguous unless it died
  const auto& kinds = simulation::answer_faults();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (!one_in(random, 4)) continue;
    if (proven_only && kinds[i].makes_ambiguous(http1())) continue;
    answer_faults.push_back(i);
  }
  wire_fault_every = milliseconds{500 + below(random, 10'000)};
  for (std::size_t i = 0; i < kWireFaults; ++i) {
    const auto kind = static_cast<WireFault>(i);
    if (!one_in(random, 4) || (http1() && needs_http2(kind))) continue;
    if (proven_only && makes_ambiguous(kind)) continue;
    wire_faults.push_back(kind);
  }
}

void Scenario::choose_campaigns(base::Random& random) {
  const std::uint32_t count = 1 + below(random, 4);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t tokens = devices / 2 + below(random, devices / 2) + 1;
    add_campaign(random, below(random, devices - tokens + 1), tokens);
  }
  cut_audiences();
  if (!in_turn) return;
  // Away from midnight: the first half of them on the day before, the others on the day after.
  before_midnight = minutes{20};
  for (std::uint32_t i = 0; i < count; ++i) {
    CampaignPlan& plan = campaigns[i];
    plan.at = i == (count + 1) / 2 ? minutes{25} : Duration{};
    plan.expires.reset();
    process.rate = std::max(process.rate, 1000u);
    plan.options.rate = 0;
  }
}

// Half of them, where the order of records does not matter, into two to four slices.
void Scenario::cut_audiences() {
  base::Random random{seed ^ 0x51ce};
  random.next();
  for (CampaignPlan& plan : campaigns) {
    const std::uint32_t slices = one_in(random, 2) ? 2 + below(random, 3) : 1;
    if (!plan.options.surface) plan.options.slices = slices;
  }
}

void Scenario::add_campaign(base::Random& random, std::uint32_t first, std::uint32_t tokens) {
  CampaignPlan plan;
  test::CampaignOptions& options = plan.options;
  options.id = fmt::format("campaign-{}", campaigns.size() + 1);
  options.tokens = tokens;
  options.first = first;
  options.batch = std::max(tokens / 150 + 1, one_of(random, std::array{5u, 20u, 50u, 100u, 300u}));
  options.rate = one_in(random, 4) ? 200 + below(random, 2000) : 0;
  options.marketing = !one_in(random, 4);
  options.marketing_limit = static_cast<std::uint8_t>(limits.marketing);
  options.total_limit = static_cast<std::uint16_t>(limits.total);
  options.at_least_once = one_in(random, 5);
  plan.at = milliseconds{below(random, 60'000)};
  if (one_in(random, 10)) {
    plan.expires =
        midnight + milliseconds{static_cast<std::int64_t>(below(random, 90'000)) - 30'000};
  }
  if (!in_turn && before_midnight > seconds{2} && one_in(random, 5)) {
    make_special(random, plan);
  }
  const bool varies = options.surface_of != nullptr;
  // Now and then a line that is none, or one that came before.
  for (std::uint32_t i = 0; i < tokens; ++i) {
    const DeviceIndex device = first + i;
    plan.lines.push_back({CampaignPlan::Kind::first, device});
    if (varies) continue;
    options.lines.push_back(test::token_of(device));
    if (one_in(random, 100)) {
      plan.lines.push_back({CampaignPlan::Kind::malformed, kNoDevice});
      options.lines.push_back(one_in(random, 2) ? "" : "a token with blanks");
    }
    if (one_in(random, 100)) {
      const DeviceIndex before = first + below(random, i + 1);
      plan.lines.push_back({CampaignPlan::Kind::duplicate, before});
      options.lines.push_back(test::token_of(before));
    }
  }
  campaigns.push_back(std::move(plan));
}

// For a card or a live view, the same for all devices or one of three; or test messages.
void Scenario::make_special(base::Random& random, CampaignPlan& plan) {
  using Kind = base::Surface::Kind;
  test::CampaignOptions& options = plan.options;
  options.marketing = false;
  options.scenario = {.project = "1", .limits = {kFormsPerDay, kWindows}};
  const std::uint32_t kind = below(random, 3);
  if (kind == 0) {
    options.scenario.test = true;
    return;
  }
  options.at_least_once = false;
  // A clock that steps moves the windows of live views.
  options.surface.kind = kind == 1 || wall_steps || clock_jumps ? Kind::card : Kind::activity;
  options.surface.id = 7;
  if (!one_in(random, 2)) return;
  // Where batches run short there is a request for nearly every token (Ingest::new_batch).
  process.memory = 64 << 20;
  options.surface_of = [surface = options.surface](std::uint32_t token) {
    base::Surface own = surface;
    own.id = token % 3;
    return own;
  };
}

std::string Scenario::describe() const {
  std::string text = fmt::format(
      "{} devices, {} marketing and {} in all a day, {} at {}/s by {} sender threads over {} "
      "connections of {} streams; "
      "the service is {} ms ahead; midnight in {} ms\n",
      devices, limits.marketing, limits.total, http1() ? "HTTP/1.1" : "HTTP/2", process.rate,
      process.sender_threads, process.connections_max, service.streams_max,
      std::chrono::duration_cast<milliseconds>(service_ahead).count(),
      std::chrono::duration_cast<milliseconds>(before_midnight).count());
  for (const CampaignPlan& plan : campaigns) {
    text += fmt::format("{}: {} records from device {}, batches of {}{}{}\n", plan.options.id,
                        plan.lines.size(), plan.options.first, plan.options.batch,
                        plan.options.marketing ? ", marketing" : "",
                        plan.options.at_least_once ? ", at least once" : "");
    if (plan.options.slices > 1) text += fmt::format("  in {} slices\n", plan.options.slices);
    if (plan.options.scenario.test) text += "  of test messages\n";
    if (plan.options.surface) {
      text += fmt::format(
          "  for {}{}\n", plan.options.surface_of ? "one of three " : "a ",
          plan.options.surface.kind == base::Surface::Kind::card ? "card" : "live view");
    }
  }
  text += fmt::format("faults for {} s at {:.3f}:",
                      std::chrono::duration_cast<seconds>(faults_last).count(), answer_fault_rate);
  for (const std::size_t kind : answer_faults) text += " " + simulation::answer_faults()[kind].name;
  for (const WireFault kind : wire_faults) text += fmt::format(" {}", name_of(kind));
  if (crashes) text += fmt::format(" crashes every {} steps", steps_between_crashes);
  if (store_fails) text += " store";
  if (operator_pauses) text += " pauses";
  if (wall_steps) text += " wall steps";
  if (clock_jumps) text += " clock jumps";
  return text + "\n";
}

}  // namespace herald::simulation
