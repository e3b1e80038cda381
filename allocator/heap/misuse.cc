#include "allocator/heap/misuse.h"

#include "allocator/base/check.h"
#include "allocator/base/lock.h"
#include "allocator/base/message.h"
#include "allocator/heap/page_map.h"
#include "allocator/heap/size_classes.h"

namespace glassheap {
namespace {

constinit DetailPrinter print_details = nullptr;

const char* Describe(Misuse misuse) {
  switch (misuse) {
    case Misuse::kDoubleFree:
      return "double free";
    case Misuse::kInvalidFree:
      return "free of a pointer that is not an allocated object";
    case Misuse::kInteriorFree:
      return "free of a pointer into an object";
    case Misuse::kWriteAfterFree:
      return "write after free, or double free";
    case Misuse::kWrongSize:
      return "sized delete with a wrong size";
    case Misuse::kInvalidRealloc:
      return "realloc of a pointer that is not an allocated object";
    case Misuse::kInteriorRealloc:
      return "realloc of a pointer into an object";
    case Misuse::kReallocAfterFree:
      return "realloc of a freed object";
    case Misuse::kInvalidUsableSize:
      return "malloc_usable_size of a pointer that is not an allocated object";
    case Misuse::kInteriorUsableSize:
      return "malloc_usable_size of a pointer into an object";
    case Misuse::kUsableSizeAfterFree:
      return "malloc_usable_size of a freed object";
    case Misuse::kOverflow:
      return "write past the end of an object";
    case Misuse::kUnderflow:
      return "write before the start of an object";
    case Misuse::kWrongFamily:
      return "free by another family than it was allocated by";
    case Misuse::kAccessAfterFree:
      return "access to a freed object";
    case Misuse::kAccessOutside:
      return "access outside an object";
    case Misuse::kReadOverflow:
      return "read past the end of an object";
  }
  return "misuse";
}

void AppendPlace(Message& line, const void* pointer, const PageMap& pages) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  const Span* span = pages.FindSpanAround(address);
  if (span == nullptr) {
    line.Text(pages.Contains(address) ? " (in no span in use)" : " (not in the heap)");
    return;
  }
  if (span->state == SpanState::kSmall) {
    line.Text(" (size class ").Decimal(ClassSize(span->size_class)).Text(", span ");
  } else {
    line.Text(" (object of ").Decimal(span->length().bytes()).Text(" bytes, span ");
  }
  line.Pointer(pages.AddressOf(span)).Text(" of ").Decimal(span->page_count).Text(" pages)");
}

}  // namespace

void SetReportDetails(DetailPrinter printer) { print_details = printer; }

void ReportMisuse(Misuse misuse, const void* pointer, const PageMap& pages, size_t claimed_size) {
  Message line;
  line.Text("glassheap: ").Text(Describe(misuse)).Text(": ").Pointer(pointer);
  AppendPlace(line, pointer, pages);
  if (misuse == Misuse::kWrongSize) line.Text(", size given ").Decimal(claimed_size);
  line.Text(", thread ").Decimal(Lock::Self());
  Die(line, print_details, pointer);
}

}  // namespace glassheap
