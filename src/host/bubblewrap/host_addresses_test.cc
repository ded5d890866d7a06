#include "host/bubblewrap/host_addresses.h"

#include <gtest/gtest.h>

#include <future>

namespace wye::host {
namespace {

VmRecord vm_of(const std::string& session) {
  VmRecord vm;
  vm.session_id = session;
  vm.pid = 1;
  return vm;
}

// Under AddressSanitizer this fails when the wait for the next try reads what was kept of the VM.
TEST(HostAddresses, nothing_is_read_of_a_vm_that_ends_while_its_fence_waits_for_the_next_try) {
  std::promise<void> failed, updated;
  HostAddresses addresses(
      [&](const VmRecord& vm, const HostAddresses::Addresses&) -> Result<void> {
        if (vm.session_id == "ends") return Error{.kind = ErrorKind::internal, .message = "not now"};
        updated.set_value();
        return {};
      },
      [&](const std::string&) { failed.set_value(); });
  addresses.keep(vm_of("ends"));
  failed.get_future().wait();
  addresses.forget("ends");        // taken once the other thread waits
  addresses.keep(vm_of("stays"));  // wakes it
  updated.get_future().wait();
}

}  // namespace
}  // namespace wye::host
