// One process in full, for memtop's detail view.

#ifndef GLASSHEAP_TOOLS_MODEL_PROCESS_DETAIL_H_
#define GLASSHEAP_TOOLS_MODEL_PROCESS_DETAIL_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "tools/model/address_space.h"
#include "tools/model/heap.h"
#include "tools/model/history.h"
#include "tools/model/process.h"
#include "tools/model/resident.h"
#include "tools/model/series.h"

namespace glassheap::tools {

// What a part of the view costs beyond the heap's own figures; a set of bits. Read only while it is shown.
enum DetailNeed : unsigned {
  kDetailNothing = 0,
  kDetailMap = 1,       // a walk through its page tables, with its mmap lock held
  kDetailResident = 2,  // the same, and its pages one by one
  kDetailHistory = 4,   // nothing of the process: 600 rows of its region
};

struct ProcessDetail {
  Process process;                    // as it was last seen
  bool ended = false;                 // the process has gone; what is shown are its last figures
  std::optional<Heap> heap;           // of a process under glassheap; stays readable after its end
  std::string why_no_heap;            // when there is none
  std::optional<AddressSpace> space;  // once it was asked for
  std::string why_no_map;             // when it was asked for and cannot be had
  std::optional<Resident> resident;   // once it was asked for
  std::string why_no_resident;        // when it was asked for and cannot be had
  double resident_seconds = 0;        // as `seconds`, when it was read
  double resident_took = 0;           // seconds
  HeapHistory heap_history;           // as the process wrote it down; empty until it was asked for
  double seconds = 0;                 // of a clock that does not jump, at the last sample
  // While its inside was shown.
  Series rss{300};
  Series live{300};
  Series cached{300};
  Series fragmented{300};
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_PROCESS_DETAIL_H_
