# The verbs of the repository. They use the environment in .venv, which the README's commands make.

# Run docmind: `just run ask "What is this?" docs`
run *arguments:
    .venv/bin/docmind {{ arguments }}

# Run the tests, or some of them: `just test tests/test_text.py -k stream`
test *arguments:
    .venv/bin/python -m pytest {{ arguments }}

# Try new examples on the tests that hold for any input, which use the same ones otherwise
explore:
    .venv/bin/python -m pytest -n 2 --hypothesis-profile=explore $(grep -rl --include='*.py' '@given' tests)

# Whether the tests of routing take every branch of it. The fault matrix adds none, and takes as long as they do.
coverage:
    .venv/bin/coverage run -m pytest --ignore=tests/routing/test_fault_matrix.py tests/routing tests/test_turn.py
    .venv/bin/coverage report

# Change routing in some 1,600 small ways, and see which of them its tests do not notice. It goes on where it was ended;
# `just mutation 'docmind.agents.routing.seam*'` does a part. `.venv/bin/mutmut show NAME` shows a change.
mutation *arguments:
    uv pip install --quiet --python .venv/bin/python mutmut==3.8.1
    nice -n 19 .venv/bin/mutmut run {{ arguments }}
    .venv/bin/mutmut results

# Break model servers in every way, and see whether an answer is lost: `just faults --quick`
faults *arguments:
    .venv/bin/python benchmarks/faults.py {{ arguments }}

# Kill the engine, the screen or both in mid-answer, 200 times, and see what is lost: `just kills --kills 20 --answers 5`
kills *arguments:
    .venv/bin/python benchmarks/kills.py {{ arguments }}

# Everything that has to hold besides the tests
check:
    .venv/bin/ruff check
    .venv/bin/ruff format --check
    .venv/bin/mypy
    .venv/bin/lint-imports

# Put right what a tool can put right
fix:
    .venv/bin/ruff check --fix
    .venv/bin/ruff format

# Make the pictures of the README anew
screenshots:
    .venv/bin/python benchmarks/screenshots.py

# Renew requirements.lock after a change of the dependencies in pyproject.toml
lock:
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "just lock" --extra gguf --extra test --output-file requirements.lock pyproject.toml
