#include "engine/message/job_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/message/check.h"

namespace herald::message {
namespace {

template <class T>
std::vector<T> by_line(std::vector<std::pair<std::uint32_t, T>> lines) {
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<T> out;
  out.reserve(lines.size());
  for (auto& [line, value] : lines) out.push_back(std::move(value));
  return out;
}

}  // namespace

std::string place(const std::filesystem::path& file, std::uint32_t line, std::string_view pointer,
                  std::string_view text) {
  return fmt::format("{}:{}: {}{}{}", file.string(), line, printable(pointer),
                     pointer.empty() ? "" : ": ", text);
}

void JobErrors::fail(const std::string& pointer, std::string_view text, Errc code) {
  errors_.emplace_back(line_of(root_, pointer), Error{code, line_text(pointer, text)});
}

void JobErrors::unsupported(const std::string& pointer, std::string_view text) {
  fail(pointer, text, Errc::unsupported);
}

void JobErrors::warn(const std::string& pointer, std::string_view text) {
  warnings_.emplace_back(line_of(root_, pointer), line_text(pointer, text));
}

std::vector<Error> JobErrors::take_errors() { return by_line(std::move(errors_)); }
std::vector<std::string> JobErrors::take_warnings() { return by_line(std::move(warnings_)); }

std::string JobErrors::line_text(const std::string& pointer, std::string_view text) const {
  return place(file_, line_of(root_, pointer), pointer, text);
}

void fail_unknown(JobErrors& errors, const std::string& pointer,
                  std::span<const std::string_view> known) {
  errors.fail(pointer, fmt::format("unknown key; known: {}", join(known)));
}

bool has_kind(JobErrors& errors, const std::string& pointer, const Json& value,
              std::optional<Json::Kind> kind) {
  if (!kind || value.kind == *kind) return true;
  errors.fail(pointer, fmt::format("must be {}, is {}", to_string(*kind), to_string(value.kind)));
  return false;
}

}  // namespace herald::message
