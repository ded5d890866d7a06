// Linked into the copy of `wye` that the harness runs: `process_heap_bytes` is then what is allocated and not
// freed, to the byte. glibc's own mallinfo2() includes what its per-thread caches keep (some 200 KB a thread
// at most), which grows for hours until each thread has seen every size. The allocator itself is glibc's, as
// in the products.
#include <errno.h>
#include <malloc.h>

#include <atomic>
#include <cstddef>

extern "C" {

// glibc's own names for the allocator's functions, for programs that replace the public ones.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

}  // extern "C"

namespace {

constinit std::atomic<std::size_t> held = 0;

void* came(void* memory) {
  if (memory != nullptr) held.fetch_add(::malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return came(__libc_malloc(size)); }
void* calloc(std::size_t count, std::size_t size) { return came(__libc_calloc(count, size)); }
void* memalign(std::size_t alignment, std::size_t size) { return came(__libc_memalign(alignment, size)); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void* const made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *out = made;
  return 0;
}

void free(void* memory) {
  if (memory != nullptr) held.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
  __libc_free(memory);
}

void* realloc(void* memory, std::size_t size) {
  const std::size_t before = memory != nullptr ? ::malloc_usable_size(memory) : 0;
  void* const moved = __libc_realloc(memory, size);
  if (moved == nullptr && size != 0) return nullptr;  // the old block is still there
  held.fetch_sub(before, std::memory_order_relaxed);
  return came(moved);
}

struct mallinfo2 mallinfo2() {
  struct mallinfo2 out {};
  out.uordblks = held.load(std::memory_order_relaxed);
  return out;
}

}  // extern "C"
