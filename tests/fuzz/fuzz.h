/*
 * What the fuzz targets share. A target is one file fuzz_NAME.c with the function `fuzz`, which takes an input apart,
 * hands it to one reader and checks what the reader promises. libFuzzer drives it, or replay.c with the files of
 * corpus/NAME, so that every compiler tries what any fuzzer once found.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/api.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void fuzz(const uint8_t *bytes, size_t size);

/* Ends the program, with the place and the condition: how a fuzzer learns that a promise was broken. */
#define must(condition) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_broken(const char *file, int line, const char *condition);

/* A failure has a status of those promised and a message that a terminal can show. Tells whether it was PCIL_OK. */
bool fuzz_good(pcil_status status);

/* A path in a folder of this process, which is removed at the end; four may be in use at once. */
const char *fuzz_path(const char *name);

/* Writes a file (or the folders above it) in that folder. */
void fuzz_put(const char *name, const uint8_t *bytes, size_t size);
void fuzz_make_folders(const char *name);

/* An input of several parts: each begins with two bytes of length, the last is what is left. */
struct fuzz_input {
    const uint8_t *bytes;
    size_t size;
};
uint8_t fuzz_byte(struct fuzz_input *input);
struct fuzz_input fuzz_part(struct fuzz_input *input);

/* A copy that ends with a zero byte, to be freed. */
char *fuzz_text(struct fuzz_input part);

/* Opens the test part of a data set in the folder and reads its first and last picture. */
void fuzz_open_dataset(const char *kind, const char *folder);

#endif
