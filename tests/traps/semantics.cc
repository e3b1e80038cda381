// What the C functions promise: errno, zero sizes, alignment, zeroed memory,
// usable sizes, and blocks that libc allocates for the program.

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <iconv.h>
#include <limits.h>
#include <malloc.h>
#include <netdb.h>
#include <pwd.h>
#include <regex.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/traps/trap.h"

namespace glassheap::traps {
namespace {

// Out of the compiler's sight: it knows what malloc does with these.
volatile size_t zero = 0;
volatile size_t huge = SIZE_MAX;
volatile size_t half = PTRDIFF_MAX;
volatile size_t root_of_max = size_t{1} << 32;

const size_t kEveryKind[] = {1, 8, 24, 100, 1000, 5000, 40'000, 262'144, 300'000, 1'100'000, 8 << 20, 40 << 20};

template <typename Call>
void ExpectNoMemory(const Call& call) {
  errno = 0;
  void* block = call();
  Expect(block == nullptr);
  Expect(errno == ENOMEM);
}

}  // namespace

// ---- errno ----

TRAP(free_keeps_errno) {
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> blocks;
    for (size_t size : kEveryKind) {
      for (int i = 0; i < 5; ++i) blocks.push_back(malloc(size));
    }
    for (void* block : blocks) {
      errno = 4711;
      free(block);
      Expect(errno == 4711);
    }
    errno = 4712;
    free(nullptr);
    Expect(errno == 4712);
  }
}

TRAP(too_large_is_enomem) {
  for (size_t size : {half + 1, static_cast<size_t>(huge), huge - 4095, static_cast<size_t>(half)}) {
    ExpectNoMemory([size] { return malloc(size); });
    ExpectNoMemory([size] { return calloc(1, size); });
    ExpectNoMemory([size] { return calloc(size, 2); });
    ExpectNoMemory([size] { return realloc(nullptr, size); });
    ExpectNoMemory([size] { return memalign(64, size); });
    ExpectNoMemory([size] { return aligned_alloc(4096, size); });
    ExpectNoMemory([size] { return valloc(size); });
    ExpectNoMemory([size] { return pvalloc(size); });
    ExpectNoMemory([size] { return reallocarray(nullptr, size, 2); });
    void* block = &block;
    errno = 0;
    Expect(posix_memalign(&block, 64, size) == ENOMEM);
    Expect(errno == ENOMEM);
    Expect(block == &block);
  }
  ExpectNoMemory([] { return calloc(huge / 2 + 1, 2); });
  ExpectNoMemory([] { return calloc(root_of_max, root_of_max); });
  ExpectNoMemory([] { return reallocarray(nullptr, root_of_max, root_of_max); });
}

TRAP(failed_realloc_keeps_the_block) {
  for (size_t size : kEveryKind) {
    void* block = malloc(size);
    Fill(block, size, 1);
    ExpectNoMemory([block] { return realloc(block, huge); });
    ExpectNoMemory([block] { return realloc(block, half); });
    ExpectNoMemory([block] { return reallocarray(block, huge / 2, 3); });
    Expect(IsFilled(block, size, 1));
    free(block);
  }
}

// ---- zero ----

TRAP(zero_sizes) {
  std::set<void*> blocks;
  for (int i = 0; i < 1000; ++i) {
    Expect(blocks.insert(malloc(zero)).second);
    Expect(blocks.insert(calloc(zero, 8)).second);
    Expect(blocks.insert(calloc(8, zero)).second);
    Expect(blocks.insert(realloc(nullptr, zero)).second);
    Expect(blocks.insert(memalign(64, zero)).second);
    Expect(blocks.insert(aligned_alloc(32, zero)).second);
  }
  Expect(blocks.count(nullptr) == 0);
  for (void* block : blocks) free(block);
  void* block = nullptr;
  Expect(posix_memalign(&block, 64, zero) == 0);
  free(block);
  free(pvalloc(zero));
  free(valloc(zero));
}

// glibc frees; others return a block, which the caller loses.
TRAP(realloc_to_zero_frees) {
  for (size_t size : kEveryKind) {
    Expect(realloc(malloc(size), zero) == nullptr);
    Expect(reallocarray(malloc(size), zero, 8) == nullptr);
  }
  const size_t before = RssBytes();
  for (int i = 0; i < 200; ++i) {
    void* block = malloc(1 << 20);
    memset(block, 1, 1 << 20);
    Expect(realloc(block, zero) == nullptr);
  }
  Expect(RssBytes() < before + (20 << 20));
}

// ---- alignment ----

TRAP(blocks_are_aligned) {
  for (size_t size = 1; size < 3000; ++size) {
    // A block under 16 bytes cannot hold what needs 16.
    const size_t alignment = size >= 16 ? 16 : size >= 8 ? 8 : 1;
    for (void* block : {malloc(size), calloc(1, size), realloc(nullptr, size)}) {
      Expect(reinterpret_cast<uintptr_t>(block) % alignment == 0);
      free(block);
    }
  }
}

TRAP(alignments_are_kept) {
  std::vector<void*> blocks;
  for (size_t alignment = 8; alignment <= 16 << 20; alignment *= 2) {
    for (size_t size : {size_t{1}, alignment / 2 + 1, alignment, alignment * 3, size_t{100'000}}) {
      if (alignment > 1 << 20 && size > alignment) continue;
      void* block = nullptr;
      Expect(posix_memalign(&block, alignment, size) == 0);
      for (void* one : {block, memalign(alignment, size), aligned_alloc(alignment, size)}) {
        Expect(one != nullptr);
        Expect(reinterpret_cast<uintptr_t>(one) % alignment == 0);
        memset(one, 1, size);
        blocks.push_back(one);
      }
    }
  }
  for (void* block : blocks) free(block);
}

TRAP(alignment_of_a_gib) {
  constexpr size_t kGib = size_t{1} << 30;
  const size_t before = RssBytes();
  for (size_t size : {size_t{0}, size_t{1}, size_t{100'000}, size_t{3} << 20}) {
    void* block = nullptr;
    Expect(posix_memalign(&block, kGib, size) == 0);
    void* other = aligned_alloc(kGib, size);
    for (void* one : {block, other}) {
      Expect(one != nullptr && reinterpret_cast<uintptr_t>(one) % kGib == 0);
      Fill(one, size, 1);
    }
    block = realloc(block, size + 200'000);
    Expect(block != nullptr && IsFilled(block, size, 1) && malloc_usable_size(block) >= size + 200'000);
    free(block);
    free(other);
  }
  Expect(RssBytes() < before + (16 << 20));
}

// As glibc 2.36: memalign and aligned_alloc take any alignment, and round it
// up to a power of two; posix_memalign refuses.
TRAP(odd_alignments) {
  for (size_t alignment : {0, 1, 3, 5, 24, 33, 100, 4097}) {
    for (void* block : {memalign(alignment, 48), aligned_alloc(alignment, 48)}) {
      Expect(block != nullptr);
      size_t rounded = 8;
      while (rounded < alignment) rounded *= 2;
      Expect(reinterpret_cast<uintptr_t>(block) % rounded == 0);
      memset(block, 1, 48);
      free(block);
    }
  }
  for (size_t alignment : {0, 1, 2, 3, 4, 12, 24, 100, 4097}) {
    void* block = nullptr;
    Expect(posix_memalign(&block, alignment, 48) == EINVAL);
    Expect(block == nullptr);
  }
  errno = 0;
  Expect(memalign(huge, 10) == nullptr && errno == EINVAL);
  errno = 0;
  Expect(aligned_alloc(half + 2, 10) == nullptr && errno == EINVAL);
  ExpectNoMemory([] { return memalign(half + 1, half - 100); });
}

TRAP(valloc_and_pvalloc) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (size_t size : kEveryKind) {
    void* one = valloc(size);
    void* rounded = pvalloc(size);
    Expect(reinterpret_cast<uintptr_t>(one) % page == 0);
    Expect(reinterpret_cast<uintptr_t>(rounded) % page == 0);
    Expect(malloc_usable_size(rounded) >= (size + page - 1) / page * page);
    memset(rounded, 1, (size + page - 1) / page * page);
    free(one);
    free(rounded);
  }
}

// ---- contents ----

TRAP(calloc_is_zero_on_recycled_memory) {
  for (int round = 0; round < 6; ++round) {
    for (size_t size : kEveryKind) {
      const int count = size < 10'000 ? 200 : size < 2'000'000 ? 20 : 2;
      std::vector<void*> blocks;
      for (int i = 0; i < count; ++i) {
        void* block = calloc(1, size);
        Expect(IsZero(block, size));
        memset(block, 0xa5, malloc_usable_size(block));
        blocks.push_back(block);
      }
      for (void* block : blocks) free(block);
    }
    if (round % 2 == 1) malloc_trim(0);
  }
}

TRAP(usable_size_can_be_written) {
  for (size_t size = 0; size < 5000; size += size < 300 ? 1 : 37) {
    void* block = malloc(size);
    const size_t usable = malloc_usable_size(block);
    Expect(usable >= size);
    Fill(block, usable, 1);
    void* neighbours[8];
    for (void*& neighbour : neighbours) neighbour = calloc(1, size);
    Expect(IsFilled(block, usable, 1));
    Expect(malloc_usable_size(block) == usable);
    for (void* neighbour : neighbours) free(neighbour);
    free(block);
  }
  for (size_t size : kEveryKind) {
    void* block = calloc(1, size);
    Fill(block, malloc_usable_size(block), 2);
    block = realloc(block, size + 1);
    Expect(IsFilled(block, size, 2));
    free(block);
  }
  Expect(malloc_usable_size(nullptr) == 0);
}

TRAP(realloc_keeps_contents) {
  size_t size = 1;
  void* block = malloc(size);
  Fill(block, size, 5);
  const auto resize = [&](size_t next) {
    block = realloc(block, next);
    Expect(block != nullptr && IsFilled(block, std::min(size, next), 5));
    size = next;
    Fill(block, size, 5);
  };
  for (int i = 0; i < 60 && size < 24 << 20; ++i) resize(size * 4 / 3 + 1);
  while (size > 1) resize(size * 2 / 3);
  for (size_t next : kEveryKind) resize(next);
  for (int i = 0; i < 12; ++i) resize(i % 2 == 0 ? 40 << 20 : 10);
  free(block);
}

// ---- introspection that programs call ----

TRAP(the_malloc_h_functions_answer) {
  void* block = malloc(1 << 20);
  const struct mallinfo2 info = mallinfo2();
  Expect(info.arena + info.hblkhd >= 1 << 20);
  Expect(mallopt(M_TRIM_THRESHOLD, 128 * 1024) == 1);
  Expect(mallopt(M_MMAP_THRESHOLD, 128 * 1024) == 1);
  Expect(mallopt(M_ARENA_MAX, 2) == 1);
  char* text = nullptr;
  size_t length = 0;
  FILE* stream = open_memstream(&text, &length);
  Expect(malloc_info(0, stream) == 0);
  Expect(malloc_info(1, stream) == EINVAL);
  fclose(stream);
  Expect(strstr(text, "<malloc version=") == text);
  Expect(strstr(text, "</malloc>") != nullptr);
  free(text);
  free(block);
  malloc_trim(0);
  malloc_stats();
}

// ---- what libc allocates, the program frees ----

TRAP(libc_blocks_of_strings) {
  for (size_t length : {0u, 1u, 7u, 100u, 5000u, 400'000u}) {
    std::vector<char> text(length + 1, 'a');
    text[length] = '\0';
    char* copy = strdup(text.data());
    Expect(strlen(copy) == length);
    free(copy);
    free(strndup(text.data(), length / 2));
    Expect(asprintf(&copy, "%s-%s", text.data(), text.data()) == static_cast<int>(2 * length + 1));
    free(copy);
    free(realloc(strdup(text.data()), 2 * length + 1));
  }
  wchar_t* wide = wcsdup(L"wide");
  Expect(wcslen(wide) == 4);
  free(wide);
  free(getcwd(nullptr, 0));
  char* path = realpath("/", nullptr);
  Expect(strcmp(path, "/") == 0);
  free(path);
}

TRAP(libc_blocks_of_streams) {
  FILE* file = tmpfile();
  Expect(file != nullptr);
  for (int i = 0; i < 1000; ++i) fprintf(file, "%0*d\n", i % 300 + 1, i);
  rewind(file);
  char* line = nullptr;
  size_t capacity = 0;
  int lines = 0;
  while (getline(&line, &capacity, file) > 0) ++lines;
  Expect(lines == 1000);
  rewind(file);
  Expect(getdelim(&line, &capacity, '9', file) > 0);
  free(line);
  Expect(setvbuf(file, nullptr, _IOFBF, 100'000) == 0);
  fclose(file);

  char* text = nullptr;
  size_t length = 0;
  FILE* memory = open_memstream(&text, &length);
  for (int i = 0; i < 20'000; ++i) fprintf(memory, "%d,", i);
  fclose(memory);
  Expect(length == 108'890 && strlen(text) == length);
  free(text);
  char* read = nullptr;
  FILE* input = fmemopen(const_cast<char*>("word other"), 10, "r");
  Expect(fscanf(input, "%ms", &read) == 1 && strcmp(read, "word") == 0);
  free(read);
  fclose(input);
}

TRAP(libc_blocks_of_directories) {
  struct dirent** entries = nullptr;
  const int count = scandir("/etc", &entries, nullptr, alphasort);
  Expect(count > 2);
  for (int i = 0; i < count; ++i) free(entries[i]);
  free(entries);
  glob_t matches = {};
  Expect(glob("/etc/*", GLOB_MARK, nullptr, &matches) == 0);
  Expect(matches.gl_pathc > 2);
  globfree(&matches);
}

TRAP(libc_blocks_of_lookups) {
  struct addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST;
  struct addrinfo* addresses = nullptr;
  Expect(getaddrinfo("127.0.0.1", "80", &hints, &addresses) == 0);
  freeaddrinfo(addresses);
  if (getaddrinfo("localhost", nullptr, nullptr, &addresses) == 0) {
    freeaddrinfo(addresses);
  }
  Expect(getpwuid(0) != nullptr);
  iconv_t converter = iconv_open("UTF-16", "ISO-8859-1");
  Expect(converter != reinterpret_cast<iconv_t>(-1));
  char input[] = "glass";
  char output[64];
  char* from = input;
  char* to = output;
  size_t left = 5, room = sizeof(output);
  Expect(iconv(converter, &from, &left, &to, &room) == 0 && left == 0);
  iconv_close(converter);
  regex_t pattern;
  Expect(regcomp(&pattern, "(a|b)*c{2,5}[[:alpha:]]+", REG_EXTENDED) == 0);
  Expect(regexec(&pattern, "abccx", 0, nullptr, 0) == 0);
  regfree(&pattern);
}

TRAP(libc_blocks_of_trees_and_sorts) {
  static const auto compare = [](const void* a, const void* b) {
    const int x = *static_cast<const int*>(a), y = *static_cast<const int*>(b);
    return x < y ? -1 : x > y;
  };
  void* root = nullptr;
  for (int i = 0; i < 5000; ++i) {
    int* key = static_cast<int*>(malloc(sizeof(int)));
    *key = i * 7919 % 5003;
    tsearch(key, &root, compare);
  }
  tdestroy(root, free);
  std::vector<int> numbers(1'000'000);
  for (size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = static_cast<int>(i * 2'654'435'761u % 1'000'003);
  }
  qsort(numbers.data(), numbers.size(), sizeof(int), compare);
  Expect(std::is_sorted(numbers.begin(), numbers.end()));
  setenv("GLASSHEAP_TRAP", "1", 1);
  unsetenv("GLASSHEAP_TRAP");
}

}  // namespace glassheap::traps
