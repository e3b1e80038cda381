#include "tools/cli/output_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace glassheap::tools {
namespace {

class OutputFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "output_file.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }
  size_t Files() const { return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {})); }
  static std::string Content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

TEST_F(OutputFile, ANewOneAndOneInItsPlace) {
  const std::string path = PathOf("a.svg");
  EXPECT_FALSE(WriteWholeFile(path, "first"));
  EXPECT_EQ(Content(path), "first");
  ASSERT_EQ(::chmod(path.c_str(), 0604), 0);
  EXPECT_FALSE(WriteWholeFile(path, "second"));
  EXPECT_EQ(Content(path), "second");
  struct stat file = {};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0604u);
  EXPECT_EQ(Files(), 1u);
}

TEST_F(OutputFile, ErrorsNameThePath) {
  const std::optional<Error> error = WriteWholeFile(PathOf("none/a"), "x");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->Text(), PathOf("none/a") + ": No such file or directory");
  EXPECT_EQ(WriteWholeFile(folder_, "x")->Text(), folder_ + ": Is a directory");
  EXPECT_EQ(Files(), 0u);
}

TEST_F(OutputFile, ALinkStaysALink) {
  const std::string link = PathOf("link");
  std::filesystem::create_symlink("file", link);
  for (const char* text : {"a longer one", "short"}) {  // the file is not there at first
    EXPECT_FALSE(WriteWholeFile(link, text));
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(Content(PathOf("file")), text);
  }
}

TEST_F(OutputFile, WhatIsNoFileIsWrittenTo) {
  EXPECT_FALSE(WriteWholeFile("/dev/null", "x"));
  EXPECT_EQ(WriteWholeFile("/dev/full", "x")->Text(), "/dev/full: No space left on device");
}

}  // namespace
}  // namespace glassheap::tools
