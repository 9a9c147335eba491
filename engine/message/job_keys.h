// How the keys of a job are read: a table a section, and one place where errors get their line.
// Used by the files that read jobs; job_check.h is what others include.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/message/json.h"
#include "engine/message/json_place.h"
#include "herald/job.h"
#include "herald/result.h"

namespace herald::message {

// Gathers what is wrong with one job; both arguments of the constructor must outlive it.
class JobErrors {
 public:
  JobErrors(const Json& root, const std::filesystem::path& file) : root_(root), file_(file) {}

  void fail(const std::string& pointer, std::string_view text, Errc code = Errc::job);
  void unsupported(const std::string& pointer, std::string_view text);
  void warn(const std::string& pointer, std::string_view text);

  const std::filesystem::path& file() const { return file_; }
  std::vector<Error> take_errors();  // by line
  std::vector<std::string> take_warnings();

 private:
  std::string line_text(const std::string& pointer, std::string_view text) const;

  const Json& root_;
  const std::filesystem::path& file_;
  std::vector<std::pair<std::uint32_t, Error>> errors_;
  std::vector<std::pair<std::uint32_t, std::string>> warnings_;
};

// "FILE:LINE: /pointer: text"
std::string place(const std::filesystem::path& file, std::uint32_t line, std::string_view pointer,
                  std::string_view text);

template <class Target>
struct Key {
  std::string_view name;
  std::optional<Json::Kind> kind;  // nothing: any
  bool required;
  void (*read)(JobErrors& errors, const std::string& pointer, const Json& value, Target& target);
};

void fail_unknown(JobErrors& errors, const std::string& pointer,
                  std::span<const std::string_view> known);
bool has_kind(JobErrors& errors, const std::string& pointer, const Json& value,
              std::optional<Json::Kind> kind);

// Calls the key's function for each member; an unknown key, a wrong kind, a missing key are errors.
template <class Target, std::size_t n>
void read_keys(JobErrors& errors, const std::string& pointer, const Json& object,
               const std::array<Key<Target>, n>& keys, Target& target) {
  std::array<std::string_view, n> names;
  for (std::size_t i = 0; i < n; ++i) names[i] = keys[i].name;
  for (const Json& member : object.items) {
    const std::string here = child(pointer, member.key);
    std::size_t i = 0;
    while (i < n && names[i] != member.key) ++i;
    if (i == n) {
      fail_unknown(errors, here, names);
    } else if (has_kind(errors, here, member, keys[i].kind)) {
      keys[i].read(errors, here, member, target);
    }
  }
  for (const Key<Target>& key : keys) {
    if (key.required && object.member(key.name) == nullptr) {
      errors.fail(child(pointer, key.name), "is missing");
    }
  }
}

// The two sections that have a file of their own.
void read_audience(JobErrors& errors, const std::string& pointer, const Json& value,
                   AudienceSpec& audience);
void read_policy(JobErrors& errors, const std::string& pointer, const Json& value, Policy& policy);

}  // namespace herald::message
