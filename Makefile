# SPDX-License-Identifier: GPL-3.0-or-later
# One makefile: a library, a thin main, tests that link the library. `make SANITIZE=address,undefined` builds in its own directory.
# A cross build: make CC=aarch64-linux-gnu-gcc PKG_CONFIG=aarch64-linux-gnu-pkg-config

PREFIX ?= /usr/local
DESTDIR ?=
VERSION := $(shell cat VERSION)
SANITIZE ?=
comma := ,
hash := \#
BUILD ?= build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
override BUILD := $(patsubst $(CURDIR)/%,%,$(BUILD))
goals := $(or $(MAKECMDGOALS),all)

# V=1 shows whole commands
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)" $(2))

ifneq ($(filter-out clean uninstall format,$(goals)),)
# What it needs
PKGS := libxml-2.0 yaml-0.1 jansson smartcols readline zlib
PKG_CONFIG ?= pkg-config
without = $(strip $(foreach p,$(1),$(shell $(PKG_CONFIG) --exists $(p) 2>/dev/null || echo $(p))))
ifneq ($(call without,$(PKGS)),)
  $(error missing: $(call without,$(PKGS)); `./install-needs` installs what the build needs)
endif
ifneq ($(filter check tests unit coverage,$(goals)),)
  ifneq ($(call without,cmocka),)
    $(error missing: cmocka; `./install-needs --tests` installs what the tests need)
  endif
endif
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS))

# A file of flags or names that is written only when they change: what was made of others is made again
$(shell mkdir -p $(BUILD)/obj $(BUILD)/tests)
remember = $(if $(call differs,$(1),$(strip $(2))),$(file >$(1),$(strip $(2))))
differs = $(subst x$(2)x,,x$(strip $(file <$(1)))x)

# How it is compiled: C17, hardened by what the compiler knows, nothing of this directory's name in the result
CFLAGS ?= -O2 -g
WERROR ?=
wishes := $(if $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_FORTIFY_SOURCE=2) \
  -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard
wishes += -msse2 -mfpmath=sse # i386 computes as all others do
cc_option = $(shell echo '$(hash)include <limits.h>' | \
  $(CC) $(CPPFLAGS) $(CFLAGS) -Werror $(granted) $(1) -x c -c -o /dev/null - 2>/dev/null && echo $(1))
# The answers are kept with the question
-include $(BUILD)/compiler.mk
question := $(strip $(CC) $(CPPFLAGS) $(CFLAGS) $(wishes))
ifneq ($(question),$(answered))
  granted :=
  $(foreach f,$(wishes),$(eval granted += $(call cc_option,$(f))))
  target_ar := $(shell $(CC) -print-prog-name=ar)
  $(file >$(BUILD)/compiler.mk,answered := $(question))
  $(file >>$(BUILD)/compiler.mk,granted := $(granted))
  $(file >>$(BUILD)/compiler.mk,target_ar := $(target_ar))
endif
ifeq ($(origin AR),default)
  AR := $(target_ar)
endif
fw_cflags := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Isrc -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wvla -Wno-missing-field-initializers $(WERROR) -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections -pthread -ffile-prefix-map=$(CURDIR)=. \
  $(granted) $(PKG_CFLAGS)
fw_ldflags := -pie -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections,--as-needed -pthread
ifneq ($(SANITIZE),)
  fw_cflags += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
  fw_ldflags += -fsanitize=$(SANITIZE)
endif
compile = $(CC) $(fw_cflags) $(CPPFLAGS) $(CFLAGS)

lib_sources := $(wildcard src/*/*.c src/*/*/*.c)
lib_objects := $(lib_sources:src/%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/builtin.o
unit_sources := $(wildcard tests/unit/test_*.c)
unit_programs := $(unit_sources:tests/unit/%.c=$(BUILD)/tests/%)
fuzz_sources := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_programs := $(fuzz_sources:tests/fuzz/%.c=$(BUILD)/tests/%)
helper_sources := $(wildcard tests/live/*.c tests/heap/*.c tests/matrix/*.c tests/tools/*.c tests/bench/*.c)
helper_programs := $(foreach s,$(helper_sources),$(BUILD)/tests/$(basename $(notdir $(s))))
embedded := $(wildcard playbooks/*.yaml) templates/report.html templates/diff.html templates/report.css
$(call remember,$(BUILD)/flags,$(filter-out -ffile-prefix-map=% -Werror,$(compile)) $(LDFLAGS))
$(call remember,$(BUILD)/objects,$(lib_objects))
endif

.PHONY: all check check-builds check-servers coverage bench schema install uninstall clean tests unit format
.DELETE_ON_ERROR:
all: $(BUILD)/fragwizard
# A goal may be named by its whole path
absolute := $(filter $(CURDIR)/%,$(goals))
ifneq ($(absolute),)
$(absolute): $(CURDIR)/%: %
endif

$(BUILD)/fragwizard: $(BUILD)/obj/main.o $(BUILD)/libfragwizard.a
	$(call say,LD,$@)
	$(Q)$(compile) $(fw_ldflags) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

# Made anew, so that no object of a deleted source stays in it
$(BUILD)/libfragwizard.a: $(lib_objects) $(BUILD)/objects
	@rm -f $@
	$(Q)$(AR) rcs $@ $(lib_objects)

$(BUILD)/obj/base/version.o: fw_cflags += -DFRAGWIZARD_VERSION='"$(VERSION)"'
$(BUILD)/obj/base/version.o: VERSION
$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(compile) -MMD -MP -c -o $@ $<

# Playbooks and templates are in the binary
$(BUILD)/builtin.c: tools/embed $(embedded)
	$(Q)sh tools/embed $(embedded) > $@
$(BUILD)/obj/builtin.o: $(BUILD)/builtin.c $(BUILD)/flags
	$(call say,CC,$@)
	$(Q)$(compile) -MMD -MP -c -o $@ $<

# Tests
tests: $(BUILD)/fragwizard $(BUILD)/schema $(BUILD)/playbook_schema $(unit_programs) $(fuzz_programs) $(helper_programs)
unit: $(unit_programs)
$(BUILD)/tests/test_%: tests/unit/test_%.c $(BUILD)/libfragwizard.a
	$(call say,CC,$@)
	$(Q)$(compile) -MMD -MP $(fw_ldflags) -o $@ $< $(BUILD)/libfragwizard.a $(PKG_LIBS) -lcmocka -lm
$(BUILD)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/libfragwizard.a
	$(call say,CC,$@)
	$(Q)$(compile) -MMD -MP $(fw_ldflags) -o $@ $< $(BUILD)/libfragwizard.a $(PKG_LIBS) -lm
# Small programs that the tests run; they link nothing of ours
define helper
$(BUILD)/tests/$(basename $(notdir $(1))): $(1) $(BUILD)/flags
	$(call say,CC,$$@)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra $(WERROR) -pthread -MMD -MP -o $$@ $$<
endef
$(foreach s,$(helper_sources),$(eval $(call helper,$(s))))

# Schemas and pages that follow from the declarations; a test compares them
schema_programs := $(BUILD)/schema $(BUILD)/playbook_schema
$(schema_programs): $(BUILD)/%: tools/%.c $(BUILD)/libfragwizard.a
	$(call say,CC,$@)
	$(Q)$(compile) -MMD -MP $(fw_ldflags) -o $@ $< $(BUILD)/libfragwizard.a $(PKG_LIBS) -lm
schema: $(schema_programs)
	$(BUILD)/schema case > schema/case.json
	$(BUILD)/schema facts > docs/facts.md
	$(BUILD)/schema records > docs/case.md
	$(BUILD)/playbook_schema schema > schema/playbook.json
	$(BUILD)/playbook_schema tables < docs/playbooks.md > $(BUILD)/playbooks.md
	cp $(BUILD)/playbooks.md docs/playbooks.md

check: tests
	@BUILD=$(abspath $(BUILD)) tests/run

# Other compilers and architectures
check-builds:
	@BUILD=$(abspath $(BUILD)) tests/builds/run

# Real servers in some thirty conditions, healthy and sick; make check runs a few of them
check-servers: $(BUILD)/fragwizard
	@BUILD=$(abspath $(BUILD)) tests/servers/run

# What the unit programs reach, in lines and branches
coverage:
	@$(MAKE) -s BUILD=$(BUILD)/coverage CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage unit
	@find $(BUILD)/coverage -name '*.gcda' -delete
	@for p in $(notdir $(unit_programs)); do BUILD=$(abspath $(BUILD))/coverage $(BUILD)/coverage/tests/$$p >/dev/null 2>&1; done; \
	  gcovr --root . --filter src/ --print-summary $(BUILD)/coverage/obj | tail -n 3

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

-include $(lib_objects:.o=.d) $(BUILD)/obj/main.d $(wildcard $(BUILD)/tests/*.d)
