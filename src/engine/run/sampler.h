/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One clock: it starts with the session and serves every probe that needs a window from the same ticks. Whoever waits does so
 * until the next tick at the latest and then lets it be taken (base/wait.h). On a captured root the moments of the capture take
 * the place of the clock, without waiting. */
#ifndef FW_ENGINE_RUN_SAMPLER_H
#define FW_ENGINE_RUN_SAMPLER_H

#include "facts/probe.h"

struct sampler;

/* Opens the windowed ones among `list` and takes their first sample. The interval begins at window/30, at least 0.2 s and
 * at most 5 s, and doubles before SAMPLES_MAX points are reached, so that days fit. `in` is borrowed. */
struct sampler *sampler_start(const struct probe *const *list, size_t count, const struct probe_input *in,
                              double window_s);
void sampler_free(struct sampler *s);

double sampler_due(const struct sampler *s); /* when the next tick is (clock_now); INFINITY: none is to come */
bool sampler_tick(struct sampler *s);        /* takes the sample that is due, if one is */

double sampler_elapsed(const struct sampler *s);   /* seconds since the first sample, or until the observation ended */
double sampler_observed(const struct sampler *s);  /* seconds between the first and the last sample */
double sampler_remaining(const struct sampler *s); /* of the window; 0 when complete or cut short */
void sampler_cut(struct sampler *s);               /* the window ends now (a last sample is taken) */
/* Observes so much longer, from now on; also after the end. Nothing on a captured root, whose moments are all there is. */
void sampler_extend(struct sampler *s, double seconds);
/* Facts of one look at this moment, which leaves what needs a window unknown. */
struct facts *sampler_look(const struct sampler *s, const struct probe *p);
/* Facts over what was observed so far: for a windowed probe from its samples, for another collected now. */
struct facts *sampler_collect(struct sampler *s, const struct probe *p);

#endif
