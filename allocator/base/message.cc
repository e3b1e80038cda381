#include "allocator/base/message.h"

namespace glassheap {

Message& Message::Text(const char* text) {
  while (*text != '\0') Append(*text++);
  return *this;
}

Message& Message::Decimal(uint64_t value) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) Append(digits[--count]);
  return *this;
}

Message& Message::Hex(uint64_t value) {
  Text("0x");
  int shift = 60;
  while (shift > 0 && (value >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) Append("0123456789abcdef"[(value >> shift) & 15]);
  return *this;
}

}  // namespace glassheap
