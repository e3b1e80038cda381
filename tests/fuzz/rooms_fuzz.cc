// RoomMachine as a fuzz target. A heap serves kInputsPerHeap inputs, each of which leaves it empty: a new one for each
// input would spend three quarters of the time in the kernel. For the same reason it gives its memory back after one in
// kInputsPerReturn only, so inputs also meet what others have left. The inputs a heap has seen are written to a file when it
// fails.
#include "tests/fuzz/rooms_fuzz.h"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/support/fake_os_memory.h"
#include "tests/support/room_machine.h"

namespace glassheap::testing {
namespace {

constexpr size_t kInputsPerHeap = 256;
constexpr size_t kInputsPerReturn = 16;

// What the present heap has been given, each as LENGTH (4 bytes) BYTES: FuzzRoomsReplay() takes it.
std::vector<uint8_t>& Given() {
  static std::vector<uint8_t> given;
  return given;
}

void SaveGiven() {
  FILE* file = fopen("rooms_fuzz.inputs", "wb");
  if (file == nullptr) return;
  fwrite(Given().data(), 1, Given().size(), file);
  fclose(file);
  fprintf(stderr, "rooms_fuzz: the heap's inputs are in rooms_fuzz.inputs\n");
}

void SaveOnAbort(int) {
  SaveGiven();
  signal(SIGABRT, SIG_DFL);
}

// The heap for the n-th input; nullptr if the fake kernel has none.
Heap* HeapFor(size_t n) {
  static std::unique_ptr<Heap> heap;
  static const bool have_handler = signal(SIGABRT, &SaveOnAbort) != SIG_ERR;
  if (n % kInputsPerHeap == 0 || !have_handler) {
    fake_os::Reset();
    heap = std::make_unique<Heap>();
    Given().clear();
    if (!heap->Init()) heap.reset();
  }
  return heap.get();
}

}  // namespace

void FuzzRooms(const uint8_t* data, size_t size) {
  static size_t inputs = 0;
  const size_t n = inputs++;
  Heap* heap = HeapFor(n);
  if (heap == nullptr) return;
  const uint32_t length = static_cast<uint32_t>(size);
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&length);
  Given().insert(Given().end(), bytes, bytes + sizeof(length));
  Given().insert(Given().end(), data, data + size);
  RoomMachine(heap).Run(data, size, true, n % kInputsPerReturn == kInputsPerReturn - 1);
}

size_t FuzzRoomsReplay(const uint8_t* data, size_t size) {
  size_t inputs = 0;
  for (size_t at = 0; at + 4 <= size; ++inputs) {
    uint32_t length;
    memcpy(&length, data + at, sizeof(length));
    at += sizeof(length);
    if (length > size - at) break;
    FuzzRooms(data + at, length);
    at += length;
  }
  return inputs;
}

}  // namespace glassheap::testing
