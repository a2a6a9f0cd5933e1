# Ledgerdesk: `make run` and `make test` need nothing but a machine and, to install what it lacks, the right to.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Cargo as rustup installs it, where the shell has not been told of it yet.
export PATH := $(PATH):$(HOME)/.cargo/bin
.PHONY: help run test check bench gen clean-data

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: ## Start the help desk with demo people on http://127.0.0.1:8080 (ARGS="--listen 127.0.0.1:9000")
	@scripts/setup.sh
	@cargo build --release --locked -p api
	@exec target/release/ledgerdesk serve --demo $(ARGS)

# The tests start a private PostgreSQL by themselves and leave it to those that run beside them. They wait more than they
# work, so one more runs at a time than there are processors. One command builds the program and the tests, so that both
# get the same features of what they depend on, and nothing is compiled twice; the lints come with it.
# What fails says so where it fails: a backtrace of tasks would only push that out of sight. What tests write goes where
# their PostgreSQL is, if that is in memory: a disk that is busy makes servers that are killed and started again slow.
test: ## Set up, build with all lints and run every test
	@scripts/setup.sh test
	cargo fmt --all --check
	scripts/with-lints.sh cargo build --locked --workspace --all-targets
	@if [ -d ../shared/data ]; then LEDGERDESK_TEST_DATA=$$(cd ../shared/data && pwd); export LEDGERDESK_TEST_DATA; fi; \
	LEDGERDESK_TEST_POSTGRES=$$(scripts/place-for-tests.sh) || exit 1; export LEDGERDESK_TEST_POSTGRES; \
	trap 'scripts/drop-postgres.sh "$$LEDGERDESK_TEST_POSTGRES" && rm -rf "$$LEDGERDESK_TEST_POSTGRES"' EXIT; \
	trap 'exit 130' INT TERM; \
	if [ -d "$$LEDGERDESK_TEST_POSTGRES/tmp" ]; then TMPDIR=$$LEDGERDESK_TEST_POSTGRES/tmp; export TMPDIR; fi; \
	RUST_TEST_THREADS=$$(($$(getconf _NPROCESSORS_ONLN) + 1)); export RUST_TEST_THREADS; \
	RUST_BACKTRACE=0; export RUST_BACKTRACE; \
	echo cargo test --locked --workspace; scripts/with-lints.sh cargo test --locked --workspace

check: ## Formatting and lints, without building
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

bench: ## Run a benchmark (NAME=append, filing, http, large, load, rebuild, sign_in or sockets; ARGS="--seconds 5")
	@scripts/setup.sh bench
	cargo bench --locked -p tests --bench $(or $(NAME),append) -- $(ARGS)

gen: ## Write the documents and schemas that the program describes itself with anew
	@cargo run --quiet --locked -p api -- schemas --dir api/schemas
	@write() { cargo run --quiet --locked -p api -- "$$2" > "$$1.new" || { rm -f "$$1.new"; exit 1; }; mv "$$1.new" "$$1"; }; \
	write api/openapi.json openapi; write api/asyncapi.json asyncapi; write docs/events.md schemas

clean-data: ## Delete ./data, the database included
	@scripts/drop-postgres.sh data
	@rm -rf data
