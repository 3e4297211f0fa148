# `make run` and `make test` are all a newcomer needs; the scripts they call say the rest.
.PHONY: run test lint fmt dev openapi bench bench-sizes profile chaos fuzz

# The server with its own PostgreSQL, and the sandbox. PORT and SANDBOX_PORT choose other ports.
run:
	@deploy/scripts/run

# Every check that CI makes.
test:
	@tests/run

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt:
	cargo fmt --all

# The server alone, with settings from .env; build it again with another `make dev`.
dev:
	@deploy/scripts/install run
	cargo run -p banglachat -- serve

# Writes the committed OpenAPI document anew; a test compares it with the code.
openapi:
	cargo build -p banglachat
	cargo run -q -p banglachat -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json

# Figures are only worth something from a release build. BENCH passes options on: make bench BENCH="--rounds 5".
bench:
	@deploy/scripts/install run
	cargo build --release -p banglachat -p banglachat-bench
	target/release/banglachat-bench $(BENCH)

# With up to ten million stored messages: half an hour and 30 GB below /var/tmp, removed at the end.
bench-sizes:
	@deploy/scripts/install run
	cargo build --release -p banglachat -p banglachat-bench
	target/release/banglachat-bench --sizes $(BENCH)

# Where the time of ingest goes, function by function.
profile:
	@bench/profile

# The long run: 1,000 kills and every other fault, about an hour. docs/chaos.md says how to read it; CHAOS="--seed 7 kills" chooses.
CHAOS ?= --kills 1000
chaos:
	@deploy/scripts/install run
	cargo build -p banglachat -p banglachat-tests -p banglachat-chaos
	target/debug/chaos $(CHAOS)

# Fuzzing of the parsers and the signature check: a minute each, or FUZZ_SECONDS (docs/testing.md).
fuzz:
	@tests/fuzz/run
