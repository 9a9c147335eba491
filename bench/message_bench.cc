// Messages: what it costs to check one, for each push type, and to render one for a record: fixed,
// with variables in whose text no rule looks, and read through all the rules again.
//   message_bench [--repetitions=N]    (default: 5)
// The jobs are those of conf/campaigns.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "bench/support.h"
#include "engine/message/json.h"
#include "engine/message/rules.h"
#include "engine/message/template.h"

namespace herald::bench {
namespace {

struct Message {
  const char* file;
  const char* name;
};

constexpr Message kMessages[]{
    {"marketing-alert", "check_type_0"}, {"form-refresh", "check_type_1"},
    {"payment-voice", "check_type_2"},   {"inbox-sync", "check_type_6"},
    {"taxi-live-view", "check_type_7"},  {"incoming-call", "check_type_10"},
};

Job load(const std::string& name) {
  auto job = Job::load(HERALD_SOURCE_DIR "/conf/campaigns/" + name + ".json");
  if (job.has_error()) std::fprintf(stderr, "%s\n", job.error().what.c_str());
  check(job.has_value(), "an example is refused");
  return std::move(*job);
}

bool is_refused(const std::vector<message::Violation>& found) {
  return std::any_of(found.begin(), found.end(), [](const auto& each) { return !each.warning; });
}

// What a record is to bring is there.
std::string filled(std::string payload) {
  for (const std::string_view variable : {"{{vars.line}}", "{{vars.minutes}}", "{{vars.plate}}"}) {
    const std::size_t at = payload.find(variable);
    if (at != std::string::npos) payload.replace(at, variable.size(), "12");
  }
  const bool form = payload.starts_with(R"({"moduleName")");
  const bool live_view = payload.starts_with(R"({"operation")");
  if (form) payload.insert(1, R"("formId":7,"version":1,)");
  if (live_view) payload.insert(1, R"("activityId":7,"version":1,)");
  return payload;
}

void check_message(benchmark::State& state, int type, std::string_view payload,
                   std::string_view options) {
  const auto content = message::parse_json(payload);
  std::optional<message::Json> pushed;
  if (!options.empty()) pushed = *message::parse_json(options);
  const message::Json* const with = pushed ? &*pushed : nullptr;
  check(!is_refused(message::check_message(type, *content, with)), "a good message is refused");
  check(is_refused(message::check_message(type, message::Json{}, with)), "nothing is a message");
  for (auto _ : state) {
    benchmark::DoNotOptimize(message::check_message(type, *content, with));
  }
  state.counters["message"] = time_each(1);
}

void parse_job(benchmark::State& state, const std::string& text) {
  check(Job::parse(text, "job.json").has_value(), "an example is refused");
  for (auto _ : state) benchmark::DoNotOptimize(Job::parse(text, "job.json"));
  state.counters["job"] = time_each(1);
}

void render(benchmark::State& state, const message::Template& made,
            const base::RecordFields& fields, std::string_view expected) {
  std::string out;
  check(made.render(fields, out).malformed == Reason::none, "a rendering is refused");
  check(out.find(expected) != std::string::npos, "a rendering lacks what the record brought");
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(made.render(fields, out));
  }
  state.counters["record"] = time_each(1);
}

int run(const Options& options) {
  std::vector<Job> jobs;
  for (const Message& each : kMessages) jobs.push_back(load(each.file));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    add_case(kMessages[i].name, options, [&, i](benchmark::State& state) {
      check_message(state, jobs[i].push_type, filled(jobs[i].payload), jobs[i].push_options);
    });
  }
  const std::string text = R"({"id":"a","app":"demo","pushType":0,"payload":)" + jobs[0].payload +
                           R"(,"audience":{"file":"a.txt"}})";
  add_case("parse_job", options, [&](benchmark::State& state) { parse_job(state, text); });

  Job free = jobs[0];
  free.audience.format = AudienceSpec::Format::jsonl;
  const std::size_t body = free.payload.find(R"("body":")") + 8;
  free.payload.insert(body, "{{vars.name}}, {{vars.city}}: ");
  const auto fixed_alert = message::Template::make(jobs[0]).value();
  const auto free_alert = message::Template::make(free).value();
  const auto form = message::Template::make(jobs[1]).value();
  const base::Variable alert_variables[]{{"name", "Al"}, {"city", "Shen\"zhen"}};
  const base::Variable form_variables[]{{"line", "12"}, {"minutes", "4"}};
  const base::RecordFields of_alert{.variables = alert_variables};
  base::RecordFields of_form{.variables = form_variables};
  of_form.json[static_cast<std::size_t>(base::RecordField::form_id)] = "7";
  of_form.json[static_cast<std::size_t>(base::RecordField::version)] = "1";
  base::RecordFields with_data = of_form;
  with_data.json[static_cast<std::size_t>(base::RecordField::form_data)] = R"({"stop":"South"})";

  add_case("render_fixed", options,
           [&](benchmark::State& state) { render(state, fixed_alert, {}, fixed_alert.prefix()); });
  add_case("render_free_variables", options, [&](benchmark::State& state) {
    render(state, free_alert, of_alert, R"(Al, Shen\"zhen: )");
  });
  add_case("render_form_fields", options,
           [&](benchmark::State& state) { render(state, form, of_form, R"("formId":7)"); });
  add_case("render_full_check", options,
           [&](benchmark::State& state) { render(state, form, with_data, R"({"stop":"South"})"); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) { return herald::bench::run(herald::bench::parse(argc, argv, 1)); }
