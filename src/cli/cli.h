/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The subcommands.  Each gets its own argv ("run", ...), parses it with
 * getopt_long and returns an exit status (base/die.h); usage errors are one
 * line on standard error and EXIT_USAGE.
 */
#ifndef SOCKSPEC_CLI_CLI_H
#define SOCKSPEC_CLI_CLI_H

int cmd_baseline(int argc, char **argv);
int cmd_coverage(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_platform(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_send(int argc, char **argv);
int cmd_serve(int argc, char **argv);

#endif
