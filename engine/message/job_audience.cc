// The audience of a job: where its tokens come from.
#include <fmt/format.h>

#include "engine/message/job_keys.h"

namespace herald::message {
namespace {

using Format = AudienceSpec::Format;

void read_file(JobErrors& errors, const std::string& pointer, const Json& value,
               AudienceSpec& audience) {
  const std::filesystem::path file = value.text;
  if (file.empty()) return errors.fail(pointer, "is empty; leave it out to give --audience");
  if (value.text.find('\0') != std::string::npos) {
    return errors.fail(pointer, "holds a NUL, as no file name does");
  }
  audience.file = file == "-" ? file : errors.file().parent_path() / file;
}

void read_format(JobErrors& errors, const std::string& pointer, const Json& value,
                 AudienceSpec& audience) {
  if (value.text == "lines") {
    audience.format = Format::lines;
  } else if (value.text == "csv") {
    audience.format = Format::csv;
  } else if (value.text == "jsonl") {
    audience.format = Format::jsonl;
  } else {
    errors.fail(pointer,
                fmt::format("must be lines, csv or jsonl, is \"{}\"", printable(value.text)));
  }
}

void read_column(JobErrors& errors, const std::string& pointer, const Json& value,
                 AudienceSpec& audience) {
  if (value.text.empty()) {
    return errors.fail(pointer, "is empty: give the column's name as the header row has it");
  }
  audience.column = value.text;
}

// Not what quotes a field, ends a row, or could be part of a token.
void read_separator(JobErrors& errors, const std::string& pointer, const Json& value,
                    AudienceSpec& audience) {
  constexpr std::string_view kSeparators = ",;\t|:";
  if (value.text.size() != 1 || kSeparators.find(value.text[0]) == kSeparators.npos) {
    return errors.fail(pointer, fmt::format("must be one of , ; | : or a tab (\"\\t\"), is \"{}\"",
                                            printable(value.text)));
  }
  audience.separator = value.text[0];
}

void check_together(JobErrors& errors, const std::string& pointer, const Json& value,
                    const AudienceSpec& audience) {
  const bool csv = audience.format == Format::csv;
  if (csv && value.member("column") == nullptr) {
    errors.fail(pointer, "has no \"column\": with format csv it names the column of the tokens");
  }
  for (const std::string_view name : {"column", "separator"}) {
    if (!csv && value.member(name) != nullptr) {
      errors.fail(child(pointer, name), "belongs to format csv: say so with \"format\": \"csv\"");
    }
  }
}

constexpr std::array<Key<AudienceSpec>, 4> kKeys{{
    {"file", Json::Kind::string, false, &read_file},
    {"format", Json::Kind::string, false, &read_format},
    {"column", Json::Kind::string, false, &read_column},
    {"separator", Json::Kind::string, false, &read_separator},
}};

}  // namespace

void read_audience(JobErrors& errors, const std::string& pointer, const Json& value,
                   AudienceSpec& audience) {
  read_keys(errors, pointer, value, kKeys, audience);
  check_together(errors, pointer, value, audience);
}

}  // namespace herald::message
