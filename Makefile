# The two commands: `make audit` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

INVENTORY ?= inventory.example
REPORT_DIR ?= $(CURDIR)/report
ARGS ?=
# CORE=2.16 audits with ansible-core 2.16, the last that drives Python 2.7 and 3.6 on the servers.
CORE ?=
PYTHON ?= python3

# A checkout that anyone may write to has its ansible.cfg ignored, unless it is named.
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

PYTHONS := $(PYTHON) tests/tools/pythons.py
RUN := .venv$(CORE:%=-%)
NEW := .venv-test
OLD := .venv-2.16
MIDDLE := .venv-2.18
RELEASE := .venv-release
# The play's recap comes last otherwise, and the report's place is far above it. Check mode writes none.
SAID := import os, json, sys; to = sys.argv[1]; os.path.exists(to + "/fleet.json")
SAY := $(PYTHON) -c '$(SAID) and print("", json.load(open(to + "/fleet.json"))["verdict"], to + "/index.html", sep="\n")'
INSTALL := -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 20

.PHONY: venv
venv: $(RUN)/.installed ## Set up .venv

.PHONY: audit
audit: inventory $(RUN)/.installed ## Audit and report: make audit INVENTORY=inventory.ini ARGS="--limit mx1"
	$(RUN)/bin/ansible-playbook playbooks/audit.yml -i $(INVENTORY) -e "report_dir='$(REPORT_DIR)'" $(ARGS)
	$(if $(findstring report_dir,$(ARGS)),,@$(SAY) "$(REPORT_DIR)")

# Ansible audits no server of an inventory that is not there, and calls that a success. A list of hosts has a comma.
.PHONY: inventory
inventory:
	@[[ "$(INVENTORY)" == *,* ]] || test -e "$(INVENTORY)" || { echo "INVENTORY=$(INVENTORY): there is no such file" >&2; exit 1; }

.PHONY: report
report: $(RUN)/.installed ## Report again from the saved records, touching no host
	$(RUN)/bin/ansible-playbook playbooks/report.yml -e "report_dir='$(REPORT_DIR)'" $(ARGS)
	$(if $(findstring report_dir,$(ARGS)),,@$(SAY) "$(REPORT_DIR)")

# --- tests

# Those that share an environment may not find it missing at the same time, so the shared ones come first. LANES=1 runs one target after the other.
LANES ?= 2
BOTH_CORES := TEST_ANSIBLE_PLAYBOOKS="$(CURDIR)/$(OLD)/bin/ansible-playbook:$(CURDIR)/$(NEW)/bin/ansible-playbook"

.PHONY: test
test: $(NEW)/.installed $(OLD)/.installed ## Run every test, two targets at a time (LANES=1: one)
	$(PYTHON) tests/tools/lanes.py --lanes $(LANES) test-fleet test-lint test-sanity test-integration test-unit test-release

.PHONY: test-pytest
test-pytest: $(NEW)/.installed $(OLD)/.installed ## Unit, integration and end-to-end tests
	$(BOTH_CORES) $(NEW)/bin/python -m pytest $(ARGS)

# FLEET=tests/fleet/test_probe.py has a part of it.
FLEET ?= tests/fleet

.PHONY: test-fleet
test-fleet: $(NEW)/.installed $(OLD)/.installed ## Remediate, break, repair and probe a fleet of three real mail servers, as root
	$(BOTH_CORES) $(NEW)/bin/python -m pytest $(FLEET) $(ARGS)

.PHONY: test-unit
test-unit: $(NEW)/.installed $(OLD)/.installed ## Unit tests alone
	$(BOTH_CORES) $(NEW)/bin/python -m pytest tests/unit $(ARGS)

.PHONY: test-integration
test-integration: $(NEW)/.installed $(OLD)/.installed ## Integration and end-to-end tests alone
	$(BOTH_CORES) $(NEW)/bin/python -m pytest tests/integration $(ARGS)

.PHONY: test-lint
test-lint: $(NEW)/.installed ## ansible-lint and the changelog
	PATH="$(CURDIR)/$(NEW)/bin:$$PATH" $(NEW)/bin/ansible-lint --offline
	cd collections/ansible_collections/mailfleet/tls_audit && $(CURDIR)/$(NEW)/bin/antsibull-changelog lint

.PHONY: test-release
test-release: $(MIDDLE)/.installed $(RELEASE)/.installed ## Check the release as Galaxy does, and with ansible-core 2.18 and 2.19
	$(RELEASE)/bin/python -m pytest tests/release $(ARGS)
	$(MIDDLE)/bin/python tests/tools/run_ansible_test.py
	$(RELEASE)/bin/python tests/tools/run_ansible_test.py
	$(MIDDLE)/bin/python -m pytest tests/unit/plugins $(ARGS)
	$(RELEASE)/bin/python -m pytest tests/unit/plugins $(ARGS)

.PHONY: test-sanity
test-sanity: $(NEW)/.installed $(OLD)/.installed ## ansible-test sanity with the oldest and the newest ansible-core
	$(OLD)/bin/python tests/tools/run_ansible_test.py
	$(NEW)/bin/python tests/tools/run_ansible_test.py

.PHONY: pictures
pictures: $(NEW)/.installed ## Take the README's pictures of a report (installs Chromium and fonts)
	PYTHONPATH=collections $(NEW)/bin/python -m ansible_collections.mailfleet.tls_audit.tests.integration.pictures docs/images

.PHONY: fuzz
fuzz: $(NEW)/.installed ## Hold the parser against a million generated lines, for a nightly run
	PYTHONPATH=collections $(NEW)/bin/python -m ansible_collections.mailfleet.tls_audit.tests.fuzz --lines 1000000 $(ARGS)

.PHONY: docs
docs: $(NEW)/.installed ## Write the roles' tables of variables and the schemas anew
	$(NEW)/bin/python tests/tools/role_docs.py
	PYTHONPATH=collections $(NEW)/bin/python -m ansible_collections.mailfleet.tls_audit.tests.tools.write_schemas

.PHONY: release
release: $(RELEASE)/.installed ## Build the tarball to publish: the same bytes wherever it is built
	$(RELEASE)/bin/python tests/tools/build_release.py $(CURDIR)

.PHONY: benchmark
benchmark: $(NEW)/.installed ## Time the parser beside its peers, and the report of 5,000 servers; takes an hour
	$(NEW)/bin/python tests/benchmarks/published_table.py
	$(NEW)/bin/python tests/benchmarks/compare.py
	$(NEW)/bin/python tests/benchmarks/report.py

.PHONY: benchmark-scale
benchmark-scale: $(NEW)/.installed ## Time the audit of 50 to 5,000 servers beside a bare ping; takes half an hour
	$(NEW)/bin/python tests/benchmarks/scale.py $(ARGS)

# --- set-up

# `venv --clear` follows a link, and empties the folder that somebody else works with.
NO_LINK = @test ! -L $(@D) || { echo "$(@D) is a link, and is not made anew: remove the link, or make it where it points to" >&2; exit 1; }

.venv/.installed: requirements/run.txt tests/tools/pythons.py
	$(NO_LINK)
	$$($(PYTHONS) best 3.10 3.14) -m venv --clear $(@D)
	$(@D)/bin/python $(INSTALL) $<
	touch $@

$(NEW)/.installed: requirements/test.txt tests/tools/pythons.py
	$(NO_LINK)
	$$($(PYTHONS) best 3.10 3.13) -m venv --clear $(@D)
	$(@D)/bin/python $(INSTALL) $<
	touch $@

# ansible-core 2.16 runs on Python 3.10 to 3.12.
$(OLD)/.installed: requirements/core-2.16.txt tests/tools/pythons.py
	$(NO_LINK)
	$$($(PYTHONS) best 3.10 3.12) -m venv --clear $(@D)
	$(@D)/bin/python $(INSTALL) $<
	touch $@

$(MIDDLE)/.installed: requirements/core-2.18.txt tests/tools/pythons.py
	$(NO_LINK)
	$$($(PYTHONS) best 3.11 3.13) -m venv --clear $(@D)
	$(@D)/bin/python $(INSTALL) $<
	touch $@

$(RELEASE)/.installed: requirements/release.txt tests/tools/pythons.py
	$(NO_LINK)
	$$($(PYTHONS) best 3.11 3.13) -m venv --clear $(@D)
	$(@D)/bin/python $(INSTALL) $<
	touch $@

.PHONY: requirements
requirements: ## Renew the pinned versions (needs uv)
	for pair in run:3.10 test:3.10 core-2.16:3.10 core-2.18:3.11 release:3.11; do \
	  uv pip compile --quiet --universal --upgrade --generate-hashes --no-emit-index-url --no-header --python-version $${pair#*:} \
	    requirements/$${pair%:*}.in --output-file requirements/$${pair%:*}.txt; \
	done

.PHONY: clean
clean: ## Remove what the targets made; reports stay
	rm -rf .venv .venv-test .venv-2.16 .venv-2.18 .venv-release .cache .pytest_cache .hypothesis .ansible
