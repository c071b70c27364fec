# All set-up on a fresh Debian or Ubuntu machine with Go, git and make is in here.

GO       ?= go
ADDR     ?= localhost:8080
# The slow packages begin first, so that all cores are busy to the end.
PACKAGES ?= ./internal/signing ./internal/intake ./internal/cli ./internal/web/... ./internal/e2e/... ./internal/i18n ./...
# What runs at once in one process; make soak also races what is tried end to end.
RACED     = ./internal/store ./internal/job ./internal/tlog ./internal/signing ./internal/invitation ./internal/intake ./internal/delivery
export CGO_ENABLED = 0
export GOTOOLCHAIN = local

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the binary ./undersigned
	$(GO) build -trimpath -ldflags='-s -w' -o undersigned .

demo: build ## Serve sample letters at http://localhost:8080 (ADDR=… for another port)
	./undersigned demo --listen $(ADDR)

test: tools ## Install what the tests need and is missing, then run them all (make lint vets)
	$(GO) test -vet=off -timeout 20m $(PACKAGES)

quick: ## Tests without browser and soak, for a minute's answer
	$(GO) test -short $(PACKAGES)

race: ## What runs at once, under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -vet=off -timeout 15m $(RACED)

soak: tools ## What may never break, longer: 200 kills, 40 failovers, 10,000 traced acknowledgements, every system call failing (needs a C compiler)
	@.ci/install soak
	$(GO) test -timeout 3h -count 1 -v -p 1 -parallel 8 -run 'TestKill|TestFailover|TestAck|TestDiskFull|TestServe_two|TestInjection|TestReopened|TestClock|TestReconcile|TestUpgrade' ./internal/testkit ./internal/e2e/promise ./internal/e2e/operate -soak
	CGO_ENABLED=1 $(GO) test -race -timeout 30m -count 1 -v -run 'TestSoak|TestLevel' ./internal/e2e/promise -soak
	CGO_ENABLED=1 $(GO) test -race -short -vet=off -timeout 30m ./internal/web/public ./internal/e2e/journey ./internal/e2e/promise

editor: ## Bundle the desk's editor from internal/web/editor (needs npm)
	@.ci/editor

lint: ## gofmt, go vet, go fix, staticcheck, go mod tidy, and that the desk's editor is bundled from its sources
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	$(GO) fix -diff ./...
	$(GO) tool -modfile=tool.mod staticcheck ./...
	$(GO) mod tidy -diff
	@.ci/editor check

fuzz: ## Fuzz every parser for 20 s each (FUZZTIME=…)
	@for pkg in $$($(GO) list ./...); do \
		for name in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(or $(FUZZTIME),20s) $$pkg || exit 1; \
		done; \
	done

bench: build ## Measure signing and reading beside the bare limits of this machine
	./undersigned bench read
	./undersigned bench sign

bench-check: build ## Measure in half a minute, and fail where a figure fell under its floor (internal/bench/floors.go)
	./undersigned bench check --dir .

golden: ## Write the golden files again; look at the difference before you commit it
	$(GO) test ./internal/letter/... ./internal/store -update

tools: ## Install PostgreSQL, Chromium, poppler-utils and fonts where they are missing
	@.ci/install

clean: ## Remove the binary and the demonstration's data
	rm -rf undersigned demo-data

.PHONY: help build demo test quick race soak editor lint fuzz bench bench-check golden tools clean
.DEFAULT_GOAL := help
