# make           lists the targets
# make demo      needs only Go
# make test      installs the real DICOM servers first (Debian, root or sudo)

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# What the tests start: real servers, a browser, readers of PDF, programs that
# decrypt, a debugger that writes core files, and the race detector's compiler.
TEST_PACKAGES := curl orthanc orthanc-dicomweb orthanc-webviewer orthanc-wsi orthanc-python orthanc-postgresql dcmtk nginx iproute2 nftables stunnel4 postgresql chromium poppler-utils gnupg age gdb gcc libc6-dev
# Where the web servers and pages of viewers are that the tests take from npm.
LEADGLASS_NPM ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/leadglass/npm
# What sweeps are compared with.
SWEEP_PACKAGES := zmap masscan nmap

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
FUZZ_SECONDS ?= 20
HOSTILE_CONVERSATIONS ?= 1000000
HOSTILE_SEED ?= 1
LOSS_RUNS ?= 10
KILLS ?= 100
KILL_ENGINES ?= SQLite PostgreSQL
KILL_WORKERS ?= 2
SEED ?=
LOAD_STUDIES ?= 49326
SCALE_ARCHIVES ?= 1000
SCALE_PROCESSES ?= 1 2 4
BENCH ?= .
# The version of the tool that writes the bill of materials.
CYCLONEDX := v1.10.0
DEMO_FLAGS ?= --follow-up follow-up-2019-11

export CGO_ENABLED ?= 0

.PHONY: help setup build demo test bench bench-sweep bench-load fuzz hostile loss kill scale data lint remedies platforms sbom clean check-go

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## install the Debian packages that the tests need, and fetch web servers and pages from npm
	@scripts/setup.sh $(TEST_PACKAGES)
	@LEADGLASS_NPM='$(LEADGLASS_NPM)' scripts/npm.sh

build: check-go ## build bin/leadglass
	@go build -trimpath -ldflags '-X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/leadglass ./cmd/leadglass

demo: build ## simulated fleet, survey, score, report, follow-up and comparison, all in one go
	@bin/leadglass demo $(DEMO_FLAGS)

test: setup lint ## everything that CI runs
	@scripts/check-go.sh race
	@LEADGLASS_NPM='$(LEADGLASS_NPM)' CGO_ENABLED=1 go test -race -timeout 30m ./... 2>&1 | { grep -v '\[no test files\]$$' || true; }

bench: setup check-go ## benchmarks, with allocations and ratios
	@go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./... 2>&1 | \
		{ grep -Ev '\[no test files\]$$|^(goos|goarch|PASS|ok  )' || true; }

bench-sweep: check-go ## sweeps side by side with zmap, masscan and nmap, as root
	@scripts/setup.sh $(TEST_PACKAGES) $(SWEEP_PACKAGES)
	@go test ./internal/discover -run '^$$' -bench SweepAgainstOthers -timeout 30m

bench-load: setup check-go ## what a check costs an archive: Orthanc of LOAD_STUDIES studies, dcmqrscp, a filter that drops dates
	@LEADGLASS_LOAD_STUDIES=$(LOAD_STUDIES) go test ./cmd/leadglass -run '^$$' -bench '^BenchmarkLoad$$' -benchtime 1x -timeout 30m

fuzz: check-go ## run each fuzz target for FUZZ_SECONDS
	@scripts/fuzz.sh $(FUZZ_SECONDS)

data: ## make the embedded tables of countries and the world map again, from npm
	@scripts/data.sh

loss: check-go ## sweeps of a network that loses packets, LOSS_RUNS times; needs root and a quiet machine
	@LEADGLASS_LOSS=1 go test ./internal/discover -run TestSweepUnderLoss -count $(LOSS_RUNS) -v -timeout 2h

remedies: setup check-go ## apply every remedy to the distribution's servers, alone, in pairs and as a whole plan; needs root
	@LEADGLASS_REMEDIES=1 go test ./cmd/leadglass -run 'TestRemedies$$' -v -timeout 1h

hostile: check-go ## HOSTILE_CONVERSATIONS conversations with archives that damage what they send, made up from HOSTILE_SEED on
	@LEADGLASS_HOSTILE=$(HOSTILE_CONVERSATIONS) LEADGLASS_HOSTILE_SEED=$(HOSTILE_SEED) go test ./cmd/leadglass -run TestHostileArchives -v -timeout 12h

kill: check-go ## the study of 2019 under kill -9, KILLS on each of KILL_ENGINES, by the random numbers of SEED
	@LEADGLASS_KILLS=$(KILLS) LEADGLASS_KILL_ENGINES='$(KILL_ENGINES)' LEADGLASS_KILL_SEED=$(SEED) LEADGLASS_KILL_WORKERS=$(KILL_WORKERS) \
		go test ./cmd/leadglass -run 'TestKilledStudy$$' -v -timeout 12h

scale: check-go ## surveys by several processes, near and 50 ms away; needs root and a quiet machine
	@LEADGLASS_SCALE=$(SCALE_ARCHIVES) LEADGLASS_SCALE_WORKERS='$(SCALE_PROCESSES)' go test ./cmd/leadglass -run '^$$' -bench '^BenchmarkScale$$' -benchtime 1x -timeout 2h 2>&1 | \
		{ grep -Ev '^(goos|goarch|pkg|cpu|PASS|ok  |BenchmarkScale)' || true; }

lint: check-go ## vet, gofmt, go.mod, staticcheck, known vulnerabilities
	@go vet ./...
	@bad=$$(gofmt -l .); \
		[ -z "$$bad" ] || { printf 'not formatted by gofmt:\n%s\n' "$$bad" >&2; exit 1; }
	@go mod tidy -diff
	@go tool staticcheck ./...
	@scripts/vulncheck.sh

platforms: check-go ## build for linux, windows, darwin and freebsd, on amd64 and arm64
	@scripts/platforms.sh

sbom: check-go ## bin/leadglass.cdx.json: the modules in the program, as CycloneDX
	@mkdir -p bin
	@go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX) app -json -licenses -main cmd/leadglass -output bin/leadglass.cdx.json .
	@echo bin/leadglass.cdx.json

clean: ## remove what was built
	@rm -rf bin leadglass-demo

check-go:
	@scripts/check-go.sh
