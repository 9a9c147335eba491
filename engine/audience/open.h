// From what a job says of its audience to a reader of records; the one place that does it, so that
// a campaign, and whoever lists its outcomes later, read the same.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "engine/audience/reader.h"
#include "engine/audience/source.h"
#include "engine/audience/unpack.h"
#include "herald/job.h"
#include "herald/result.h"

namespace herald::audience {

struct OpenedAudience {
  std::unique_ptr<RecordReader> reader;
  bool packed = false;  // the file's bytes are not the content's
};

// Of a file, or a pipe with a name. A regular file is looked at: that its first bytes are what its
// name promises, and that the header of a CSV file names the column.
// Errors: audience.
Result<OpenedAudience> open_reader(const AudienceSpec& spec);

// Of what open_spool() wrote (see spool.h). Errors: audience.
Result<OpenedAudience> open_spooled(const AudienceSpec& spec, const std::filesystem::path& spool,
                                    const std::string& name);

// Of bytes as they come, packed or not; nothing is read yet. `name` is what errors call it.
std::unique_ptr<RecordReader> make_reader(const AudienceSpec& spec,
                                          std::unique_ptr<ByteSource> source,
                                          const std::string& name);

}  // namespace herald::audience
