// The audience of a job: where its tokens come from.
#include <fmt/format.h>

#include "engine/message/job_keys.h"

namespace herald::message {
namespace {

void read_file(JobErrors& errors, const std::string& pointer, const Json& value,
               AudienceSpec& audience) {
  const std::filesystem::path file = value.text;
  if (file.empty()) return errors.fail(pointer, "is empty; leave it out to give --audience");
  if (value.text.find('\0') != std::string::npos) {
    return errors.fail(pointer, "holds a NUL, as no file name does");
  }
  if (file.extension() == ".gz" || file.extension() == ".zst") {
    return errors.unsupported(pointer,
                              "compressed audiences are not built yet; unpack it, or pipe it in "
                              "with --audience -");
  }
  audience.file = errors.file().parent_path() / file;
}

void read_format(JobErrors& errors, const std::string& pointer, const Json& value,
                 AudienceSpec& audience) {
  if (value.text == "lines") return;
  if (value.text == "jsonl") {
    audience.format = AudienceSpec::Format::jsonl;
    return;
  }
  if (value.text == "csv") {
    return errors.unsupported(pointer,
                              fmt::format("format {} is not built yet; lines is", value.text));
  }
  errors.fail(pointer,
              fmt::format("must be lines, csv or jsonl, is \"{}\"", printable(value.text)));
}

void read_column(JobErrors& errors, const std::string& pointer, const Json&, AudienceSpec&) {
  errors.unsupported(pointer, "belongs to format csv, which is not built yet");
}

constexpr std::array<Key<AudienceSpec>, 3> kKeys{{
    {"file", Json::Kind::string, false, &read_file},
    {"format", Json::Kind::string, false, &read_format},
    {"column", Json::Kind::string, false, &read_column},
}};

}  // namespace

void read_audience(JobErrors& errors, const std::string& pointer, const Json& value,
                   AudienceSpec& audience) {
  read_keys(errors, pointer, value, kKeys, audience);
}

}  // namespace herald::message
