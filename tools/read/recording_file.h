// A recording: a file of lines that grows, and that is read from anywhere. What the lines mean is the view's business.
//
// Invariants:
//   (1) A file that is there already is only ever appended to, and only when its first line begins as ours do.
//   (2) A last line without its end, as a crash leaves it, is not there for a reader, and is ended by a writer.

#ifndef GLASSHEAP_TOOLS_READ_RECORDING_FILE_H_
#define GLASSHEAP_TOOLS_READ_RECORDING_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/read/file_descriptor.h"
#include "tools/read/result.h"

namespace glassheap::tools {

inline constexpr size_t kMaxRecordedLine = size_t{256} << 20;

class RecordingWriter {
 public:
  // prefix: how every recording begins.
  static Result<RecordingWriter> Open(const std::string& path, std::string_view prefix);

  // With its '\n'.
  std::optional<Error> Append(std::string_view line);

  const std::string& path() const { return path_; }

 private:
  RecordingWriter(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  FileDescriptor fd_;
  std::string path_;
};

class RecordingReader {
 public:
  static Result<RecordingReader> Open(const std::string& path, std::string_view prefix);

  size_t size() const { return lines_.size(); }
  // The first bytes of a line. REQUIRES: index < size().
  const std::string& Start(size_t index) const { return lines_[index].start; }
  Result<std::string> Line(size_t index) const;

 private:
  struct Place {
    uint64_t offset;
    uint64_t length;
    std::string start;
  };

  RecordingReader(FileDescriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  std::optional<Error> Index();

  FileDescriptor fd_;
  std::string path_;
  std::vector<Place> lines_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_RECORDING_FILE_H_
