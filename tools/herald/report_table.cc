#include "tools/herald/report_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/herald/text.h"

namespace herald::cli {
namespace {

constexpr std::size_t kLabel = 12;

void append_line(std::string& out, std::string_view label, std::string_view text) {
  out += fmt::format("{:<{}}{}\n", label, kLabel, text);
}

// A count that lines up under the others, whatever stands before it.
void append_count(std::string& out, std::string_view label, std::uint64_t count,
                  std::uint64_t records) {
  constexpr std::size_t kEnd = 51;
  const std::size_t used = std::min(label.size() + 1, kEnd);
  out += fmt::format("{} {:>{}} {:>10}\n", label, grouped(count), kEnd - used,
                     percent(count, records));
}

void append_outcome(std::string& out, const Report& report, std::string_view name,
                    std::uint64_t count) {
  append_count(out, name, count, report.records);
  const std::string prefix = std::string(name) + '.';
  for (const auto& [reason, times] : report.reasons) {
    if (times == 0 || !reason.starts_with(prefix)) continue;
    append_count(out, "  " + one_line(reason.substr(prefix.size())), times, report.records);
  }
}

std::string requests_text(const Report& report) {
  std::string text =
      fmt::format("{} sent, {} of them again; {} without acceptance", grouped(report.requests.sent),
                  grouped(report.requests.retried), grouped(report.requests.failed));
  if (report.rate_limited > 0) {
    text += fmt::format("; {} told to slow down", grouped(report.rate_limited));
  }
  return text;
}

std::string state_text(const Report& report) {
  std::string text(to_string(report.state));
  if (!report.pause_reason.empty()) text += ": " + one_line(report.pause_reason);
  return text;
}

}  // namespace

std::string report_table(const Report& report) {
  std::string out;
  append_line(out, "campaign", report.campaign);
  append_line(out, "state", state_text(report));
  append_line(out, "records", grouped(report.records));
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (report.count(outcome) == 0 && outcome != Outcome::accepted) continue;
    append_outcome(out, report, to_string(outcome), report.count(outcome));
  }
  if (report.pending > 0) append_count(out, "pending", report.pending, report.records);
  append_line(out, "requests", requests_text(report));
  append_line(out, "body", fmt::format("{} bytes without tokens", grouped(report.body_bytes)));
  append_line(out, "rate", fmt::format("{} devices/s", grouped(report.devices_per_second)));
  append_line(out, "time", fmt::format("{:.1f} s", report.seconds));
  if (!report.synced) {
    append_line(out, "durability", "process: charges survive kill -9, but not a power cut");
  }
  return out;
}

}  // namespace herald::cli
