// In sanitized builds only, for programs in namespaces of their own: no environment reaches an agent there,
// its findings must end it so that the test that caused them fails, and leaks cannot be looked for (that
// takes ptrace). What is freed is not kept for long: tests measure memory.
extern "C" {
const char* __asan_default_options();
const char* __asan_default_options() { return "halt_on_error=1:detect_leaks=0:quarantine_size_mb=1"; }
const char* __tsan_default_options();
const char* __tsan_default_options() { return "halt_on_error=1"; }
}
