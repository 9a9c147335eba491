// A payload cut into pieces: bytes that every rendering has, and places that records fill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/record_fields.h"
#include "engine/message/json.h"
#include "herald/outcome.h"

namespace herald::message {

// Where a record's field goes.
struct FieldPlace {
  base::RecordField field;
  int push_type;
  std::string_view parent;  // pointer of the object that has it
  bool required;
};

std::span<const FieldPlace> field_places();

class Pattern {
 public:
  // `free`: pointers of the strings in whose text no rule looks (rules.h). Fields without a place
  // in `places` are not looked for.
  Pattern(const Json& payload, std::span<const FieldPlace> places,
          std::span<const std::string> free);

  // The payload with the record's values. `check_whole` becomes true when one went to a place
  // where it may have broken a rule. `out` is left as it is at the first fault.
  Reason append(const base::RecordFields& fields, std::string& out, bool& check_whole) const;

  // Which place append() found nothing for; empty: every place is filled.
  std::string lacks(const base::RecordFields& fields) const;

  bool has_variables() const { return has_variables_; }
  std::size_t bytes_at_least() const;  // variables empty, no field brought

 private:
  friend class PatternWriter;

  enum class Kind : std::uint8_t { literal, variable, field };
  struct Piece {
    Kind kind = Kind::literal;
    bool free = false;      // a variable: may hold anything
    bool required = false;  // a field: that the payload itself lacks
    base::RecordField field{};
    std::uint32_t own_end = 0;  // a field: the pieces up to here are the payload's own value
    std::string text;  // literal: its bytes; variable: its name; field that is lacking: "key":
  };

  std::vector<Piece> pieces_;
  bool has_variables_ = false;
};

}  // namespace herald::message
