// Whole files: read, written beside and renamed into place, or made new with a given mode.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace pushsim {

// Throws SetupError naming the file and the reason.
std::string read_file(const std::string& path);

// A reader sees the old file or the new one, never a part: written to PATH.tmp, then renamed.
// Gives an empty string, or one line saying what failed.
std::string replace_file(const std::string& path, std::string_view content);

// Throws SetupError if the file exists already or cannot be made.
void create_file(const std::string& path, std::string_view content, mode_t mode);

}  // namespace pushsim
