// SPDX-License-Identifier: BSD-2-Clause
#include "config.h"

#include "report/xml.h"

#include <stddef.h>

#if MXML_MAJOR_VERSION < 4
#define MXML_TYPE_ELEMENT MXML_ELEMENT
typedef int mxml_ws_t;
#endif

static const char *white_space(mxml_node_t *node, mxml_ws_t where)
{
	mxml_node_t *child = mxmlGetFirstChild(node);

	if (where == MXML_WS_AFTER_CLOSE)
		return "\n";
	if (where == MXML_WS_AFTER_OPEN &&
	    (!child || mxmlGetType(child) == MXML_TYPE_ELEMENT))
		return "\n";
	return NULL;
}

#if MXML_MAJOR_VERSION < 4

bool xml_save(mxml_node_t *document, FILE *out)
{
	mxmlSetWrapMargin(0);
	return mxmlSaveFile(document, out, white_space) == 0;
}

mxml_node_t *xml_load(const char *text)
{
	return mxmlLoadString(NULL, text, MXML_OPAQUE_CALLBACK);
}

#else

static const char *white_space_of(void *arg, mxml_node_t *node,
				  mxml_ws_t where)
{
	(void)arg;
	return white_space(node, where);
}

bool xml_save(mxml_node_t *document, FILE *out)
{
	mxml_options_t *options = mxmlOptionsNew();
	bool saved;

	mxmlOptionsSetWrapMargin(options, 0);
	mxmlOptionsSetWhitespaceCallback(options, white_space_of, NULL);
	saved = mxmlSaveFile(document, options, out);
	mxmlOptionsDelete(options);
	return saved;
}

mxml_node_t *xml_load(const char *text)
{
	mxml_options_t *options = mxmlOptionsNew();
	mxml_node_t *document;

	mxmlOptionsSetTypeValue(options, MXML_TYPE_OPAQUE);
	document = mxmlLoadString(NULL, options, text);
	mxmlOptionsDelete(options);
	return document;
}

#endif
