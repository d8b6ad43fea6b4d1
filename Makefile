# Sibai. `make help` lists the targets.
SHELL := /bin/bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
DATE ?= $(shell git show -s --format=%cI HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X sibai/internal/build.Version=$(VERSION) -X sibai/internal/build.Commit=$(COMMIT) -X sibai/internal/build.Date=$(DATE)
GOLANGCI := v2.15.0
FUZZTIME ?= 20s

.DEFAULT_GOAL := help
.PHONY: help build demo test test-short race lint generate verify check fuzz bench bench-charging vendor-ui setup clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/sibai with its version in it
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/sibai ./cmd/sibai

demo: build ## Run the main job: real calls over SIP, charged, with a live page at http://127.0.0.1:8400 and the shop at http://127.0.0.1:8403
	@bin/sibai demo

setup: ## Install what the tests need (sip-tester, baresip, postgresql, kamailio, chromium, fonts; axe-core of npm)
	@bash test/setup.sh

test: setup ## Install what the tests need and run them all
	$(GO) test -timeout 15m ./...

test-short: ## Run the tests that need nothing installed
	$(GO) test -short ./...

race: ## Run the tests under the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./internal/...

lint: ## gofmt, vet and golangci-lint
	@test -z "$$(gofmt -l cmd internal test)" || { gofmt -l cmd internal test; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	bash scripts/lint.sh $(GOLANGCI)

generate: build ## Make everything that is generated anew
	$(GO) generate ./...
	$(GO) tool templ generate -path internal/web
	bin/sibai config --reference > docs/config.md

verify: generate ## Fail when something generated or vendored is not current
	bash scripts/vendor-ui.sh --check
	$(GO) mod tidy -diff
	@git diff --exit-code -- docs internal || { echo "run make generate and commit what it changes"; exit 1; }

check: lint test race verify ## What CI runs

fuzz: ## Fuzz each parser for FUZZTIME (20s)
	bash scripts/fuzz.sh $(FUZZTIME)

bench: build setup ## Measure the charging store, the whole node under SIPp, and the shop over a million numbers
	$(GO) run ./test/bench
	$(GO) run ./test/bench/shop

bench-charging: build setup ## Measure charging on both stores, in process and over HTTP, beside what disk and PostgreSQL can do
	$(GO) run ./test/bench/charging $(BENCH)

vendor-ui: ## Fetch the pinned page libraries into internal/web/static/vendor
	bash scripts/vendor-ui.sh

clean: ## Remove what was built
	rm -rf bin dist
