// Reads one TOML table strictly: every key is asked for by name, and one that nobody asked for is
// an error with its line.
//
// The calls keep the first error, so that a section reads as a plain list of its keys; finish()
// hands it out. Order of what is reported: a bad value, an unknown key, a missing key; a key
// that is missing is most often there, misspelt.
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/units.h"
#include "herald/result.h"

namespace herald::config {

// Fit for a one-line error: control bytes escaped.
std::string printable(std::string_view text);
// The same for what someone wrote: in quotes, and long text cut.
std::string in_quotes(std::string_view text);

class TableReader {  // one thread
 public:
  // `name` stands before every error: `[endpoint]`, `app "demo"`; empty at the top of the file.
  // All three outlive the reader.
  TableReader(const toml::table& table, std::string name, const std::filesystem::path& file)
      : table_(table), name_(std::move(name)), file_(file) {}

  // What is absent leaves `out` as it is.
  void boolean(std::string_view key, bool& out);
  void text(std::string_view key, std::string& out);
  void path(std::string_view key, std::filesystem::path& out);  // relative to the file
  void texts(std::string_view key, std::vector<std::string>& out);
  void duration(std::string_view key, std::chrono::milliseconds min, std::chrono::milliseconds max,
                std::chrono::milliseconds& out);
  void size(std::string_view key, std::uint64_t min, std::uint64_t max, std::uint64_t& out);
  template <std::integral Int>
  void integer(std::string_view key, std::int64_t min, std::int64_t max, Int& out) {
    if (const auto value = ranged(key, min, max)) out = static_cast<Int>(*value);
  }

  const toml::node* node(std::string_view key);  // for what needs more than the above; known now
  void require(std::string_view key) { required_.push_back(key); }
  void fail(std::string_view key, std::string_view why);  // at the line of `key`

  std::string where(std::string_view key) const;  // file:line of the key, or of the table
  Result<void> finish();

 private:
  std::optional<std::int64_t> ranged(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<std::string_view> string_of(std::string_view key, const toml::node& node);
  void error(std::string what);
  std::string labelled(std::string_view rest) const;
  void look_for_unknown_key();

  const toml::table& table_;
  std::string name_;
  const std::filesystem::path& file_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> required_;
  std::optional<Error> error_;
};

}  // namespace herald::config
