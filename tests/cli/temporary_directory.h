// A directory that goes with the test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace herald::cli {

class TemporaryDirectory : public testing::Test {
 protected:
  TemporaryDirectory() {
    std::string name = testing::TempDir() + "herald-cli-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~TemporaryDirectory() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(std::string_view name, std::string_view content) {
    std::ofstream(directory_ / name, std::ios::binary) << content;
    return directory_ / name;
  }
  std::string read(std::string_view name) {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path directory_;
};

}  // namespace herald::cli
