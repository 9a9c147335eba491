#include "engine/config/table_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace herald::config {

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMax = 80;
  return fmt::format("\"{}{}\"", printable(text.substr(0, kMax)), text.size() > kMax ? "…" : "");
}

void TableReader::error(std::string what) {
  if (!error_) error_ = Error{Errc::config, std::move(what)};
}

std::string TableReader::labelled(std::string_view rest) const {
  return name_.empty() ? std::string(rest) : fmt::format("{}: {}", name_, rest);
}

std::string TableReader::where(std::string_view key) const {
  const toml::node* value = table_.get(key);
  const auto line = value ? value->source().begin.line : table_.source().begin.line;
  // The table that is the whole file has no place of its own.
  return fmt::format("{}:{}", file_.string(), std::max(line, decltype(line){1}));
}

void TableReader::fail(std::string_view key, std::string_view why) {
  error(fmt::format("{}: {}", where(key), labelled(fmt::format("{}: {}", key, why))));
}

const toml::node* TableReader::node(std::string_view key) {
  known_.push_back(key);
  return table_.get(key);
}

std::optional<std::string_view> TableReader::string_of(std::string_view key,
                                                       const toml::node& node) {
  if (const auto* value = node.as_string()) return value->get();
  fail(key, "must be a string, in quotation marks");
  return std::nullopt;
}

void TableReader::boolean(std::string_view key, bool& out) {
  const toml::node* value = node(key);
  if (!value) return;
  if (const auto* flag = value->as_boolean()) {
    out = flag->get();
  } else {
    fail(key, "must be true or false");
  }
}

void TableReader::text(std::string_view key, std::string& out) {
  const toml::node* value = node(key);
  if (!value) return;
  if (const auto text = string_of(key, *value)) out = *text;
}

void TableReader::path(std::string_view key, std::filesystem::path& out) {
  std::string text;
  this->text(key, text);
  if (text.find('\0') != text.npos) return fail(key, "a path has no NUL byte");
  if (!text.empty()) out = file_.parent_path() / text;  // an absolute right side wins
}

void TableReader::texts(std::string_view key, std::vector<std::string>& out) {
  const toml::node* value = node(key);
  if (!value) return;
  const auto* array = value->as_array();
  if (!array) return fail(key, "must be a list of strings: [\"EXPRESS\", \"IM\"]");
  std::vector<std::string> texts;
  for (const toml::node& item : *array) {
    const auto* text = item.as_string();
    if (!text) return fail(key, "must be a list of strings: [\"EXPRESS\", \"IM\"]");
    texts.push_back(text->get());
  }
  out = std::move(texts);
}

void TableReader::duration(std::string_view key, std::chrono::milliseconds min,
                           std::chrono::milliseconds max, std::chrono::milliseconds& out) {
  const toml::node* value = node(key);
  if (!value) return;
  const auto* text = value->as_string();
  const auto duration = text ? parse_duration(text->get()) : std::nullopt;
  if (!duration) {
    return fail(key, R"(is no duration; write one like "250ms", "5s", "10m", "1h" or "30d")");
  }
  if (*duration < min || *duration > max) {
    return fail(key, fmt::format("{} is out of range; write {} to {}", in_quotes(text->get()),
                                 to_text(min), to_text(max)));
  }
  out = *duration;
}

void TableReader::size(std::string_view key, std::uint64_t min, std::uint64_t max,
                       std::uint64_t& out) {
  const toml::node* value = node(key);
  if (!value) return;
  std::optional<std::uint64_t> bytes;
  if (const auto* text = value->as_string()) bytes = parse_size(text->get());
  if (const auto* number = value->as_integer(); number && number->get() >= 0) {
    bytes = static_cast<std::uint64_t>(number->get());
  }
  if (!bytes) return fail(key, R"(is no size; write one like "256MiB" or "1GiB", or plain bytes)");
  if (*bytes < min || *bytes > max) {
    return fail(key, fmt::format("{} is out of range; write {} to {}", size_text(*bytes),
                                 size_text(min), size_text(max)));
  }
  out = *bytes;
}

std::optional<std::int64_t> TableReader::ranged(std::string_view key, std::int64_t min,
                                                std::int64_t max) {
  const toml::node* value = node(key);
  if (!value) return std::nullopt;
  const auto* number = value->as_integer();
  if (!number) {
    fail(key, fmt::format("must be a whole number, {} to {}", min, max));
    return std::nullopt;
  }
  if (number->get() < min || number->get() > max) {
    fail(key, fmt::format("{} is out of range; write {} to {}", number->get(), min, max));
    return std::nullopt;
  }
  return number->get();
}

void TableReader::look_for_unknown_key() {
  for (const auto& [key, value] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    const auto line = key.source().begin.line;
    error(fmt::format("{}:{}: {}", file_.string(), line,
                      labelled(fmt::format("unknown key {}; known: {}", in_quotes(key.str()),
                                           fmt::join(known_, ", ")))));
    return;
  }
}

Result<void> TableReader::finish() {
  if (!error_) look_for_unknown_key();
  for (const std::string_view key : required_) {
    if (!table_.contains(key)) {
      error(fmt::format("{}: {}", where(key), labelled(fmt::format("{} is missing", key))));
    }
  }
  if (error_) return *error_;
  return {};
}

}  // namespace herald::config
