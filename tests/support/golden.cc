#include "tests/support/golden.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace glassheap::testing {
namespace {

constexpr char kFolder[] = "testdata/golden/";

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

void ExpectGolden(const std::string& name, const std::string& text) {
  if (const char* workspace = ::getenv("GLASSHEAP_UPDATE_GOLDEN")) {
    std::ofstream(std::string(workspace) + "/" + kFolder + name) << text;
    return;
  }
  EXPECT_EQ(ReadWhole(kFolder + name), text) << "see tests/support/golden.h for how to update " << name;
}

}  // namespace glassheap::testing
