// Tested by tests/tools/read/recording_file_test.cc.

#include "tools/read/recording_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace glassheap::tools {
namespace {

constexpr size_t kChunk = 1 << 20;
constexpr size_t kStartBytes = 64;  // of a line, kept in memory

std::string ReadAt(int fd, uint64_t offset, size_t length) {
  std::string text(length, '\0');
  size_t used = 0;
  while (used < length) {
    const ssize_t got = ::pread(fd, text.data() + used, length - used, static_cast<off_t>(offset + used));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    used += static_cast<size_t>(got);
  }
  text.resize(used);
  return text;
}

Error NotARecording(const std::string& path) { return Error{path, "not a recording of memtop"}; }

}  // namespace

Result<RecordingWriter> RecordingWriter::Open(const std::string& path, std::string_view prefix) {
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
  if (!fd.valid()) return Error::FromErrno(path, errno);
  struct stat file;
  if (::fstat(fd.get(), &file) != 0) return Error::FromErrno(path, errno);
  if (!S_ISREG(file.st_mode)) return Error{path, "not a regular file"};
  const auto size = static_cast<uint64_t>(file.st_size);
  if (size > 0 && ReadAt(fd.get(), 0, prefix.size()) != prefix) {
    return Error{path, "exists and is not a recording of memtop; give another name"};
  }
  RecordingWriter writer(std::move(fd), path);
  if (size > 0 && ReadAt(writer.fd_.get(), size - 1, 1) != "\n") {
    if (auto error = writer.Append("\n")) return *std::move(error);
  }
  return writer;
}

std::optional<Error> RecordingWriter::Append(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(fd_.get(), line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error::FromErrno(path_, errno);
    line.remove_prefix(static_cast<size_t>(written));
  }
  return std::nullopt;
}

Result<RecordingReader> RecordingReader::Open(const std::string& path, std::string_view prefix) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd.valid()) return Error::FromErrno(path, errno);
  RecordingReader reader(std::move(fd), path);
  if (auto error = reader.Index()) return *std::move(error);
  if (reader.lines_.empty() || !reader.lines_.front().start.starts_with(prefix)) return NotARecording(path);
  return reader;
}

std::optional<Error> RecordingReader::Index() {
  struct stat file;
  if (::fstat(fd_.get(), &file) != 0) return Error::FromErrno(path_, errno);
  if (!S_ISREG(file.st_mode)) return Error{path_, "not a regular file"};
  Place place{0, 0, {}};
  for (uint64_t offset = 0;;) {
    const std::string chunk = ReadAt(fd_.get(), offset, kChunk);
    if (chunk.empty()) return std::nullopt;
    for (size_t at = 0; at < chunk.size();) {
      const size_t end = std::min(chunk.find('\n', at), chunk.size());
      place.start.append(chunk, at, std::min(end - at, kStartBytes - std::min(kStartBytes, place.start.size())));
      place.length += end - at;
      at = end;
      if (at == chunk.size()) break;
      ++at;
      if (place.length > 0) lines_.push_back(place);
      place = Place{offset + at, 0, {}};
    }
    offset += chunk.size();
  }
}

Result<std::string> RecordingReader::Line(size_t index) const {
  const Place& place = lines_[index];
  if (place.length > kMaxRecordedLine) return Error{path_, "line " + std::to_string(index + 1) + " is too long"};
  std::string line = ReadAt(fd_.get(), place.offset, place.length);
  if (line.size() != place.length) return Error{path_, "it became shorter while it was read"};
  return line;
}

}  // namespace glassheap::tools
