// In sanitized builds only: an agent lives where no environment reaches it, and its findings must end it, so
// that the test that caused them fails.
extern "C" {
const char* __asan_default_options();
const char* __asan_default_options() { return "halt_on_error=1:detect_leaks=0"; }
const char* __tsan_default_options();
const char* __tsan_default_options() { return "halt_on_error=1"; }
}
