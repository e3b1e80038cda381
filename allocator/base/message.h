// A line of text in a fixed buffer, for a process that may not allocate. What does not fit is cut.

#ifndef GLASSHEAP_ALLOCATOR_BASE_MESSAGE_H_
#define GLASSHEAP_ALLOCATOR_BASE_MESSAGE_H_

#include <cstddef>
#include <cstdint>

namespace glassheap {

class Message {
 public:
  Message& Text(const char* text);
  Message& Decimal(uint64_t value);
  Message& Hex(uint64_t value);  // with 0x
  Message& Pointer(const void* pointer) { return Hex(reinterpret_cast<uintptr_t>(pointer)); }

  const char* data() const { return buffer_; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kCapacity = 512;
  void Append(char c) {
    if (size_ < kCapacity) buffer_[size_++] = c;
  }

  size_t size_ = 0;
  char buffer_[kCapacity];
};

}  // namespace glassheap

#endif  // GLASSHEAP_ALLOCATOR_BASE_MESSAGE_H_
