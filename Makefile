# Every target only calls start.py, so that Windows users type `py start.py demo` instead.
PYTHON ?= python3

.PHONY: demo test lint lock refresh soak
demo test lint lock refresh soak:
	@$(PYTHON) start.py $@
