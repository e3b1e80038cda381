// Reads a stats region through a descriptor: checks what the descriptor is,
// takes one bounded pread into a private copy, validates the copy, and settles
// the rows that were being written meanwhile.
//
// Never maps the region: a writer that could truncate it would kill us with
// SIGBUS.

#ifndef GLASSHEAP_TOOLS_READ_REGION_READER_H_
#define GLASSHEAP_TOOLS_READ_REGION_READER_H_

#include "tools/read/byte_source.h"
#include "tools/read/file_descriptor.h"
#include "tools/read/region_image.h"
#include "tools/read/result.h"

namespace glassheap::tools {

// What a descriptor must be before anything is read from it: a regular file of
// plausible size in memory (tmpfs), sealed against shrinking and growing.
// Errors have kErrorUnreadable.
Result<size_t> CheckRegionFile(int fd);

// For an O_PATH descriptor: the part of CheckRegionFile that needs no read
// access, then the same file opened for reading.
Result<FileDescriptor> ReopenRegion(int path_fd);

// One snapshot. REQUIRES: fd can be read. Checks the file first.
Result<RegionImage> ReadRegion(int fd);

// The same of bytes that come from elsewhere. They may change from one read to the next.
Result<RegionImage> ReadRegion(const ByteSource& source);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_READ_REGION_READER_H_
