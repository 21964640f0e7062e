# Every target only calls start.py, so that Windows users type `py start.py demo` instead.
PYTHON ?= python3

.PHONY: demo bundle test lint lock refresh soak fuzz mutation benchmark
demo bundle test lint lock refresh soak fuzz mutation benchmark:
	@$(PYTHON) start.py $@
