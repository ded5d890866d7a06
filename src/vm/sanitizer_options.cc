// Sanitizer options for programs in namespaces of their own, which the environment does not reach. A finding
// ends the agent, so that the test that caused it fails. Leaks cannot be found there, since that takes
// ptrace. Freed memory is not kept for long, because tests measure memory.
extern "C" {
const char* __asan_default_options();
const char* __asan_default_options() { return "halt_on_error=1:detect_leaks=0:quarantine_size_mb=1"; }
const char* __tsan_default_options();
const char* __tsan_default_options() { return "halt_on_error=1"; }
}
