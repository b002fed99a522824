/*
 * libpcil: predictive coding networks trained by inference learning.
 *
 * This header includes one header per topic. They hold functions only: no macro, no structure by
 * value, no variable arguments, so that any language's C interface can use them as they are.
 *
 * Rules that hold everywhere:
 * - A function that can fail returns a pcil_status; results come through pointers. Arguments are
 *   checked before anything changes: after a failure the objects are as they were and outputs untouched,
 *   unless a function says otherwise. pcil_last_error() tells what was wrong.
 * - Arrays are contiguous and row-major, the batch first; images are [batch][height][width][channels].
 * - A handle is used by one thread at a time; different handles by different threads at once; functions
 *   whose arguments are all const may share a handle.
 * - Strings are UTF-8. A `const char *` result is constant and belongs to the library; a text of
 *   variable length is written to the caller's `text` of `capacity` bytes, always terminated, with the
 *   length that it needs (without the terminator) in `*length`. If it does not fit, the status is
 *   PCIL_ERROR_ARGUMENT and `*length` still is set. A NULL `text` with capacity 0 asks for the length alone
 *   and succeeds.
 * - Freeing NULL is fine. What cannot be seen from inside is undefined: a handle that was freed, or is of
 *   another type (which C's own types refuse without a cast, and each binding when it is called), or an array
 *   that is shorter than its caller says.
 */
#ifndef PCIL_H
#define PCIL_H

#include "pcil/analysis.h"
#include "pcil/convert.h"
#include "pcil/dataset.h"
#include "pcil/energy.h"
#include "pcil/image.h"
#include "pcil/inference.h"
#include "pcil/kinds.h"
#include "pcil/learning.h"
#include "pcil/network.h"
#include "pcil/optimizer.h"
#include "pcil/status.h"
#include "pcil/traces.h"
#include "pcil/trainer.h"

#endif
