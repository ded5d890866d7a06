# The commands of this project. Each works on a fresh Debian 12 machine: what is missing is installed first.
JOBS ?= 2
PRESET ?= release
BUILD := build/$(PRESET)

.PHONY: help deps build test test-only demo serve bench load torture soak lint install asan tsan clang fuzz clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

deps:
	@tools/install-deps

## make build     build wye and wye-vm into build/release/bin
build: deps
	@cmake --preset $(PRESET) $(if $(QUIET),>/dev/null,)
	@cmake --build --preset $(PRESET) -j$(JOBS)

## make test      build and run every test
test: build test-only
test-only:
	@ctest --test-dir $(BUILD) --output-on-failure -j$(JOBS) --no-tests=error

## make demo      the whole story on a real Chromium, in about ten seconds
demo: deps
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS) --target wye wye-vm
	@$(BUILD)/bin/wye demo

## make serve     a server on 127.0.0.1:7711 with its data in ./data
serve: deps
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS) --target wye wye-vm
	@$(BUILD)/bin/wye serve --data-dir data

## make bench     ratios against libcurl, the Node SDK, nginx and a bare Chromium, side by side
bench: build
	@bench/run $(BUILD)

## make load      10,000 idle connections, 1,000 subscribers, slow clients, 50 browsers: what holds and what each costs
load: deps
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS) --target load wye wye-vm
	@WYE_BIN=$(BUILD)/bin/wye $(BUILD)/bin/load

## make torture   seeded rounds of kills, full disks and moved clocks (ROUNDS=1000 SEED=1; SEED=1 ROUND=7 plays one again)
ROUNDS ?= 1000
SEED ?= 1
torture: deps
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS) --target torture
	@$(BUILD)/tests/torture --seed $(SEED) --rounds $(ROUNDS) $(if $(ROUND),--round $(ROUND) --verbose) $(if $(LOAD),--load $(LOAD)) $(if $(DATABASE),--database $(DATABASE))

## make soak      create/delete cycles and a mixed load; nothing may grow (CYCLES=500 MINUTES=60); build/soak.csv, docs/soak.svg
CYCLES ?= 500
MINUTES ?= 60
soak: deps
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS) --target soak
	@$(BUILD)/tests/soak --cycles $(CYCLES) --minutes $(MINUTES) --seed $(SEED) --csv build/soak.csv --svg docs/soak.svg

## make lint      clang-format, clang-tidy, the structure of the sources
lint: deps
	@tools/lint

## make install   the SDK, wye and wye-vm (PREFIX=/usr/local)
PREFIX ?= /usr/local
install: build
	@cmake --install $(BUILD) --prefix $(PREFIX)

## make asan      every test under AddressSanitizer and UBSan (make tsan: under ThreadSanitizer; make clang: with clang)
# Findings of any process, also of servers that tests start, fail the run. Agents end at their first one. Freed memory is not kept
# for long, since tests measure what processes hold. A server that ends beside a handler that hangs leaves threads unjoined.
asan tsan: deps
	@$(MAKE) --no-print-directory PRESET=$@ build
	@rm -rf build/$@/reports && mkdir -p build/$@/reports
	@ASAN_OPTIONS="quarantine_size_mb=1:log_path='$(CURDIR)/build/$@/reports/asan'" UBSAN_OPTIONS="log_path='$(CURDIR)/build/$@/reports/ubsan'" \
	  TSAN_OPTIONS="report_thread_leaks=0:log_path='$(CURDIR)/build/$@/reports/tsan'" $(MAKE) --no-print-directory PRESET=$@ test-only
	@! grep -r . build/$@/reports
clang: deps
	@$(MAKE) --no-print-directory PRESET=$@ test

## make fuzz      each fuzz target for SECONDS=60 of processor time, under AddressSanitizer and UBSan; stops at the first finding
SECONDS ?= 60
fuzz: deps
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j$(JOBS) --target fuzz_targets
	@JOBS=$(JOBS) tools/fuzz $(SECONDS) $(TARGETS)

clean:
	@rm -rf build
