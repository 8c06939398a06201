/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading and writing documents with mxml, whose release 4 has other functions
 * for both than release 3.
 */
#ifndef SOCKSPEC_REPORT_XML_H
#define SOCKSPEC_REPORT_XML_H

#include <mxml.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * xml_save: write the document, with line breaks around elements only, as
 * inside text they would alter it.  False, and ferror(), when it failed.
 */
bool xml_save(mxml_node_t *document, FILE *out);

/** xml_load: text as a document, every byte of it kept; NULL when malformed. */
mxml_node_t *xml_load(const char *text);

#endif
