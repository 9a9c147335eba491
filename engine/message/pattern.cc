#include "engine/message/pattern.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "engine/message/compact_json.h"
#include "engine/message/json_place.h"
#include "engine/message/variables.h"

namespace herald::message {
namespace {

using base::RecordField;

constexpr std::array<FieldPlace, 7> kPlaces{{
    {RecordField::form_id, 1, "/payload", true},
    {RecordField::version, 1, "/payload", true},
    {RecordField::form_data, 1, "/payload", true},
    {RecordField::activity_id, 7, "/payload", true},
    {RecordField::version, 7, "/payload", false},
    {RecordField::profile_id, 0, "/payload/notification", false},
    {RecordField::profile_id, 2, "/payload/notification", false},
}};

std::string_view name_of(RecordField field) {
  return base::kRecordFieldNames[static_cast<std::size_t>(field)];
}

const base::Variable* find(std::span<const base::Variable> variables, std::string_view name) {
  for (const base::Variable& variable : variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

}  // namespace

std::span<const FieldPlace> field_places() { return kPlaces; }

// Writes the payload as compact() would, but ends a literal where a record comes in.
class PatternWriter {
 public:
  PatternWriter(Pattern& out, std::span<const FieldPlace> places, std::span<const std::string> free)
      : out_(out), places_(places), free_(free) {}

  void write(const std::string& pointer, const Json& value) {
    switch (value.kind) {
      case Json::Kind::object:
        return write_object(pointer, value);
      case Json::Kind::array:
        return write_array(pointer, value);
      case Json::Kind::string:
        return write_string(pointer, value.text);
      default:
        literal_ += value.text;
    }
  }

  void end_literal() {
    if (literal_.empty()) return;
    Pattern::Piece& piece = out_.pieces_.emplace_back();
    piece.text = std::move(literal_);
    literal_.clear();
  }

 private:
  void write_key(std::string_view key) {
    literal_ += '"';
    append_escaped(literal_, key);
    literal_ += "\":";
  }

  void write_object(const std::string& pointer, const Json& object) {
    literal_ += '{';
    bool first = true;
    for (const Json& member : object.items) {
      if (!first) literal_ += ',';
      first = false;
      write_key(member.key);
      const FieldPlace* const place = place_of(pointer, member.key);
      if (place == nullptr) {
        write(child(pointer, member.key), member);
      } else {
        write_own(child(pointer, member.key), member, *place);
      }
    }
    for (const FieldPlace& place : places_) {
      if (place.parent == pointer && object.member(name_of(place.field)) == nullptr) {
        write_lacking(place);
      }
    }
    literal_ += '}';
  }

  void write_own(const std::string& pointer, const Json& member, const FieldPlace& place) {
    end_literal();
    const std::size_t at = out_.pieces_.size();
    Pattern::Piece& piece = out_.pieces_.emplace_back();
    piece.kind = Pattern::Kind::field;
    piece.field = place.field;
    write(pointer, member);
    end_literal();
    out_.pieces_[at].own_end = static_cast<std::uint32_t>(out_.pieces_.size());
  }

  void write_lacking(const FieldPlace& place) {
    end_literal();
    Pattern::Piece& piece = out_.pieces_.emplace_back();
    piece.kind = Pattern::Kind::field;
    piece.field = place.field;
    piece.required = place.required;
    piece.text = fmt::format("\"{}\":", name_of(place.field));
    piece.own_end = static_cast<std::uint32_t>(out_.pieces_.size());
  }

  void write_array(const std::string& pointer, const Json& array) {
    literal_ += '[';
    for (std::size_t i = 0; i < array.items.size(); ++i) {
      if (i != 0) literal_ += ',';
      write(child(pointer, i), array.items[i]);
    }
    literal_ += ']';
  }

  void write_string(const std::string& pointer, std::string_view text) {
    literal_ += '"';
    while (!text.empty()) {
      const VariableStep step = next_variable(text);
      append_escaped(literal_, step.before);
      if (step.name.empty()) continue;
      end_literal();
      Pattern::Piece& piece = out_.pieces_.emplace_back();
      piece.kind = Pattern::Kind::variable;
      piece.free = std::find(free_.begin(), free_.end(), pointer) != free_.end();
      piece.text = step.name;
      out_.has_variables_ = true;
    }
    literal_ += '"';
  }

  const FieldPlace* place_of(std::string_view parent, std::string_view key) const {
    for (const FieldPlace& place : places_) {
      if (place.parent == parent && name_of(place.field) == key) return &place;
    }
    return nullptr;
  }

  Pattern& out_;
  std::span<const FieldPlace> places_;
  std::span<const std::string> free_;
  std::string literal_;
};

Pattern::Pattern(const Json& payload, std::span<const FieldPlace> places,
                 std::span<const std::string> free) {
  PatternWriter writer(*this, places, free);
  writer.write("/payload", payload);
  writer.end_literal();
}

Reason Pattern::append(const base::RecordFields& fields, std::string& out,
                       bool& check_whole) const {
  const std::size_t start = out.size();
  const auto fail = [&](Reason reason) {
    out.resize(start);
    return reason;
  };
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    if (piece.kind == Kind::literal) {
      out += piece.text;
    } else if (piece.kind == Kind::variable) {
      const base::Variable* const variable = find(fields.variables, piece.text);
      if (variable == nullptr) return fail(Reason::missing_variable);
      if (!simdjson::validate_utf8(variable->value.data(), variable->value.size())) {
        return fail(Reason::not_utf8);
      }
      append_escaped(out, variable->value);
      check_whole = check_whole || !piece.free;
    } else if (const std::string_view given = fields[piece.field]; !given.empty()) {
      if (!piece.text.empty() && out.back() != '{') out += ',';
      out += piece.text;
      out += given;
      i = piece.own_end - std::size_t{1};
    } else if (piece.required) {
      return fail(Reason::missing_field);
    }
  }
  return Reason::none;
}

std::string Pattern::lacks(const base::RecordFields& fields) const {
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    if (piece.kind == Kind::variable && find(fields.variables, piece.text) == nullptr) {
      return fmt::format("/vars/{}: is missing, and the payload has {{{{vars.{}}}}}", piece.text,
                         piece.text);
    }
    if (piece.kind != Kind::field) continue;
    if (!fields[piece.field].empty()) {
      i = piece.own_end - std::size_t{1};
    } else if (piece.required) {
      return fmt::format("/{}: is missing, here and in the payload",
                         base::kRecordFieldNames[static_cast<std::size_t>(piece.field)]);
    }
  }
  return {};
}

std::size_t Pattern::bytes_at_least() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Piece& piece = pieces_[i];
    if (piece.kind == Kind::field) {
      i = piece.own_end - std::size_t{1};  // a record's may be shorter than the payload's own
    } else if (piece.kind == Kind::literal) {
      bytes += piece.text.size();
    }
  }
  return bytes;
}

}  // namespace herald::message
