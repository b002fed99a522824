/* Files that the command itself reads, whose content, name and kind are not to be trusted. */
#ifndef CLI_READING_H
#define CLI_READING_H

#include "cli.h"

/* Bytes: of a short text, and of a table that grows by rows. */
enum { CLI_TEXT_MOST = 1 << 20, CLI_TABLE_MOST = 64 << 20 };

/* Reads the text of a regular file of at most `most` bytes, none of them zero, without waiting. Complains if it
 * cannot; `*text` is to be freed. */
int cli_read_file(const char *path, size_t most, char **text);

/* The same for a file that may be missing: `*text` is NULL then. */
int cli_read_if_there(const char *path, size_t most, char **text);

/* Reads the JSON object that a short file holds. Complains if it cannot; *object is NULL then. */
int cli_read_object(const char *path, json_t **object);

/* Reads the JSON objects of a table, one after the other: one in each line, or each where the one before it ends. */
int cli_read_lines(const char *path, json_t **objects);
int cli_read_sequence(const char *path, json_t **objects);

#endif
