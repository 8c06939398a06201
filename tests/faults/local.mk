# SPDX-License-Identifier: BSD-2-Clause
# Preloadable shims that break one behaviour each: FAULT.c becomes FAULT.so.
# A line in FAULT_SHIMS is all that a new one needs.
FAULT_SHIMS =
TAP_TESTS +=

check_DATA += \
	$(FAULT_SHIMS)
CLEANFILES += \
	$(FAULT_SHIMS)
EXTRA_DIST += \
	$(FAULT_SHIMS:.so=.c)

%D%/%.so: %D%/%.c
	$(AM_V_CCLD)$(MKDIR_P) %D% && \
		$(CC) $(DEFS) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) \
		-std=gnu11 $(WARN_CFLAGS) $(PTHREAD_CFLAGS) $(CFLAGS) \
		-fPIC -shared $(LDFLAGS) -o $@ $< -ldl
