# SPDX-License-Identifier: GPL-3.0-or-later
# One makefile: a library, a thin main, tests that link the library. `make SANITIZE=address,undefined` builds in its own directory.

CC ?= gcc
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := $(shell cat VERSION)
SANITIZE ?=
BUILD ?= build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
comma := ,

# V=1 shows whole commands
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)" $(2))

# What it needs
PKGS := libxml-2.0 yaml-0.1 jansson smartcols readline zlib
PKG_CONFIG ?= pkg-config
needs_packages := $(filter-out clean uninstall format,$(or $(MAKECMDGOALS),all))
ifneq ($(needs_packages),)
  missing := $(strip $(foreach p,$(PKGS),$(shell $(PKG_CONFIG) --exists $(p) 2>/dev/null || echo $(p))))
  ifneq ($(missing),)
    $(error missing: $(missing); `./install-needs` installs what the build needs)
  endif
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS))

# How it is compiled: C17, no warning, hardened
CFLAGS ?= -O2 -g
WERROR ?= -Werror
fw_cflags := -std=gnu17 -D_GNU_SOURCE -Isrc -I$(BUILD) -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wvla -Wno-missing-field-initializers $(WERROR) -fPIE -fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections -pthread \
  -DFRAGWIZARD_VERSION='"$(VERSION)"' $(PKG_CFLAGS)
ifeq ($(shell uname -m),x86_64)
  fw_cflags += -fcf-protection=full
endif
fw_ldflags := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections,--as-needed -pthread
ifneq ($(SANITIZE),)
  fw_cflags += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
  fw_ldflags += -fsanitize=$(SANITIZE)
else
  fw_cflags += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif

lib_sources := $(wildcard src/*/*.c src/*/*/*.c)
lib_objects := $(lib_sources:src/%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/builtin.o
unit_sources := $(wildcard tests/unit/test_*.c)
unit_programs := $(unit_sources:tests/unit/%.c=$(BUILD)/tests/%)
fuzz_sources := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_programs := $(fuzz_sources:tests/fuzz/%.c=$(BUILD)/tests/%)
helper_sources := $(wildcard tests/live/*.c tests/heap/*.c tests/matrix/*.c tests/tools/*.c tests/bench/*.c)
helper_programs := $(foreach s,$(helper_sources),$(BUILD)/tests/$(basename $(notdir $(s))))
embedded := $(wildcard playbooks/*.yaml) templates/report.html templates/diff.html templates/report.css

.PHONY: all check bench schema install uninstall clean tests format
.DELETE_ON_ERROR:
all: $(BUILD)/fragwizard

$(BUILD)/fragwizard: $(BUILD)/obj/main.o $(BUILD)/libfragwizard.a
	$(call say,LD,$@)
	$(Q)$(CC) $(fw_cflags) $(CFLAGS) $(fw_ldflags) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/libfragwizard.a: $(lib_objects)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/obj/%.o: src/%.c VERSION | $(BUILD)/obj/.made
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(fw_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

# Playbooks and templates are in the binary
$(BUILD)/builtin.c: tools/embed $(embedded) | $(BUILD)/obj/.made
	$(Q)sh tools/embed $(embedded) > $@
$(BUILD)/obj/builtin.o: $(BUILD)/builtin.c
	$(call say,CC,$@)
	$(Q)$(CC) $(fw_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/.made:
	@mkdir -p $(BUILD)/obj $(BUILD)/tests
	@touch $@

# Tests
tests: $(BUILD)/fragwizard $(BUILD)/schema $(unit_programs) $(fuzz_programs) $(helper_programs)
$(BUILD)/tests/test_%: tests/unit/test_%.c $(BUILD)/libfragwizard.a
	$(call say,CC,$@)
	$(Q)$(CC) $(fw_cflags) $(CFLAGS) -MMD -MP $(fw_ldflags) -o $@ $< $(BUILD)/libfragwizard.a $(PKG_LIBS) -lcmocka -lm
$(BUILD)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/libfragwizard.a
	$(call say,CC,$@)
	$(Q)$(CC) $(fw_cflags) $(CFLAGS) -MMD -MP $(fw_ldflags) -o $@ $< $(BUILD)/libfragwizard.a $(PKG_LIBS) -lm
# Small programs that the tests run; they link nothing of ours
define helper
$(BUILD)/tests/$(basename $(notdir $(1))): $(1) | $(BUILD)/obj/.made
	$(call say,CC,$$@)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -pthread -MMD -MP -o $$@ $$<
endef
$(foreach s,$(helper_sources),$(eval $(call helper,$(s))))

# Schemas and pages that follow from the declarations; a test compares them
$(BUILD)/schema: tools/schema.c $(BUILD)/libfragwizard.a
	$(call say,CC,$@)
	$(Q)$(CC) $(fw_cflags) $(CFLAGS) -MMD -MP $(fw_ldflags) -o $@ $< $(BUILD)/libfragwizard.a $(PKG_LIBS) -lm
schema: $(BUILD)/schema
	$(BUILD)/schema case > schema/case.json
	$(BUILD)/schema facts > docs/facts.md
	$(BUILD)/schema records > docs/case.md

check: tests
	@BUILD=$(abspath $(BUILD)) tests/run

bench: $(BUILD)/fragwizard $(helper_programs)
	@BUILD=$(abspath $(BUILD)) tests/bench/run

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/fragwizard
	install -m 0755 $(BUILD)/fragwizard $(DESTDIR)$(PREFIX)/bin/fragwizard
	install -m 0644 docs/fragwizard.1 $(DESTDIR)$(PREFIX)/share/man/man1/fragwizard.1
	install -m 0644 schema/case.json $(DESTDIR)$(PREFIX)/share/fragwizard/case.json
	install -m 0644 schema/playbook.json $(DESTDIR)$(PREFIX)/share/fragwizard/playbook.json
	install -m 0644 schema/diff.json $(DESTDIR)$(PREFIX)/share/fragwizard/diff.json

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/fragwizard $(DESTDIR)$(PREFIX)/share/man/man1/fragwizard.1
	rm -f $(DESTDIR)$(PREFIX)/share/fragwizard/case.json $(DESTDIR)$(PREFIX)/share/fragwizard/playbook.json
	rm -f $(DESTDIR)$(PREFIX)/share/fragwizard/diff.json
	[ ! -d $(DESTDIR)$(PREFIX)/share/fragwizard ] || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/share/fragwizard

clean:
	rm -rf build

# clang-format 14 and .clang-format
format:
	git ls-files '*.[ch]' | xargs clang-format -i

-include $(wildcard $(BUILD)/obj/*.d $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d $(BUILD)/tests/*.d)
