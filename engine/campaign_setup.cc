#include "engine/campaign_setup.h"

#include <algorithm>
#include <string>

namespace herald {
namespace {

base::WallTime to_wall(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

base::Surface::Kind surface_of(int push_type) {
  constexpr int kForm = 1;
  constexpr int kLiveView = 7;
  if (push_type == kForm) return base::Surface::Kind::card;
  return push_type == kLiveView ? base::Surface::Kind::activity : base::Surface::Kind::none;
}

}  // namespace

void set_up(dispatch::CampaignRun& run, const Job& job, const AppConfig& app,
            const LedgerConfig& ledger, const message::Template& body) {
  run.push_type = std::to_string(job.push_type);
  run.prefix = body.prefix();
  run.suffix = body.suffix();
  run.charge.marketing =
      body.marketing([&](std::string_view category) { return app.counts_as_marketing(category); });
  run.charge.notification = body.shows_notification();
  run.charge.marketing_limit = static_cast<std::uint8_t>(app.marketing_per_day);
  run.charge.total_limit = static_cast<std::uint16_t>(ledger.device_daily_cap);
  run.scenario.test = body.test_message();
  run.scenario.project = app.project_id;
  run.scenario.limits = {app.form_per_day,
                         body.large_windows() ? ledger::kLargeWindows : ledger::kUsualWindows};
  if (job.policy.start_at) run.start_at = to_wall(*job.policy.start_at);
  if (job.policy.expires) run.expires = to_wall(*job.policy.expires);
  run.rate = job.policy.rate;
  run.at_least_once = job.policy.at_least_once;
  run.batch_tokens_max =
      std::min(job.policy.tokens_per_request, static_cast<std::uint32_t>(body.tokens_max()));
}

campaign::Message message_of(const message::Template& body) {
  campaign::Message message;
  message.surface.kind = surface_of(body.push_type());
  message.surface.creates = body.creates();
  const auto fill = [](base::Surface& surface, const message::Rendered& rendered) {
    surface.id = rendered.surface;
    surface.version = rendered.version.value_or(-1);
  };
  if (!body.varies()) {
    std::string same_for_all;
    fill(message.surface, body.render({}, same_for_all));
    return message;
  }
  message.render = [body, fill](const base::RecordFields& fields, std::string& out,
                                base::Surface& surface) {
    const message::Rendered rendered = body.render(fields, out);
    fill(surface, rendered);
    return rendered.malformed;
  };
  return message;
}

}  // namespace herald
