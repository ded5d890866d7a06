// The stricter filter for commands that run in a VM: what they need works, namespaces do not.
#include "probe_vm.h"

namespace wye::host {
namespace {

class Commands : public ProbeVm {};

TEST_F(Commands, what_programs_do_every_day_goes_on) {
  launch();
  for (const auto* command :
       {"ls / > /dev/null && echo done", "seq 100000 | sort -n --parallel=4 | tail -1 | sed s/100000/done/",
        "perl -e 'for (1..3) { if (!fork) { exit 0 } wait } print \"done\\n\"'",
        "perl -MSocket -e 'socket(S, AF_INET, SOCK_STREAM, 0) && socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) "
        "&& print "
        "\"done\\n\"'",
        "sync; echo done"}) {
    const auto outcome = as_command(command);
    EXPECT_EQ(outcome.output, "done\n") << command;
  }
}

TEST_F(Commands, no_namespace_is_made_by_any_call) {
  launch();
  EXPECT_EQ(as_kernel("unshare -U true").code, 0) << "without this filter it can be made, as Chromium does";
  EXPECT_NE(as_command("unshare -U true").code, 0);
  // clone(CLONE_NEWUSER | SIGCHLD) returns 0 in the child, its pid in the parent.
  const auto clone =
      "perl -e '$r = syscall(56, 0x10000000 | 17, 0, 0, 0, 0); exit($r == -1 && $! == 1 ? 1 : 0)'";
  EXPECT_EQ(as_kernel(clone).code, 0);
  EXPECT_EQ(as_command(clone).code, 1);
  EXPECT_EQ(
      as_command("perl -e '$a = \"\\0\" x 88; exit(syscall(435, $a, 88) == -1 && $! == 38 ? 1 : 0)'").code,
      1);
  EXPECT_EQ(as_command("perl -e '$p = \"/\"; exit(syscall(161, $p) == -1 && $! == 1 ? 1 : 0)'").code, 1);
}

}  // namespace
}  // namespace wye::host
