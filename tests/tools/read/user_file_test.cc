#include "tools/read/user_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tests/support/fake_root.h"
#include "tools/read/recording_file.h"

namespace glassheap::tools {
namespace {

TEST(UserConfig, LiesWhereTheUserKeepsSettings) {
  ::setenv("HOME", "/home/me", 1);
  ::unsetenv("XDG_CONFIG_HOME");
  EXPECT_EQ(UserConfigPath("x.conf"), "/home/me/.config/glassheap/x.conf");
  ::setenv("XDG_CONFIG_HOME", "/etc/me", 1);
  EXPECT_EQ(UserConfigPath("x.conf"), "/etc/me/glassheap/x.conf");
  ::setenv("XDG_CONFIG_HOME", "relative", 1);
  EXPECT_EQ(UserConfigPath("x.conf"), "/home/me/.config/glassheap/x.conf");
  ::unsetenv("HOME");
  EXPECT_EQ(UserConfigPath("x.conf"), "");
}

TEST(UserConfig, IsWrittenWholeAndReadBack) {
  FakeRoot fake;
  const std::string path = fake.PathOf("new/folder/x.conf");
  EXPECT_EQ(ReadUserConfig(path).error().errno_value, ENOENT);
  EXPECT_FALSE(WriteUserConfig(path, "a = 1\n"));
  EXPECT_FALSE(WriteUserConfig(path, "a = 2\n"));
  EXPECT_EQ(*ReadUserConfig(path), "a = 2\n");
  EXPECT_EQ(fake.root().List("new/folder")->size(), 1u) << "nothing half-written stays";
}

TEST(UserConfig, ALinkStaysALink) {
  FakeRoot fake;
  fake.Write("real/x.conf", "old");
  ASSERT_EQ(::symlink(fake.PathOf("real/x.conf").c_str(), fake.PathOf("x.conf").c_str()), 0);
  EXPECT_FALSE(WriteUserConfig(fake.PathOf("x.conf"), "new"));
  EXPECT_EQ(*ReadUserConfig(fake.PathOf("real/x.conf")), "new");
}

TEST(UserConfig, IsNotReadWhenOthersMaySteerIt) {
  FakeRoot fake;
  fake.Write("x.conf", "text");
  ::chmod(fake.PathOf("x.conf").c_str(), 0666);
  EXPECT_EQ(ReadUserConfig(fake.PathOf("x.conf")).error().why, "others may write it (chmod go-w); it is not read");
  fake.Write("large", std::string(100 << 10, 'x'));
  EXPECT_EQ(ReadUserConfig(fake.PathOf("large")).error().why, "larger than 64 KiB; it is not read");
  ASSERT_EQ(::mkfifo(fake.PathOf("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadUserConfig(fake.PathOf("pipe")).error().why, "not a regular file; it is not read");
}

TEST(UserConfig, SaysWhatItCannotWrite) {
  FakeRoot fake;
  fake.Write("file", "");
  const auto error = WriteUserConfig(fake.PathOf("file/x.conf"), "text");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->Text(), fake.PathOf("file/x.conf") + ": Not a directory");
}

constexpr char kPrefix[] = "{\"a\":";

TEST(Recording, IsAppendedToAndReadFromAnywhere) {
  FakeRoot fake;
  const std::string path = fake.PathOf("r");
  for (const char* line : {"{\"a\":1}\n", "{\"a\":22}\n"}) {
    auto writer = RecordingWriter::Open(path, kPrefix);
    ASSERT_TRUE(writer);
    EXPECT_FALSE(writer->Append(line));
  }
  const auto reader = RecordingReader::Open(path, kPrefix);
  ASSERT_TRUE(reader);
  ASSERT_EQ(reader->size(), 2u);
  EXPECT_EQ(*reader->Line(1), "{\"a\":22}");
  EXPECT_EQ(*reader->Line(0), "{\"a\":1}");
}

TEST(Recording, ALineThatWasCutOffIsNotThere) {
  FakeRoot fake;
  fake.Write("r", "{\"a\":1}\n{\"a\":2");
  EXPECT_EQ(RecordingReader::Open(fake.PathOf("r"), kPrefix)->size(), 1u);
  auto writer = RecordingWriter::Open(fake.PathOf("r"), kPrefix);
  EXPECT_FALSE(writer->Append("{\"a\":3}\n"));
  const auto reader = RecordingReader::Open(fake.PathOf("r"), kPrefix);
  EXPECT_EQ(*reader->Line(reader->size() - 1), "{\"a\":3}");
}

TEST(Recording, LongLinesCrossChunks) {
  FakeRoot fake;
  const std::string line = "{\"a\":\"" + std::string(3 << 20, 'x') + "\"}";
  fake.Write("r", line + "\n" + line + "\n");
  const auto reader = RecordingReader::Open(fake.PathOf("r"), kPrefix);
  ASSERT_EQ(reader->size(), 2u);
  EXPECT_EQ(*reader->Line(1), line);
  EXPECT_TRUE(reader->Start(1).starts_with(kPrefix));
}

TEST(Recording, AnotherFileIsLeftAlone) {
  FakeRoot fake;
  fake.Write("other", "precious\n");
  EXPECT_EQ(RecordingWriter::Open(fake.PathOf("other"), kPrefix).error().why,
            "exists and is not a recording of memtop; give another name");
  EXPECT_EQ(*fake.root().ReadFile("other"), "precious\n");
  EXPECT_EQ(RecordingReader::Open(fake.PathOf("other"), kPrefix).error().why, "not a recording of memtop");
  EXPECT_EQ(RecordingReader::Open(fake.PathOf("none"), kPrefix).error().errno_value, ENOENT);
  fake.Write("empty", "");
  EXPECT_FALSE(RecordingReader::Open(fake.PathOf("empty"), kPrefix));
  EXPECT_TRUE(RecordingWriter::Open(fake.PathOf("empty"), kPrefix));
}

}  // namespace
}  // namespace glassheap::tools
