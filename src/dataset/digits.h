/* Street-style digits, drawn: the images of kind "digits" and of pcil_dataset_digits. */
#ifndef PC_DATASET_DIGITS_H
#define PC_DATASET_DIGITS_H

#include <stdint.h>

enum { PC_DIGITS_SIDE = 32, PC_DIGITS_BYTES = PC_DIGITS_SIDE * PC_DIGITS_SIDE * 3 };

/*
 * Draws image `index` of a seed: pixels [32][32][3], channels last, and its label 0 ... 9. The same image for the same
 * seed and index, whatever was drawn before; any number of threads may draw.
 */
void pc_digits_draw(uint64_t seed, int64_t index, uint8_t *pixels, int32_t *label);

#endif
