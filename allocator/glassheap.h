/* glassheap's public interface in C. See introspection.h, which this mirrors. */

#ifndef GLASSHEAP_ALLOCATOR_GLASSHEAP_H_
#define GLASSHEAP_ALLOCATOR_GLASSHEAP_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct glassheap_snapshot {
  uint64_t live_bytes;
  uint64_t live_objects;
  uint64_t thread_cache_free;
  uint64_t transfer_cache_free;
  uint64_t central_free;
  uint64_t span_tail_waste;
  uint64_t page_heap_free;
  uint64_t page_heap_released;
  uint64_t metadata;
  uint64_t region_slack;
  uint64_t mapped;
  int64_t residual;
  uint64_t threads;
  uint64_t allocated_bytes_total;
} glassheap_snapshot;

void glassheap_take_snapshot(glassheap_snapshot* snapshot);

/* 1: the address is in an object of this heap; 0: it is not. */
int glassheap_owns(const void* pointer);
size_t glassheap_usable_size(const void* pointer);

typedef void (*glassheap_new_hook)(const void* pointer, size_t size);
typedef void (*glassheap_delete_hook)(const void* pointer);
/* 1: done; 0: no place left, or not installed. */
int glassheap_add_new_hook(glassheap_new_hook hook);
int glassheap_remove_new_hook(glassheap_new_hook hook);
int glassheap_add_delete_hook(glassheap_delete_hook hook);
int glassheap_remove_delete_hook(glassheap_delete_hook hook);

size_t glassheap_release_memory(size_t bytes);

/* Dies with a line on stderr if the heap is damaged. quiet != 0: no other thread is in the allocator. */
void glassheap_check_heap(int quiet);

#ifdef __cplusplus
}
#endif

#endif /* GLASSHEAP_ALLOCATOR_GLASSHEAP_H_ */
