#include "tools/read/slow_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{20000};
constexpr milliseconds kShort{20};

class SlowReaderTest : public ::testing::Test {
 protected:
  SlowReaderTest() { fake_.Write("proc/file", "text"); }
  SlowReader::Request For(uint64_t id, const char* name = "file") {
    return {id, std::make_shared<const Directory>(*fake_.root().OpenDirectory("proc")), name, 4096};
  }

  FakeRoot fake_;
};

// Reads that wait until the test lets them go.
class Gate {
 public:
  Gate() { (void)!::pipe(pipe_); }
  ~Gate() {
    ::close(pipe_[1]);
    // The reading end stays: a thread that was left behind may be in a read of it.
  }
  int Wait() const {
    char byte;
    return ::read(pipe_[0], &byte, 1) == 1 ? 0 : EIO;
  }

 private:
  int pipe_[2] = {-1, -1};
};

TEST_F(SlowReaderTest, AnswersEveryRequest) {
  SlowReader reader;
  EXPECT_TRUE(reader.Collect(kLong).empty()) << "nothing was asked";
  reader.Ask({For(1), For(2, "missing"), For(3)});
  std::map<uint64_t, SlowReader::Answer> answers;
  for (auto& answer : reader.Collect(kLong)) answers[answer.id] = answer;
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[1].text, "text");
  EXPECT_EQ(answers[2].error, ENOENT);
  EXPECT_EQ(answers[3].text, "text");
  EXPECT_EQ(reader.waiting(), 0u);
}

TEST_F(SlowReaderTest, GivesUpTheOneThatIsStuckAndReadsTheRest) {
  auto gate = std::make_shared<Gate>();
  SlowReader reader([gate](const SlowReader::Request& request, std::string& text) {
    return request.id == 2 ? gate->Wait() : request.directory->ReadInto(request.name.c_str(), text);
  });
  reader.Ask({For(1), For(2), For(3), For(4)});
  std::map<uint64_t, SlowReader::Answer> answers;
  for (auto& answer : reader.Collect(kShort)) answers[answer.id] = answer;
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_EQ(answers[2].error, ETIMEDOUT);
  EXPECT_EQ(reader.left_behind(), 1u);
  EXPECT_EQ(reader.waiting(), 0u);
}

TEST_F(SlowReaderTest, NoMoreThreadsThanALimit) {
  auto gate = std::make_shared<Gate>();
  SlowReader reader([gate](const SlowReader::Request&, std::string&) { return gate->Wait(); });
  std::vector<SlowReader::Request> requests;
  for (uint64_t id = 0; id < 100; ++id) requests.push_back(For(id));
  reader.Ask(requests);
  const auto answers = reader.Collect(milliseconds(1));
  EXPECT_EQ(answers.size(), 100u);
  EXPECT_TRUE(std::ranges::all_of(answers, [](const auto& answer) { return answer.error == ETIMEDOUT; }));
  EXPECT_EQ(reader.left_behind(), SlowReader::kMaxStuck);
  reader.Ask({For(1000)});
  EXPECT_EQ(reader.Collect(milliseconds(1)).size(), 1u);
}

TEST_F(SlowReaderTest, CollectReadyDoesNotWait) {
  auto gate = std::make_shared<Gate>();
  SlowReader reader([gate](const SlowReader::Request&, std::string&) { return gate->Wait(); });
  reader.Ask({For(1)});
  EXPECT_TRUE(reader.CollectReady(kLong).empty());
  EXPECT_EQ(reader.waiting(), 1u);
}

}  // namespace
}  // namespace glassheap::tools
