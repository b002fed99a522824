/*
 * The public header as the library itself sees it: what it declares is exported, everything else is hidden
 * (-fvisibility=hidden). Sources include this, never <pcil.h>, so that the public header needs no macro.
 */
#ifndef PC_BASE_API_H
#define PC_BASE_API_H

#pragma GCC visibility push(default)
#include "pcil.h"
#pragma GCC visibility pop

#endif
