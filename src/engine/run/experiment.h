/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions that test: after a step was judged, what looking could not decide is tried out, if somebody said yes to it. */
#ifndef FW_ENGINE_RUN_EXPERIMENT_H
#define FW_ENGINE_RUN_EXPERIMENT_H

#include "engine/run/engine_state.h"

/* Offers what applies, makes what is wanted, and judges the step again after each that was made. Live machines only.
 * MOVE_NEXT: all decided. */
enum move experiments_make(struct engine *g, const struct step *step, const struct ui *ui);
/* Whether the step changed something already, which walking it once more would not take back. */
bool experiments_made(const struct case_file *c, const struct step *step);
/* Forgets those of this step and of all after it. */
void experiments_forget(struct engine *g, const struct step *from);

#endif
