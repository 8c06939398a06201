# SPDX-License-Identifier: BSD-2-Clause
# Unit tests, one program a module: check_MODULE.c becomes check_MODULE, its
# main ends in srunner_set_tap(sr, "-") and srunner_run_all(sr, CK_SILENT).
# A line in this list is all that a new one needs; list %C%_check_MODULE_SOURCES
# only when there is more than the one file.
if HAVE_CHECK
UNIT_TESTS += \
	%D%/check_base_names \
	%D%/check_cli_coverage \
	%D%/check_cli_options \
	%D%/check_core_address \
	%D%/check_core_client \
	%D%/check_core_endpoint \
	%D%/check_core_fault \
	%D%/check_core_frame \
	%D%/check_core_ledger \
	%D%/check_core_overload \
	%D%/check_core_server \
	%D%/check_core_survival \
	%D%/check_core_traffic \
	%D%/check_harness_audit \
	%D%/check_harness_deviation \
	%D%/check_harness_judge \
	%D%/check_harness_plan \
	%D%/check_harness_record \
	%D%/check_harness_registry \
	%D%/check_harness_release \
	%D%/check_harness_renew \
	%D%/check_harness_select \
	%D%/check_harness_transport \
	%D%/check_probe_options \
	%D%/check_probe_process \
	%D%/check_report_json \
	%D%/check_report_junit \
	%D%/check_report_sanitize \
	%D%/check_report_tap \
	%D%/check_report_text
endif

%C%_check_core_survival_SOURCES = \
	%D%/check_core_survival.c \
	%D%/traffic_fixture.h
%C%_check_core_traffic_SOURCES = \
	%D%/check_core_traffic.c \
	%D%/traffic_fixture.h
harness_fixture = \
	%D%/harness_fixture.c \
	%D%/harness_fixture.h
%C%_check_cli_coverage_SOURCES = \
	%D%/check_cli_coverage.c \
	$(harness_fixture) \
	src/cli/coverage.c \
	src/cli/coverage.h \
	src/cli/peers.c \
	src/cli/peers.h
%C%_check_cli_options_SOURCES = \
	%D%/check_cli_options.c \
	$(harness_fixture) \
	src/cli/options.c \
	src/cli/options.h
%C%_check_harness_audit_SOURCES = \
	%D%/check_harness_audit.c \
	$(harness_fixture)
%C%_check_harness_deviation_SOURCES = \
	%D%/check_harness_deviation.c \
	$(harness_fixture)
%C%_check_harness_judge_SOURCES = \
	%D%/check_harness_judge.c \
	$(harness_fixture)
%C%_check_harness_plan_SOURCES = \
	%D%/check_harness_plan.c \
	$(harness_fixture)
%C%_check_harness_record_SOURCES = \
	%D%/check_harness_record.c \
	$(harness_fixture)
%C%_check_harness_registry_SOURCES = \
	%D%/check_harness_registry.c \
	$(harness_fixture)
%C%_check_harness_release_SOURCES = \
	%D%/check_harness_release.c \
	$(harness_fixture)
%C%_check_harness_renew_SOURCES = \
	%D%/check_harness_renew.c \
	$(harness_fixture)
%C%_check_harness_select_SOURCES = \
	%D%/check_harness_select.c \
	$(harness_fixture)
%C%_check_harness_transport_SOURCES = \
	%D%/check_harness_transport.c \
	$(harness_fixture)
%C%_check_probe_options_SOURCES = \
	%D%/check_probe_options.c \
	$(harness_fixture)
%C%_check_probe_process_SOURCES = \
	%D%/check_probe_process.c \
	$(harness_fixture)
report_fixture = \
	%D%/report_fixture.c \
	%D%/report_fixture.h
%C%_check_core_client_SOURCES = \
	%D%/check_core_client.c \
	%D%/core_service.h
%C%_check_core_overload_SOURCES = \
	%D%/check_core_overload.c \
	%D%/core_service.h
%C%_check_core_server_SOURCES = \
	%D%/check_core_server.c \
	%D%/core_service.h
%C%_check_report_json_SOURCES = \
	%D%/check_report_json.c \
	$(report_fixture)
%C%_check_report_junit_SOURCES = \
	%D%/check_report_junit.c \
	$(report_fixture)
%C%_check_report_tap_SOURCES = \
	%D%/check_report_tap.c \
	$(report_fixture)
%C%_check_report_text_SOURCES = \
	%D%/check_report_text.c \
	$(report_fixture)

EXTRA_DIST += \
	tests/validate_json.py \
	%D%/golden/report-interrupted.txt \
	%D%/golden/report.jsonl \
	%D%/golden/report.tap \
	%D%/golden/report.txt \
	%D%/golden/report.xml

# Fallback libraries of every program without an _LDADD of its own.
LDADD = \
	src/libprobe.a \
	src/libreport.a \
	src/libharness.a \
	src/libspec.a \
	src/libcore.a \
	src/libbase.a \
	$(CHECK_LIBS) \
	$(JANSSON_LIBS) \
	$(MXML_LIBS) \
	$(PTHREAD_LIBS)
AM_CFLAGS += \
	$(CHECK_CFLAGS)
