/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A wait with a progress bar and the time left, on stderr, only on a terminal; a key cuts it short. */
#ifndef FW_TERM_PROGRESS_H
#define FW_TERM_PROGRESS_H

#include "engine/run/engine.h"
#include "term/term.h"

/* Waits until the window is complete. `keys`: a key press (Enter) ends the window early, q leaves. A signal ends the window.
 * MOVE_NEXT, or MOVE_QUIT. */
enum move progress_wait(struct sampler *s, const struct term *t, bool keys, const char *what);

#endif
