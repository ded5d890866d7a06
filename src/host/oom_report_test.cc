#include "host/oom_report.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace wye::host {
namespace {

// As kernel 6.18 writes it, shortened.
const char* const kInsideTheVm[] = {
    "chromium invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=300",
    "CPU: 1 UID: 268501992 PID: 17341 Comm: chromium Not tainted 6.18.44 #1 PREEMPT_DYNAMIC",
    "Call Trace:",
    " </TASK>",
    "memory: usage 262144kB, limit 262144kB, failcnt 746",
    "memory+swap: usage 262144kB, limit 9007199254740988kB, failcnt 0",
    "Memory cgroup stats for /wye/abcdefghijklmnopqrstuvwx:",
    "eth0: something else in between",
    "Tasks state (memory values in pages):",
    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents "
    "oom_score_adj name",
    "[  17332] 268500992 17332      844      499       32      467         0    49152        0             0 "
    "bwrap",
    "[  17337] 268500992 17337     1414      624       32      592         0    57344        0             0 "
    "wye-vm",
    "[  17340] 268501992 17340   133043    65859    65120      739         0   581632        0             0 "
    "two words",
    "[  17341] 268501992 17341   133043    15859    65120      739         0   581632        0             0 "
    "chromium",
    "[  17342] 268501992 17342      648      362        0      362         0    45056        0             0 "
    "sh",
    "[  17343] 268501992 17343      648      363        0      362         0    45056        0             0 "
    "cat",
    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/wye/"
    "abcdefghijklmnopqrstuvwx,task_memcg=/wye/abcdefghijklmnopqrstuvwx,task=two "
    "words,pid=17340,uid=268501992",
    "Memory cgroup out of memory: Killed process 17340 (two words) total-vm:532172kB, anon-rss:260480kB, "
    "file-rss:2956kB, shmem-rss:4kB, UID:268501992 pgtables:568kB oom_score_adj:0",
};

TEST(OomReport, of_a_kill_inside_a_vm_is_told_with_all_that_the_kernel_says) {
  OomReport report;
  std::optional<OomKill> kill;
  for (const auto* line : kInsideTheVm) {
    ASSERT_FALSE(kill);
    kill = report.read_line(line);
  }
  ASSERT_TRUE(kill);
  EXPECT_EQ(kill->session_id, "abcdefghijklmnopqrstuvwx");
  EXPECT_EQ(
      oom_event_body(*kill),
      R"({"type":"system_oom_kill","source":{"kind":"local_process"},"data":{"process_name":"two words","pid":17340,)"
      R"("rss_kb":263440,"constraint":"memcg","mem_total_kb":262144,"mem_free_kb":0,"trigger_pid":17341,)"
      R"("trigger_process_name":"chromium","top_tasks":[{"pid":17340,"name":"two words","rss_kb":263436},)"
      R"({"pid":17341,"name":"chromium","rss_kb":63436},{"pid":17337,"name":"wye-vm","rss_kb":2496},)"
      R"({"pid":17332,"name":"bwrap","rss_kb":1996},{"pid":17343,"name":"cat","rss_kb":1452}]}})");
}

TEST(OomReport, of_the_whole_host_says_nothing_of_it_to_the_vm) {
  OomReport report;
  std::optional<OomKill> kill;
  for (const auto* line : {
           "postgres invoked oom-killer: gfp_mask=0x100cca, order=0, oom_score_adj=0",
           "CPU: 0 PID: 99 Comm: postgres",
           "Mem-Info:",
           "Tasks state (memory values in pages):",
           "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
           "[     99]     0    99   133043    65859   581632        0             0 postgres",
           "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/"
           ",mems_allowed=0,global_oom,task_memcg=/system.slice/wye/"
           "zbcdefghijklmnopqrstuvwx,task=chromium,pid=100,uid=1",
           "Out of memory: Killed process 100 (chromium) total-vm:5kB, anon-rss:3kB, file-rss:2kB, "
           "shmem-rss:0kB, UID:1",
       })
    kill = report.read_line(line);
  ASSERT_TRUE(kill);
  EXPECT_EQ(
      oom_event_body(*kill),
      R"({"type":"system_oom_kill","source":{"kind":"local_process"},"data":{"process_name":"chromium","pid":100,"rss_kb":5,"constraint":"none"}})");
}

TEST(OomReport, of_others_is_nobodys_business) {
  for (const auto* cgroup :
       {"/system.slice/postgresql.service", "/wye/short", "/wye/../etc/passwd", "/", ""}) {
    OomReport report;
    EXPECT_FALSE(report.read_line("x invoked oom-killer: gfp_mask=0"));
    EXPECT_FALSE(report.read_line(std::string("oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=") + cgroup +
                                  ",task=x,pid=1,uid=0"));
    EXPECT_FALSE(
        report.read_line("Memory cgroup out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB"));
  }
}

TEST(OomReport, that_is_cut_or_forged_does_no_harm) {
  OomReport report;
  EXPECT_FALSE(report.read_line("Memory cgroup out of memory: Killed process 1 (x) total-vm:1kB"));
  EXPECT_FALSE(report.read_line("oom-kill:"));
  for (const auto* line :
       {" invoked oom-killer", "[  pid  ]", "[", "[  pid  ] a b c d e f", "[ x ] ] ]", "memory: usage",
        "CPU: PID: ", "oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/wye/abcdefghijklmnopqrstuvwx",
        "Killed process ", "Killed process 5 ) total-vm ("})
    EXPECT_FALSE(report.read_line(line)) << line;
}

}  // namespace
}  // namespace wye::host
