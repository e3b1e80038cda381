// Golden files: what a view printed when somebody last looked at it.
//
// ExpectGolden(NAME, text) compares with testdata/golden/NAME. With
// GLASSHEAP_UPDATE_GOLDEN set to the workspace's directory the file is written
// instead; the change is reviewed as a diff:
//
//   GLASSHEAP_UPDATE_GOLDEN=$PWD bazel test --test_env=GLASSHEAP_UPDATE_GOLDEN
//   --strategy=TestRunner=local //tests/tools/...

#ifndef GLASSHEAP_TESTS_SUPPORT_GOLDEN_H_
#define GLASSHEAP_TESTS_SUPPORT_GOLDEN_H_

#include <string>

namespace glassheap::testing {

void ExpectGolden(const std::string& name, const std::string& text);

}  // namespace glassheap::testing

#endif  // GLASSHEAP_TESTS_SUPPORT_GOLDEN_H_
